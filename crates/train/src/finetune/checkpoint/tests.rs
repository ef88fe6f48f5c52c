//! A run that goes on is the run that was never stopped, and what is not its own it leaves alone.

use std::ops::ControlFlow;

use sightline_core::{LearnProgress, LearnStage};
use sightline_model::Artefact;

use super::*;
use crate::TrainError;
use crate::finetune::tests::{Defective, cpu, short};
use crate::finetune::{FineTuneRequest, LeaveOut, LeftOut, fine_tune_leaving_out};
use crate::testing::{Plates, config, learned};

const STEPS: usize = 6;

fn base() -> (Plates, Artefact) {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap().artefact;
    (source, base)
}

/// The challenger's bytes, and what was learned without a class.
type Ended = Result<(Vec<u8>, LeftOut), TrainError>;

/// Stopped after so many reports of training; what these said.
fn run(
    folder: Option<&Path>,
    (source, base): &(Plates, Artefact),
    labels: usize,
    reports: usize,
) -> (Ended, Vec<LearnProgress>) {
    let (labelled, settings, device) = (Defective { count: labels }, short(STEPS), cpu());
    let request = FineTuneRequest {
        base,
        config: &settings,
        source,
        labelled: &labelled,
        confirmed: None,
        device: &device,
        checkpoint: folder,
        glances: None,
    };
    // Whatever shows a bar is left out of the second training.
    let leave_out = [LeaveOut { class: "bar".to_owned(), parts: (0..labels).filter(|part| part % 2 == 1).collect() }];
    let mut told = Vec::new();
    let outcome = fine_tune_leaving_out(&request, &leave_out, &mut |progress| {
        if progress.stage == LearnStage::FineTune {
            told.push(progress);
        }
        if told.len() >= reports { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (outcome.map(|(tuned, left_out)| (tuned.artefact.to_bytes().unwrap(), left_out)), told)
}

fn is_cancelled<T>(outcome: &Result<T, TrainError>) -> bool {
    matches!(outcome, Err(TrainError::Cancelled))
}

#[test]
fn a_run_that_was_stopped_in_each_of_its_trainings_ends_as_one_that_was_not() {
    let made = base();
    let of = |(bytes, left_out): (Vec<u8>, LeftOut)| {
        let without = left_out.without[0].artefact(&made.1).to_bytes().unwrap();
        (bytes, without, left_out.good_alone(&made.1).to_bytes().unwrap())
    };
    let (whole, reports) = run(None, &made, 14, usize::MAX);
    let all = reports.len() as u64;
    let dir = tempfile::tempdir().unwrap();
    let (stopped, reports) = run(Some(dir.path()), &made, 14, 4);
    assert!(is_cancelled(&stopped) && reports.last().unwrap().done == 4);
    // In the settling batches, which are not worth a checkpoint: they come again.
    let (stopped, reports) = run(Some(dir.path()), &made, 14, 4);
    assert!(is_cancelled(&stopped) && reports[0].done == 5 && reports[3].done == 8);
    // In the second training.
    let (stopped, reports) = run(Some(dir.path()), &made, 14, all as usize / 2 - STEPS + 3);
    assert!(is_cancelled(&stopped) && reports[0].done == STEPS as u64 + 1);
    let (ended, reports) = run(Some(dir.path()), &made, 14, usize::MAX);
    assert_eq!(reports[0].done, all / 2 + 4);
    assert!(reports.iter().all(|report| report.warnings.is_empty()) && reports.last().unwrap().done == all);
    let ended = of(ended.unwrap());
    assert_eq!(ended, of(whole.unwrap()));
    // Trained to the end: only what comes after training is done again.
    let (again, reports) = run(Some(dir.path()), &made, 14, usize::MAX);
    assert_eq!((of(again.unwrap()), reports.len()), (ended, 0));
    remove_fine_tune_checkpoint(dir.path()).unwrap();
    remove_fine_tune_checkpoint(dir.path()).unwrap();
    assert!(!dir.path().exists());
}

#[test]
fn a_damaged_checkpoint_is_left_with_a_reason_and_one_of_other_labels_without() {
    let made = base();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let _ = run(Some(dir.path()), &made, 14, 3);
    let own = std::fs::read(&path).unwrap();
    let check = |written: &[u8], labels: usize, reason: &str| {
        std::fs::write(&path, written).unwrap();
        let (_, reports) = run(Some(dir.path()), &made, labels, 2);
        let warning = reports[1].warnings[0].to_string();
        assert_eq!((reports[0].done, reports[1].warnings.len()), (1, 1), "{reason}");
        assert!(warning.contains(reason) && warning.contains(FILE), "{reason}: {warning:?}");
    };
    check(&own[..own.len() - 1], 14, "checksum");
    let mut flipped = own.clone();
    flipped[own.len() / 2] ^= 1;
    check(&flipped, 14, "checksum");
    // Whole and of this run, but of another shape, as a programming error would leave it.
    let (header, rest): (Header, _) = sealed::opened(&own).unwrap();
    let sections = vec![rest[..header.sections[0] as usize].to_vec()];
    check(&sealed::sealed(&header, &sections).unwrap(), 14, "cut off");
    let [weights, first, second] = sealed::split(rest, &header.sections).unwrap().try_into().unwrap();
    let elsewhere = Header { sections: vec![first.len() as u64; 3], ..header };
    let swapped = sealed::sealed(&elsewhere, &[vec![7; first.len()], first.to_vec(), second.to_vec()]).unwrap();
    assert_ne!(weights, vec![7; first.len()]);
    check(&swapped, 14, FILE);

    std::fs::write(&path, &own).unwrap();
    let (_, reports) = run(Some(dir.path()), &made, 13, 2);
    assert_eq!((reports[0].done, reports[1].warnings.len()), (1, 0), "that labels came is nothing to be told");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_ends_nothing() {
    let made = base();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let (ended, reports) = run(Some(&file), &made, 14, usize::MAX);
    assert!(ended.is_ok());
    let warnings = &reports.last().unwrap().warnings;
    let is_told = |warning: &LearnWarning| matches!(warning, LearnWarning::CheckpointNotWritten(_));
    assert_eq!(warnings.iter().filter(|warning| is_told(warning)).count(), 1, "{warnings:?}");
}
