//! A device that fails, or does not answer, in the middle of the work.

use std::ops::ControlFlow;

use crossbeam_channel::bounded;
use sightline_core::PictureSize;
use sightline_image::{Frame, Pixels};
use sightline_model::{Artefact, DeviceInfo};

use super::*;
use crate::inspect::inspect_surely;
use crate::learning::load_model_by;
use crate::live::tests::{PATIENCE, learned_line};
use crate::live::{EVENTS_WAITING, LiveLine};
use crate::testing::{config, write_ppm};
use crate::{Line, LineSettings, Store, inspect_file, learn_line, load_live_model, pictures_in};

/// A judge that fails on whatever a grey model is given: it was learned from coloured parts.
fn failing(dir: &std::path::Path) -> Judge {
    let [good, folder] = ["coloured", "another line"].map(|name| dir.join(name));
    std::fs::create_dir(&good).unwrap();
    for number in 0..24 {
        let colour = |x: u32, y: u32| [(x + number) as u8, 90, (2 * y) as u8];
        write_ppm(&good.join(format!("{number:02}.ppm")), (64, 64), colour);
    }
    let settings =
        LineSettings { judged_side: 64, device: Some("cpu".to_owned()), ..LineSettings::new("Coloured", good, dir) };
    let line = Line::init(&folder, settings).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let cpu = sightline_model::choose(Some("cpu")).unwrap();
    load_live_model(&Store::open(&folder).unwrap(), &folder, &cpu).unwrap().judge
}

/// The model's judge under the name of another device.
fn on(device: &str, store: &Store, model: &LoadedModel) -> Judge {
    let bytes = store.read_model_file(&model.id).unwrap();
    let device = DeviceInfo { id: device.to_owned(), ..model.judge.device().clone() };
    Judge::load(&Artefact::from_bytes(&bytes).unwrap(), &device).unwrap()
}

#[test]
fn known_parts_are_judged_by_the_cpu_when_the_device_does_not_answer_or_fails() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, on_cpu) = learned_line(dir.path());
    let part = pictures_in(&line.settings.good_folder).unwrap().remove(0);
    let expected = inspect_file(&on_cpu, &part);
    let with = |judge| LoadedModel { judge, spare: Some(on_cpu.judge.clone()), ..on_cpu.clone() };
    let spent = |judge: &Judge| judge.network_spent().unwrap();
    let model = with(on("gpu:known-parts", &store, &on_cpu));
    let [device, cpu] = [&model.judge, &on_cpu.judge];
    let wanted = &|| false;

    let before = (spent(device), spent(cpu));
    assert_eq!(inspect_surely(&model, &part, wanted), expected);
    assert!(spent(device) > before.0 && spent(cpu) == before.1, "the device was not asked");
    let (_release, held) = bounded::<()>(0);
    let hung = Guard::at("gpu:known-parts").ask(Duration::from_millis(50), wanted, move || _ = held.recv());
    assert!(hung.is_err());
    let before = (spent(device), spent(cpu));
    assert_eq!(inspect_surely(&model, &part, wanted), expected);
    assert!(spent(device) == before.0 && spent(cpu) > before.1, "the device was asked again");

    let input = || on_cpu.judge.prepare(&plain()).unwrap();
    let expected = on_cpu.judge.score(&[input()]).unwrap().pop();
    assert_eq!(score_surely(&with(failing(dir.path())), input(), wanted).unwrap(), expected);
}

fn plain() -> Frame {
    Frame::new(PictureSize { width: 64, height: 64 }, Pixels::Grey8(vec![90; 64 * 64])).unwrap()
}

