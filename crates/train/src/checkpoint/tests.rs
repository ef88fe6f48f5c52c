//! A run that goes on is the run that was never stopped, and what is not its own it leaves alone.

use std::ops::ControlFlow;

use sightline_core::{LearnProgress, LearnStage};

use super::*;
use crate::testing::{Plates, config, learn_in, learned};
use crate::{LearnConfig, Learned, Method};

/// Every part of the state: MoCo's keys and queue, the dense head, the average, two stages.
fn everything() -> LearnConfig {
    let mut config = config();
    let pretrain = &mut config.pretrain;
    (pretrain.method, pretrain.queue, pretrain.dense_weight) = (Method::MoCo, 10, 0.5);
    (pretrain.steps, pretrain.checkpoint_every) = (8, 3);
    let stage = |share, synthetic| crate::Stage { share, contrastive: 1.0, dense: 1.0, synthetic };
    pretrain.stages = vec![stage(1.0, 0.0), stage(3.0, 1.0)];
    config
}

fn run(
    folder: &Path,
    source: &Plates,
    config: &LearnConfig,
    steps: u64,
) -> (Result<Learned, TrainError>, Vec<LearnProgress>) {
    let mut reports = Vec::new();
    let outcome = learn_in(Some(folder), source, config, |progress| {
        if progress.stage == LearnStage::Pretrain {
            reports.push(progress.clone());
        }
        if reports.len() as u64 >= steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (outcome, reports)
}

fn bytes(learned: Result<Learned, TrainError>) -> Vec<u8> {
    learned.unwrap().artefact.to_bytes().unwrap()
}

#[test]
fn a_run_that_was_stopped_twice_ends_as_one_that_was_not() {
    for config in [
        everything(),
        LearnConfig {
            pretrain: crate::PretrainConfig { method: Method::SimClr, ema: 0.0, ..everything().pretrain },
            ..config()
        },
    ] {
        let source = Plates::new(24);
        let whole = bytes(learned(&source, &config));
        let dir = tempfile::tempdir().unwrap();
        let (stopped, reports) = run(dir.path(), &source, &config, 4);
        assert!(matches!(stopped, Err(TrainError::Cancelled)), "{stopped:?}");
        assert_eq!(reports.last().unwrap().done, 4);
        let (stopped, reports) = run(dir.path(), &source, &config, 2);
        assert!(matches!(stopped, Err(TrainError::Cancelled)), "{stopped:?}");
        assert_eq!(reports.iter().map(|report| report.done).collect::<Vec<_>>(), [5, 6]);
        let (ended, reports) = run(dir.path(), &source, &config, u64::MAX);
        assert_eq!((reports[0].done, reports[0].warnings.as_slice()), (7, &[][..]));
        assert_eq!(bytes(ended), whole);
        // Trained to the end: only what comes after training is done again.
        let (again, reports) = run(dir.path(), &source, &config, u64::MAX);
        assert_eq!(reports[0].done, 9);
        assert_eq!(bytes(again), whole);
    }
}

#[test]
fn a_crash_costs_no_more_than_the_steps_since_the_last_checkpoint() {
    let (source, config) = (Plates::new(24), everything());
    let dir = tempfile::tempdir().unwrap();
    let mut kept = None;
    let whole = learn_in(Some(dir.path()), &source, &config, |progress| {
        if progress.stage == LearnStage::Pretrain && progress.done == 5 {
            kept = Some(std::fs::read(dir.path().join("pretrain.slc")).unwrap());
        }
        ControlFlow::Continue(())
    });
    std::fs::write(dir.path().join("pretrain.slc"), kept.unwrap()).unwrap();
    std::fs::write(dir.path().join(".pretrain.slc.part"), b"half a checkpoint").unwrap();
    let (ended, reports) = run(dir.path(), &source, &config, u64::MAX);
    assert_eq!(reports[0].done, 4, "three steps were written down");
    assert_eq!(bytes(ended), bytes(whole));
}

#[test]
fn a_checkpoint_that_is_not_the_runs_own_is_left_with_a_reason() {
    let source = Plates::new(24);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pretrain.slc");
    let mut own_config = everything();
    own_config.pretrain.checkpoint_every = 1;
    let _ = run(dir.path(), &source, &own_config, 2);
    let own = std::fs::read(&path).unwrap();
    let check = |written: &[u8], source: &Plates, config: &LearnConfig, reason: &str| {
        std::fs::write(&path, written).unwrap();
        // The second step comes after a checkpoint was written: the reason must still be told.
        let (_, reports) = run(dir.path(), source, config, 2);
        assert_eq!(reports.len(), 2, "{reason}");
        for (done, report) in (1..).zip(&reports) {
            let warning = report.warnings[0].to_string();
            assert_eq!((report.done, report.warnings.len()), (done, 1), "{reason}");
            assert!(warning.contains(reason) && warning.contains("pretrain.slc"), "{reason}: {warning:?}");
        }
    };
    check(&own, &source, &LearnConfig { seed: 2, ..own_config.clone() }, "other settings");
    check(&own, &Plates { broken: vec![0, 1, 2, 3], ..Plates::new(24) }, &own_config, "other parts");
    check(&own[..own.len() - 1], &source, &own_config, "checksum");
    check(&own[..10], &source, &own_config, "does not start");
    check(b"not one at all, and long enough to be looked at", &source, &own_config, "does not start");
    let mut flipped = own.clone();
    flipped[own.len() / 2] ^= 1;
    check(&flipped, &source, &own_config, "checksum");
    let mut newer = own.clone();
    newer[8] = 9;
    check(&newer, &source, &own_config, "format is 9");
    let ours = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let at = own.windows(ours.len()).position(|bytes| bytes == ours.as_bytes()).unwrap();
    let mut other_version = own.clone();
    other_version[at + ours.len() - 2] = b'x';
    let content = other_version.len() - 32;
    let checksum = blake3::hash(&other_version[..content]);
    other_version[content..].copy_from_slice(checksum.as_bytes());
    check(&other_version, &source, &own_config, "another version");
}
