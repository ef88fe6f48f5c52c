//! The `sightline` command: set up, learn, watch, inspect, evaluate and export without a window.
//!
//! Exit codes: 0 fine, 1 failure, 2 usage, 3 `inspect` rejected a part (or could not judge one).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arguments;
mod devices;
mod evaluate;
mod export;
mod init;
mod inspect;
mod interrupt;
mod learn;
mod progress;
mod sample;
mod sweep;
mod table;
mod tuning;
mod watch;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use sightline_app::{WORKER_ARGUMENT, in_words, run_worker};

use arguments::{Arguments, Command};

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Fine,
    Rejected,
}

fn main() -> ExitCode {
    let mut raw = std::env::args_os().skip(1);
    if raw.next().is_some_and(|first| first == WORKER_ARGUMENT) {
        let line = raw.next().unwrap_or_default();
        return ExitCode::from(run_worker(Path::new(&line)) as u8);
    }
    let result = match Arguments::parse().command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Learn(arguments) => learn::run(&arguments),
        Command::Watch(arguments) => watch::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(3),
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                let _ = usage.print();
                return ExitCode::from(usage.exit_code() as u8);
            }
            eprintln!("sightline: {}", in_words(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
