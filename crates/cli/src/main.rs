//! The `sightline` command: set up, learn, watch, inspect, label, evaluate and export without a window.
//!
//! Exit codes: 0 fine, 1 failure, 2 usage, 3 `inspect` rejected a part (or could not judge one), or for
//! `check` and `learn` a known part came out wrong.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arguments;
mod arrivals;
mod check;
mod class;
mod devices;
mod evaluate;
mod export;
mod init;
mod inspect;
mod interrupt;
mod label;
mod label_curve;
mod label_saving;
mod learn;
mod live_model;
mod models;
mod progress;
mod reader_gone;
mod sample;
mod shadow;
mod similar;
mod sweep;
mod table;
mod teach;
mod tuning;
mod views;
mod watch;

use std::panic::catch_unwind;
use std::path::Path;

use clap::Parser;
use sightline_app::{WorkerTask, in_words, leave, run_worker};

use arguments::{Arguments, Command};
use reader_gone::{READER_GONE, is_it};

/// What a program of Rust ends with that panicked.
const PANICKED: u8 = 101;

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Fine,
    Rejected,
}

fn main() {
    reader_gone::stay_silent();
    // Told where it happened.
    leave(catch_unwind(run).unwrap_or_else(|panic| if is_it(&*panic) { READER_GONE } else { PANICKED }))
}

/// Does what was asked for; the exit code.
fn run() -> u8 {
    let mut raw = std::env::args_os().skip(1);
    if let Some(task) = raw.next().and_then(|first| WorkerTask::asked_by(&first)) {
        let line = raw.next().unwrap_or_default();
        return run_worker(task, Path::new(&line)) as u8;
    }
    let result = match Arguments::parse().command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Learn(arguments) => learn::run(&arguments),
        Command::Watch(arguments) => watch::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Arrivals(arguments) => arrivals::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Shadow(arguments) => shadow::run(&arguments),
        Command::Similar(arguments) => similar::run(&arguments),
        Command::Teach(arguments) => teach::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::LabelCurve(arguments) => label_curve::run(&arguments),
        Command::LabelSaving(arguments) => label_saving::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Views(arguments) => views::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Label(arguments) => label::run(&arguments),
        Command::Class(arguments) => class::run(&arguments),
        Command::Retrain(arguments) => models::retrain(&arguments),
        Command::Models(arguments) => models::list(&arguments),
        Command::Promote(arguments) => models::promote(&arguments),
        Command::Rollback(arguments) => models::rollback(&arguments),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
    };
    match result {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Rejected) => 3,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                let _ = usage.print();
                return usage.exit_code() as u8;
            }
            eprintln!("sightline: {}", in_words(error.as_ref()));
            1
        }
    }
}
