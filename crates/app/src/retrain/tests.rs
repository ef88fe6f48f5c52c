use std::ops::ControlFlow;
use std::path::PathBuf;

use sightline_core::{Arrival, ArrivalKey, Judged, PartLabel, PartName, PictureSize, Tag};
use sightline_store::Recorded;
use sightline_train::Effort;

use super::*;
use crate::testing::{config, write_plate, write_ppm};
use crate::{LineSettings, learn_line};

const SIDE: u32 = 64;

/// A learned line with labelled parts: plates with a dark square, and a few good ones.
fn taught_line() -> (tempfile::TempDir, Line) {
    let dir = tempfile::tempdir().unwrap();
    let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.path().join(name));
    [&good, &watched, &folder].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..30).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched.clone()) };
    let line = Line::init(&folder, LineSettings { judged_side: SIDE, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let store = Store::open(&folder).unwrap();
    for number in 0..40_u32 {
        let path = watched.join(format!("part {number}.ppm"));
        let bad = number % 4 != 0;
        let inside = move |x: u32, y: u32| x.abs_diff(12 + number) < 7 && y.abs_diff(50 - number) < 7;
        write_ppm(&path, (SIDE, SIDE), |x, y| {
            if bad && inside(x, y) { [10; 3] } else { [100 + ((y * 7 + number * 13) % 31) as u8; 3] }
        });
        let Recorded::New(part) = store.record(&judged(&path), Some(1.0), None).unwrap() else { panic!("{number}") };
        let tag = if bad { Tag::Defect(None) } else { Tag::Good };
        store.set_label(part.id, &PartLabel { tag: Some(tag), ..PartLabel::default() }, "Kim").unwrap();
    }
    (dir, line)
}

fn judged(path: &Path) -> Judged {
    let bytes = std::fs::read(path).unwrap();
    let key = ArrivalKey {
        relative_path: PathBuf::from(path.file_name().unwrap()),
        modified_nanos: 1,
        size_bytes: bytes.len() as u64,
    };
    Judged {
        arrival: Arrival { key, path: path.to_owned(), seen_millis: 1, name: PartName::default() },
        verdict: Verdict::Pass,
        reason: None,
        detail: None,
        score: Some(0.5),
        p_value: Some(0.5),
        heat: None,
        size: Some(PictureSize { width: SIDE, height: SIDE }),
        content_hash: Some(blake3::hash(&bytes).to_hex().to_string()),
        model: None,
        latency_millis: 1.0,
    }
}

fn short() -> FineTuneConfig {
    FineTuneConfig { steps: 3, hidden: 4, ..FineTuneConfig::new(Effort::Quick) }
}

fn retrain(line: &Line, config: &FineTuneConfig) -> RetrainOutcome {
    retrain_line(line, config, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn live(line: &Line) -> String {
    Store::open(&line.folder).unwrap().live_model().unwrap().unwrap().id
}

#[test]
fn a_challenger_is_tried_and_judges_only_when_it_is_no_worse() {
    let (_dir, line) = taught_line();
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    assert_eq!((tried.champion.as_str(), tried.pretrained_anew), (champion.as_str(), false));
    assert!(tried.trial.detection.is_some() && tried.trial.good_kept.is_some(), "{tried:?}");
    assert_eq!(tried.promoted, tried.refusals.is_empty());
    assert_eq!(live(&line), if tried.promoted { tried.challenger.clone() } else { champion.clone() });
    let known = models_of(&line.folder).unwrap();
    let challenger = known.iter().find(|known| known.row.id == tried.challenger).unwrap();
    assert_eq!(challenger.trial.as_ref().unwrap().passed, tried.promoted);
    if !tried.promoted {
        let refused = promote_model(&line, &tried.challenger[..8], "Kim").unwrap_err().to_string();
        assert!(refused.contains("did not pass"), "{refused}");
    }
    assert!(promote_model(&line, "zz", "Kim").unwrap_err().to_string().contains("no model"));
}

#[test]
fn nothing_new_says_so_and_the_way_back_gives_the_old_verdicts() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    // As if it had passed: what a person may force is the store's business alone.
    store.promote(&tried.challenger, "test", 5).unwrap();
    assert_eq!(retrain(&line, &short()), RetrainOutcome::NothingNew);
    assert_eq!(roll_back(&line, "Kim").unwrap().id, champion);
    assert_eq!(live(&line), champion);

    // A good part more: what was learned from good parts is learned again first.
    write_plate(&line.settings.good_folder.join("new.ppm"), 77);
    store.promote(&tried.challenger, "test", 6).unwrap();
    let mut stages = Vec::new();
    let quick = Line { settings: LineSettings { effort: Effort::Quick, ..line.settings.clone() }, ..line.clone() };
    let outcome = retrain_line(&quick, &short(), &mut |progress| {
        stages.push(progress.stage);
        // It is seen to begin anew; a whole run would take its time.
        if progress.stage == LearnStage::Pretrain { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(outcome.unwrap_err().is_cancel() && stages.contains(&LearnStage::Pretrain));
    assert_eq!(live(&line), tried.challenger, "a cancelled run leaves what judges in place");
}

#[test]
fn labels_that_come_while_a_run_goes_on_wait_for_the_next() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let learned_from = |name: &String| LabelUse::of_group(name) == LabelUse::Training;
    let name = (0..).map(|number| format!("late {number}")).find(learned_from).unwrap();
    let path = line.settings.watch_folder.join(format!("{name}.ppm"));
    write_plate(&path, 90);
    let Recorded::New(late) = store.record(&judged(&path), Some(1.0), None).unwrap() else { panic!("it is new") };
    let mut said = false;
    let outcome = retrain_line(&line, &short(), &mut |progress| {
        if progress.stage == LearnStage::FineTune && !std::mem::replace(&mut said, true) {
            let label = PartLabel { tag: Some(Tag::Good), ..PartLabel::default() };
            store.set_label(late.id, &label, "Kim").unwrap();
        }
        ControlFlow::Continue(())
    });
    let RetrainOutcome::Tried(first) = outcome.unwrap() else { panic!("there are labels") };
    store.promote(&first.challenger, "test", 5).unwrap();
    let RetrainOutcome::Tried(second) = retrain(&line, &short()) else { panic!("there is one more") };
    let learned_good = |id: &str| read(&store, id).unwrap().card.known.unwrap().made.good;
    assert_eq!(learned_good(&second.challenger), learned_good(&first.challenger) + 1);
}

#[test]
fn too_few_labels_and_a_line_without_a_model_are_refused_in_words() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    for part in store.labelled(None).unwrap() {
        store.undo_label(part.record.id, "Kim").unwrap();
    }
    let said = retrain_line(&line, &short(), &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(said.contains("too few"), "{said}");
}