#[test]
fn the_cpu_judges_the_same_parts_when_the_device_fails_and_the_device_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, store, model.clone(), sender).unwrap();
    let shared = &live.shared;
    let grey = |salt: usize| {
        let pixels = (0..64 * 64).map(|pixel| (100 + (pixel * 7 + salt) % 40) as u8).collect();
        Frame::new(PictureSize { width: 64, height: 64 }, Pixels::Grey8(pixels)).unwrap()
    };
    let inputs: Vec<Input> = (0..3).map(|salt| model.judge.prepare(&grey(salt)).unwrap()).collect();
    let expected = model.judge.score(&inputs).unwrap();
    assert!(driver_late(None, &model, true).is_some_and(|late| late.contains("did not answer")));
    assert_eq!(driver_late(None, &model, false), None);
    assert_eq!(driver_late(Some("cpu"), &model, true), None);

    shared.judges.swap(LoadedModel { judge: failing(dir.path()), spare: Some(model.judge.clone()), ..model.clone() });
    let broken = shared.judges.now();
    let (judged_by, scored) = score(shared, &broken, inputs.clone()).unwrap();
    assert_eq!(scored.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected);
    assert!(Arc::ptr_eq(&judged_by, &shared.judges.now()), "the next part asks the failed device again");
    let alarms = shared.health.alarms();
    assert_eq!(alarms.iter().map(|alarm| alarm.cause).collect::<Vec<_>>(), [AlarmCause::DeviceLost]);
    assert!(events.try_iter().any(|event| matches!(event, Event::Device { .. })));

    // It loads and computes what the CPU computes: it judges again.
    try_lost_device(shared);
    assert!(shared.judges.now().lost.is_none());
    assert_eq!(shared.health.alarms(), []);
    let (_, scored) = score(shared, &shared.judges.now(), inputs).unwrap();
    assert_eq!(scored.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected);
}

#[test]
fn the_cpu_judges_the_same_parts_when_the_device_does_not_answer_and_it_is_left_alone_until_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let judge = on("gpu:hangs", &store, &model);
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, store, model.clone(), sender).unwrap();
    let shared = &live.shared;
    let inputs = vec![model.judge.prepare(&plain()).unwrap(); 2];
    let expected = model.judge.score(&inputs).unwrap();

    shared.judges.swap(LoadedModel { judge, spare: Some(model.judge.clone()), ..model.clone() });
    let on_device = shared.judges.now();
    let (_, scored) = score(shared, &on_device, inputs.clone()).unwrap();
    assert_eq!(scored.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected);
    assert!(Arc::ptr_eq(&on_device, &shared.judges.now()) && shared.health.alarms().is_empty());

    // The driver hangs with the parts in hand, until it is let go.
    let (let_go, hangs) = bounded::<()>(0);
    let hang = move |judge: &Judge, inputs: &[Input]| {
        let _ = hangs.recv();
        judge.score(inputs)
    };
    let (judged_by, scored) =
        score_within(shared, &on_device, inputs.clone(), Duration::from_millis(100), hang).unwrap();
    assert_eq!(scored.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected);
    assert!(judged_by.lost.is_some() && Arc::ptr_eq(&judged_by, &shared.judges.now()));
    let alarms = shared.health.alarms();
    let [alarm] = alarms.as_slice() else { panic!("{alarms:?}") };
    assert!(alarm.cause == AlarmCause::DeviceLost && alarm.detail.contains("gpu:hangs: no answer"), "{alarm:?}");

    // Parts that were prepared for it meanwhile do not wait for it, and it is not tried.
    let never = |_: &Judge, _: &[Input]| -> Result<Vec<Scored>, ModelError> { panic!("the device is asked") };
    let (_, scored) = score_within(shared, &on_device, inputs, Duration::from_secs(60), never).unwrap();
    assert_eq!(scored.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected);
    try_lost_device(shared);
    assert!(shared.judges.now().lost.is_some());

    // It answers at last: too late to count, and it may judge again.
    drop(let_go);
    let began = Instant::now();
    while shared.judges.now().lost.is_some() {
        assert!(began.elapsed() < PATIENCE, "the device does not come back");
        try_lost_device(shared);
    }
    assert_eq!(shared.judges.now().judge.device().id, "gpu:hangs");
    assert_eq!(shared.health.alarms(), []);
    assert!(events.try_iter().all(|event| !matches!(event, Event::Judged { .. })));
}

