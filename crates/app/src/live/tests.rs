//! Files in, records out: nothing is lost, nothing is judged twice, nothing bad passes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crossbeam_channel::Receiver;
use sightline_core::{PartName, Record, UnreadableReason, Verdict};

use super::*;
use crate::testing::{config, write_plate};
use crate::{CheckSettings, Desk, LineSettings, learn_line, load_live_model};

/// Far longer than a part takes; a test that waits so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A line with a tiny model, and an empty watched folder.
pub(super) fn learned_line(dir: &Path) -> (Line, Arc<Store>, LoadedModel) {
    let (good, watched) = (dir.join("good"), dir.join("camera"));
    std::fs::create_dir_all(&good).unwrap();
    std::fs::create_dir_all(&watched).unwrap();
    (0..24).for_each(|number| write_plate(&good.join(format!("plate-{number:02}.ppm")), number));
    let mut settings = LineSettings::new("Plate", good, watched);
    (settings.judged_side, settings.device) = (64, Some("cpu".to_owned()));
    let line = Line::init(&dir.join("line"), settings).unwrap();
    let learned = learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(learned.unreadable, Vec::<String>::new());
    let store = Arc::new(Store::open(&line.folder).unwrap());
    let device = sightline_model::choose(Some("cpu")).unwrap();
    let model = load_live_model(&store, &line.folder, &device).unwrap();
    assert_eq!(model.id, learned.model);
    (line, store, model)
}

/// Waits for so many judged parts; gives their records by file name.
fn judged(events: &Receiver<Event>, count: usize) -> BTreeMap<String, Record> {
    let mut records = BTreeMap::new();
    while records.len() < count {
        match events.recv_timeout(PATIENCE) {
            Ok(Event::Judged { record, .. }) => {
                let name = record.judged.arrival.key.relative_path.to_string_lossy().into_owned();
                assert!(records.insert(name, *record).is_none(), "a part was announced twice");
            }
            Ok(Event::Source(_) | Event::ModelChanged { .. }) => {}
            other => panic!("{other:?} after {} of {count} parts", records.len()),
        }
    }
    records
}

#[test]
fn names_and_folders_that_a_person_changes_hold_from_the_next_part_on() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, _) = learned_line(dir.path());
    drop(store);
    let watched = &line.settings.watch_folder;
    std::fs::create_dir(watched.join("L4")).unwrap();
    // No learning run is started.
    let (desk, events) = Desk::open(&line.folder, PathBuf::new()).unwrap();
    write_plate(&watched.join("7_top.ppm"), 41);
    assert_eq!(judged(&events, 1)["7_top.ppm"].judged.arrival.name, PartName::default());

    let text = |text: &str| Some(text.to_owned());
    let arrivals = ArrivalSettings { pattern: text("{lot}/{part}_{view}"), subfolders: text("*"), only_poll: false };
    desk.set_arrivals(arrivals.clone()).unwrap();
    write_plate(&watched.join("L4/8_top.ppm"), 42);
    let name = judged(&events, 1).remove("L4/8_top.ppm").unwrap().judged.arrival.name;
    assert_eq!([name.part, name.lot, name.view].map(Option::unwrap), ["8", "L4", "top"]);

    let refused = desk.set_arrivals(ArrivalSettings { pattern: text("{part"), ..arrivals.clone() });
    assert!(refused.unwrap_err().to_string().contains("pattern cannot be used"));
    assert_eq!(desk.settings().unwrap().unwrap().arrivals, arrivals);
    desk.close();
}

#[test]
fn each_file_becomes_one_record_and_a_new_model_judges_from_the_next_part_on() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let watched = &line.settings.watch_folder;
    let (sender, events) = bounded(EVENTS_WAITING);

    // Two were there before the line started, the others come while it runs.
    (0..2).for_each(|number| write_plate(&watched.join(format!("new-{number}.ppm")), 40 + number));
    let live = LiveLine::start(&line, Arc::clone(&store), model.clone(), sender.clone()).unwrap();
    (2..5).for_each(|number| write_plate(&watched.join(format!("new-{number}.ppm")), 40 + number));
    std::fs::write(watched.join("broken.png"), b"Shift 2: camera 1 was cleaned.\n").unwrap();
    let records = judged(&events, 6);
    for (name, record) in &records {
        let judged = &record.judged;
        if name == "broken.png" {
            assert_eq!(judged.verdict, Verdict::Unreadable);
            assert_eq!(judged.reason, Some(UnreadableReason::NotAPicture));
            assert_eq!((judged.score, judged.model.as_deref(), record.reject_above), (None, None, None));
        } else {
            assert_ne!(judged.verdict, Verdict::Unreadable, "{:?}", judged.detail);
            let score = judged.score.unwrap();
            let limits = model.judge.limits();
            assert_eq!((judged.verdict, record.reject_above), (limits.decide(score), Some(limits.reject_above)));
            assert_eq!(judged.model.as_deref(), Some(model.id.as_str()));
            assert!(judged.heat.is_some() && judged.p_value.is_some());
        }
        assert_eq!(&store.part(record.id).unwrap().unwrap().record.judged.verdict, &judged.verdict);
    }

    let next = twin(&store, &model.id);
    store.add_model_and_make_live(&next).unwrap();
    live.swap_model(LoadedModel { id: next.id.clone(), ..model.clone() }).unwrap();
    write_plate(&watched.join("new-5.ppm"), 45);
    let after = judged(&events, 1);
    assert_eq!(after["new-5.ppm"].judged.model.as_deref(), Some(next.id.as_str()));
    drop(live);

    // A restart judges what came meanwhile and nothing again.
    write_plate(&watched.join("new-6.ppm"), 46);
    let live = LiveLine::start(&line, Arc::clone(&store), model, sender).unwrap();
    assert!(judged(&events, 1).contains_key("new-6.ppm"));
    drop(live);
    let counters = store.counters().unwrap();
    assert_eq!((counters.inspected(), counters.unreadable), (8, 1));
    assert!(events.try_iter().all(|event| !matches!(event, Event::Judged { .. })));

    // The last delivery happens before the line has ended: one row each, below the header of each day's file.
    let rows: usize = std::fs::read_dir(line.folder.join("verdicts"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count() - 1)
        .sum();
    assert_eq!(rows, 8);
    assert!(store.pending(sightline_store::CSV_OUTPUT, 10).unwrap().is_empty());
}

