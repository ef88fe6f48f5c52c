//! Learning in a process of its own: it can be cancelled, it may even die, and what judges stays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sightline_app::{AppError, LearnChild, Line, WORKER_ARGUMENT};
use sightline_core::{Code, LearnStage};
use sightline_tests::{TestLine, program};

/// The promise to the person who presses Cancel.
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);

/// Longer than any learning process is silent.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_cancelled_run_ends_within_two_seconds_and_the_live_model_stays() {
    let line = TestLine::learned();
    let before = line.live_model();
    assert!(before.is_some());
    let (mut run, outcome) = start(&line);
    let asked = Instant::now();
    run.cancel();
    let took = asked.elapsed();
    let error = outcome.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert!(error.is_cancel(), "it stopped by itself and said so, it was not killed: {error}");
    assert!(took <= CANCELLED_WITHIN, "it took {took:?}");
    assert_eq!(line.live_model(), before);
}

#[test]
fn a_run_that_is_killed_is_an_error_and_the_live_model_stays() {
    let line = TestLine::learned();
    let before = line.live_model();
    let (run, outcome) = start(&line);
    let process = process_of(&line.folder());
    assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
    let error = outcome.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert!(matches!(error, AppError::Worker { .. }), "{error}");
    drop(run);
    assert_eq!(line.live_model(), before);
    assert!(before.is_some());
}

#[test]
fn a_run_that_cannot_learn_says_why() {
    let line = TestLine::set_up(5);
    let (sender, outcome) = channel();
    let done = move |result| sender.send(result).unwrap();
    let _run = LearnChild::start(&program("sightline"), &line.folder(), |_| {}, done).unwrap();
    let error = outcome.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert_eq!(error.code(), Code::TooFewParts, "{error}");
    assert!(error.to_string().contains('5') && line.live_model().is_none(), "{error}");
}

/// A run that is at its longest stage, and where its outcome comes.
fn start(line: &TestLine) -> (LearnChild, Receiver<Result<String, AppError>>) {
    // Another seed: the same model again would prove nothing.
    let mut settings = line.settings();
    settings.seed += 1;
    Line::init(&line.folder(), settings).unwrap();
    let (learning, at_work) = channel();
    let (sender, outcome) = channel();
    let progress = move |report: sightline_core::LearnProgress| {
        if report.stage == LearnStage::Pretrain {
            let _ = learning.send(());
        }
    };
    let done = move |result| sender.send(result).unwrap();
    let run = LearnChild::start(&program("sightline"), &line.folder(), progress, done).unwrap();
    at_work.recv_timeout(PATIENCE).unwrap();
    (run, outcome)
}

/// The number of the process that learns on a line.
fn process_of(line: &Path) -> String {
    let wanted = format!("{WORKER_ARGUMENT}\0{}\0", line.display());
    let is_it = |process: &String| {
        fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).ends_with(&wanted))
    };
    let mut processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    processes.find(is_it).unwrap()
}
