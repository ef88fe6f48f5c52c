//! A power cut at any stage of a retraining run: what judges goes on judging, no half model is left where one is looked
//! for, and the next run works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sightline_app::RETRAIN_ARGUMENT;
use sightline_tests::{TestLine, drop_file, good_part, program, sightline};

/// Labelled parts, half of them defective: some fall to each use.
const PARTS: u64 = 24;

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