/// The same model under another id, as if it had been learned from another seed. It is kept, and does not judge.
fn twin(store: &Store, id: &str) -> sightline_store::ModelRow {
    let bytes = store.read_model_file(id).unwrap();
    let mut artefact = sightline_model::Artefact::from_bytes(&bytes).unwrap();
    artefact.card.made.seed += 1;
    let id = store.put_model_file(&artefact.to_bytes().unwrap()).unwrap();
    let row = crate::learning::model_row(id, &artefact.card);
    store.add_model(&row).unwrap();
    row
}

#[test]
fn a_model_that_another_process_promotes_judges_between_two_parts_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let watched = &line.settings.watch_folder;
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, Arc::clone(&store), model.clone(), sender).unwrap();
    let elsewhere = Store::open(&line.folder).unwrap();
    let next = twin(&elsewhere, &model.id);

    // One whose file is damaged is not taken up, and its alarm says so.
    let broken = sightline_store::ModelRow { id: "b".repeat(64), ..next.clone() };
    std::fs::write(elsewhere.model_path(&broken.id), b"no model").unwrap();
    elsewhere.add_model(&broken).unwrap();
    assert!(elsewhere.promote(&broken.id, "Kim", 1).unwrap());
    let alarms = |raised: bool| loop {
        match events.recv_timeout(PATIENCE) {
            Ok(Event::Alarms(alarms)) if alarms.is_empty() != raised => return alarms,
            Ok(Event::Alarms(_) | Event::Source(_) | Event::ModelChanged { .. }) => {}
            other => panic!("{other:?}"),
        }
    };
    let raised = alarms(true);
    assert_eq!(raised[0].cause, sightline_core::AlarmCause::ModelRefused, "{raised:?}");
    write_plate(&watched.join("0.ppm"), 40);
    assert_eq!(judged(&events, 1)["0.ppm"].judged.model.as_deref(), Some(model.id.as_str()));

    assert!(elsewhere.promote(&next.id, "Kim", 2).unwrap());
    let mut models = Vec::new();
    let started = std::time::Instant::now();
    while models.last() != Some(&next.id) {
        assert!(started.elapsed() < PATIENCE, "the line goes on with the model before");
        let name = format!("{}.ppm", models.len() + 1);
        write_plate(&watched.join(&name), 41 + models.len() as u32);
        let record = loop {
            match events.recv_timeout(PATIENCE) {
                Ok(Event::Judged { record, .. }) => break record,
                Ok(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(record.judged.arrival.key.relative_path, Path::new(&name), "lost or out of order");
        models.push(record.judged.model.clone().unwrap());
    }
    assert!(models.iter().all(|id| *id == model.id || *id == next.id), "{models:?}");
    assert_eq!(live.model().id, next.id);
    drop(live);
    assert_eq!(store.counters().unwrap().inspected(), models.len() as u64 + 1);
}

#[test]
fn a_model_that_known_parts_do_not_release_is_not_taken_up_and_the_one_before_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, Arc::clone(&store), model.clone(), sender).unwrap();
    // Known parts are asked for while the line runs. Whatever a model says of this one is wrong.
    let known = dir.path().join("known");
    std::fs::create_dir(&known).unwrap();
    write_plate(&known.join("plate.ppm"), 3);
    let check = CheckSettings { good: Some(known.clone()), bad: Some(known), required: true };
    Line::init(&line.folder, LineSettings { check, ..line.settings.clone() }).unwrap();
    let elsewhere = Store::open(&line.folder).unwrap();
    let next = twin(&elsewhere, &model.id);
    assert!(elsewhere.promote(&next.id, "Kim", 1).unwrap());
    let alarms = loop {
        match events.recv_timeout(PATIENCE) {
            Ok(Event::Alarms(alarms)) if !alarms.is_empty() => break alarms,
            Ok(Event::Alarms(_) | Event::Source(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(
        alarms[0].cause == AlarmCause::ModelRefused && alarms[0].detail.contains("plate.ppm"),
        "a line that goes on with the old model says so: {alarms:?}"
    );
    write_plate(&line.settings.watch_folder.join("0.ppm"), 40);
    assert_eq!(judged(&events, 1)["0.ppm"].judged.model.as_deref(), Some(model.id.as_str()));
    assert_eq!(live.model().id, model.id);
}

#[test]
fn a_challenger_judges_the_same_parts_and_the_line_is_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    // Learned anew from another seed: the model before challenges it.
    let again = sightline_train::LearnConfig { seed: 2, ..config() };
    let newer = learn_line(&line, &again, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(newer.model != model.id && store.set_challenger(Some(&model.id)).unwrap());
    let live_model = load_live_model(&store, &line.folder, &sightline_model::choose(Some("cpu")).unwrap()).unwrap();
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, Arc::clone(&store), live_model, sender).unwrap();
    (0..4).for_each(|number| write_plate(&line.settings.watch_folder.join(format!("{number}.ppm")), 40 + number));
    let records = judged(&events, 4);
    let started = std::time::Instant::now();
    while store.compare_shadow(&model.id, &newer.model).unwrap().parts < 4 {
        assert!(started.elapsed() < PATIENCE, "the challenger does not judge");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(live);
    assert!(records.values().all(|record| record.judged.model.as_deref() == Some(newer.model.as_str())));
    // The same score as it gives on the spot.
    let compared = store.compare_shadow(&model.id, &newer.model).unwrap();
    let of_it = records.values().map(|record| crate::inspect_file(&model, &record.judged.arrival.path).verdict);
    let bad = of_it.filter(|verdict| *verdict == Verdict::Reject).count() as u64;
    assert_eq!(compared.both_bad + compared.only_challenger_bad, bad);
    assert_eq!(store.counters().unwrap().inspected(), 4);
}

#[test]
fn a_line_without_its_watched_folder_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    std::fs::remove_dir(&line.settings.watch_folder).unwrap();
    let error = LiveLine::start(&line, store, model, bounded(1).0).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), sightline_core::Code::FolderMissing);
}

/// A record as the store stage makes them, without a picture behind it.
fn record(store: &Store, model: &str, number: u32, score: f64) {
    let name = format!("drawn-{number}.png");
    let key = ArrivalKey { relative_path: name.clone().into(), modified_nanos: 1, size_bytes: 1 };
    let judged = sightline_core::Judged {
        arrival: Arrival { key, path: name.into(), name: PartName::default(), seen_millis: 0 },
        verdict: Verdict::Pass,
        reason: None,
        detail: None,
        score: Some(score),
        p_value: None,
        heat: None,
        size: None,
        content_hash: None,
        model: Some(model.to_owned()),
        latency_millis: 1.0,
    };
    store.record(&judged, None, None).unwrap();
}

#[test]
fn a_drift_is_told_once_outlives_a_restart_and_ends_when_a_model_is_learned() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let watched = &line.settings.watch_folder;
    let limit = model.judge.limits().reject_above;
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, Arc::clone(&store), model.clone(), sender.clone()).unwrap();
    assert_eq!((live.drift().parts_seen, live.drift().alarm), (0, None));

    // Scores without a trend, then higher ones, all below the limit.
    let spread = |number: u32| f64::from(number * 37 % 101) / 101.0;
    (0..200).for_each(|number| record(&store, &model.id, number, limit - 2.0 - spread(number)));
    (200..300).for_each(|number| record(&store, &model.id, number, limit - 1.0 - spread(number)));
    // The next part wakes the watch.
    write_plate(&watched.join("new-0.ppm"), 40);
    let drift = loop {
        match events.recv_timeout(PATIENCE) {
            Ok(Event::Drift(drift)) => break drift,
            Ok(Event::Judged { .. } | Event::Source(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    let since = drift.alarm.unwrap();
    assert!((190..=220).contains(&since.part), "{since:?}");
    assert_eq!(live.drift(), drift);
    drop(live);

    let live = LiveLine::start(&line, Arc::clone(&store), model.clone(), sender).unwrap();
    assert_eq!(live.drift(), drift);
    write_plate(&watched.join("new-1.ppm"), 41);
    judged(&events, 1);
    // Learned again, here to the same model: nothing is held against it.
    store.add_model_and_make_live(&store.live_model().unwrap().unwrap()).unwrap();
    live.swap_model(model).unwrap();
    assert_eq!((live.drift().parts_seen, live.drift().alarm), (0, None));
    drop(live);
    assert!(events.try_iter().all(|event| !matches!(event, Event::Drift(_))), "told a second time");
}