#[test]
fn the_cpu_judges_when_a_model_is_never_loaded_and_the_device_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let device = DeviceInfo { id: "gpu:never-loads".to_owned(), ..model.judge.device().clone() };
    let (let_go, hangs) = bounded::<()>(0);
    let row = store.live_model().unwrap().unwrap();
    let loaded = load_model_by(&store, &row, &device, |load| {
        Guard::at(&device.id).load_within(Duration::from_millis(100), &|| false, move || {
            let _ = hangs.recv();
            load()
        })
    })
    .unwrap();
    let lost = loaded.lost.as_ref().unwrap();
    assert!(lost.device.id == device.id && lost.detail.contains("gpu:never-loads: no answer"), "{lost:?}");
    assert_eq!(loaded.judge.device().id, model.judge.device().id);

    let live = LiveLine::start(&line, store, loaded, bounded(1).0).unwrap();
    let shared = &live.shared;
    let causes = || shared.health.alarms().iter().map(|alarm| alarm.cause).collect::<Vec<_>>();
    assert_eq!(causes(), [AlarmCause::DeviceLost]);
    // While that call has not come back, no second one is made.
    try_lost_device(shared);
    assert!(shared.judges.now().lost.is_some());
    drop(let_go);
    let began = Instant::now();
    while shared.judges.now().lost.is_some() {
        assert!(began.elapsed() < PATIENCE, "the device does not come back");
        try_lost_device(shared);
    }
    let again = shared.judges.now();
    assert!(again.judge.device().id == device.id && again.spare.is_some());
    assert_eq!(causes(), []);
}

#[test]
fn a_line_stops_although_its_device_never_answers_and_its_parts_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let on_device =
        LoadedModel { judge: on("gpu:stops", &store, &model), spare: Some(model.judge.clone()), ..model.clone() };
    // Another line's call hangs: it is that one's turn for good.
    let turns = Turns::at("gpu:stops");
    let turn = turns.take(&|| false).unwrap();
    let live = LiveLine::start(&line, Arc::clone(&store), on_device, bounded(1).0).unwrap();
    write_ppm(&line.settings.watch_folder.join("waits.ppm"), (64, 64), |_, _| [90; 3]);
    let began = Instant::now();
    while live.shared.health.judge.pulse.busy_for().is_none() {
        assert!(began.elapsed() < PATIENCE, "the part does not come");
        std::thread::yield_now();
    }
    // And so does a call of its own.
    live.shared.stopping.store(true, std::sync::atomic::Ordering::Relaxed);
    let (_let_go, hangs) = bounded::<()>(0);
    let inputs = vec![model.judge.prepare(&plain()).unwrap()];
    let own = LoadedModel { judge: on("gpu:stops-too", &store, &model), spare: Some(model.judge.clone()), ..model };
    let hang = move |_: &Judge, _: &[Input]| {
        let _ = hangs.recv();
        Ok(Vec::new())
    };
    assert!(score_within(&live.shared, &Arc::new(own), inputs, PATIENCE, hang).is_none());
    drop(live);
    assert!(began.elapsed() < PATIENCE, "it waits for the device");
    assert_eq!(store.counters().unwrap().inspected(), 0);
    drop(turn);
}

#[test]
fn one_part_that_cannot_be_scored_does_not_take_the_others_along() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, model) = learned_line(dir.path());
    let live = LiveLine::start(&line, store, model, bounded(1).0).unwrap();
    let model = live.shared.judges.now();
    let right = model.judge.prepare(&plain()).unwrap();
    let wrong = Input { channels: 2, height: 8, width: 8, values: vec![0.0; 128] };
    let (_, scored) = score(&live.shared, &model, vec![right.clone(), wrong, right]).unwrap();
    assert_eq!(scored.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(scored[0], scored[2]);
}
