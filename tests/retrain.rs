//! Retraining as it can go wrong. A power cut at any stage: what judges goes on judging, no half model is left where one is
//! looked for, and the next run works. Wrong labels: what they teach is worse and judges nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sightline_app::{AppError, Desk, RETRAIN_ARGUMENT};
use sightline_core::{LabelUse, PartLabel, Tag};
use sightline_tests::{TestLine, drop_file, faint_part, good_part, program, sightline};

/// Labelled parts, half of them defective: some fall to each use.
const PARTS: u64 = 24;

/// The same where it matters how well a model does.
const MANY_PARTS: u64 = 64;

/// The stages of a run, as it names them.
const STAGES: [&str; 4] = ["read", "fine-tune", "calibrate", "save"];

#[test]
fn a_power_cut_at_any_stage_leaves_a_whole_model_that_judges() {
    let line = TestLine::taught(PARTS);
    let champion = line.live_model();
    assert!(champion.is_some());
    for stage in STAGES {
        let (mut run, mut reports) = start(&line);
        assert!(reports.any(|report| report["stage"] == stage), "the run never came to {stage}");
        run.kill().unwrap();
        run.wait().unwrap();
        // After the last report the challenger is written and may go live before the cut.
        assert!(line.live_model() == champion || stage == "save", "after a cut at {stage}");
        whole_models(&line);
    }
    let (mut run, reports) = start(&line);
    let last = reports.last().unwrap();
    assert!(run.wait().unwrap().success() && last["type"] == "retrained", "{last}");
    whole_models(&line);

    // The line starts as after any power cut, and its verdicts name the live model.
    drop_file(&line.camera(), "after.png", &good_part(PARTS));
    let judged = watch(&line, 1);
    assert_eq!(judged[0]["model"].as_str().map(ToOwned::to_owned), line.live_model());
}

#[test]
fn what_swapped_labels_teach_is_worse_and_may_judge_nowhere() {
    let line = TestLine::taught_with(MANY_PARTS, faint_part);
    let untaught = line.live_model();
    let taught = retrain(&line);
    let taught = taught["challenger"].as_str().unwrap();
    // Whether it passed its own trial is not what this is about: it learned from true labels, and it judges now.
    assert!(line.store().promote(taught, "test", 1).unwrap());
    let champion = line.live_model();
    assert!(champion.as_deref() == Some(taught) && champion != untaught);

    // Somebody mixes the two up, wherever the run learns from; what it is tried on stays true.
    let store = line.store();
    for part in store.labelled(Some(LabelUse::Training)).unwrap() {
        let tag = if part.label.is_defect() { Tag::Good } else { Tag::Defect(None) };
        store.set_label(part.record.id, &PartLabel { tag: Some(tag), ..PartLabel::default() }, "Kim").unwrap();
    }
    drop(store);
    let poisoned = retrain(&line);
    let refusals = poisoned["refusals"].as_array().unwrap();
    assert!(poisoned["outcome"] == "refused" && refusals.contains(&"finds-less".into()), "{poisoned}");
    let worse = poisoned["challenger"].as_str().unwrap();
    assert_ne!(Some(worse), champion.as_deref());
    assert_eq!(line.live_model(), champion, "the run itself");

    let folder = line.folder();
    let said = sightline(["promote".as_ref(), folder.as_os_str(), worse.as_ref()]).expect_code(1).stderr;
    assert!(said.contains("did not pass"), "{said}");
    assert_eq!(line.live_model(), champion, "the command line");

    let (desk, _events) = Desk::open(&folder, program("sightline")).unwrap();
    assert!(matches!(desk.promote_model(worse), Err(AppError::NotPromoted { id, .. }) if id == worse));
    desk.close();
    assert_eq!(line.live_model(), champion, "the window");
}

fn retrain(line: &TestLine) -> Value {
    let folder = line.folder();
    let ran = sightline(["retrain".as_ref(), folder.as_os_str(), "--json".as_ref()]).expect_code(0);
    ran.json_lines().pop().unwrap()
}

fn watch(line: &TestLine, parts: u64) -> Vec<Value> {
    let (folder, parts) = (line.folder(), parts.to_string());
    let arguments = ["watch".as_ref(), folder.as_os_str(), "--parts".as_ref(), parts.as_ref(), "--json".as_ref()];
    sightline(arguments).expect_code(0).json_lines()
}

/// A run in the process that a window starts for it, and what it reports. Its input stays open as long as `Child` does.
fn start(line: &TestLine) -> (Child, impl Iterator<Item = Value>) {
    let mut run = Command::new(program("sightline"))
        .arg(RETRAIN_ARGUMENT)
        .arg(line.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines();
    (run, lines.map_while(Result::ok).filter_map(|text| serde_json::from_str(&text).ok()))
}

/// Every file that is named as a model is one, and the live one is among them.
fn whole_models(line: &TestLine) {
    let store = line.store();
    let names = fs::read_dir(line.folder().join("models")).unwrap().map(|file| file.unwrap().file_name());
    let ids: Vec<String> = names
        .filter_map(|name| name.to_str().and_then(|name| name.strip_suffix(".slm")).map(ToOwned::to_owned))
        .collect();
    for id in &ids {
        store.read_model_file(id).unwrap();
    }
    assert!(line.live_model().is_some_and(|live| ids.contains(&live)), "{ids:?}");
}
