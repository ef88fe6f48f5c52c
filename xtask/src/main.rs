//! What a developer types, as one program: `cargo xtask run`, `test`, `check`, `bench`, `bindings`, `install`. It is
//! Rust and not shell so that a fresh clone needs nothing beside cargo, npm and git; it depends on little, so it builds
//! in seconds.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bench;
mod cargo;
mod check;
mod command;
mod dependencies;
mod npm;
mod prerequisites;
mod run;
mod steps;
mod test;
mod tools;
mod top_level;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::prerequisites::Purpose;
use crate::steps::Steps;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a developer of Sightline types", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// Look for no system packages and install none: they are there, or were put there by other means
    #[arg(long, global = true)]
    skip_packages: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what is missing, build, and open Sightline on a line of generated parts
    Run(run::Arguments),
    /// Install what is missing and run every check and every test
    Test,
    /// Formatting, lints, types, bindings, dependencies, licences
    Check,
    /// Write the window's TypeScript bindings anew from the Rust types
    Bindings,
    /// Install what the other verbs need, and build nothing of Sightline
    Install,
    /// Measure how good it is (into docs/results.md) or how fast
    #[command(subcommand)]
    Bench(bench::Benchmark),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    let packages = |purpose| if arguments.skip_packages { Ok(()) } else { prerequisites::install(purpose) };
    match &arguments.verb {
        Verb::Run(run) => {
            packages(Purpose::Run)?;
            run::run(&workspace, run)
        }
        Verb::Test => Steps::table(|steps| {
            steps.take("system packages", || packages(Purpose::Test))?;
            test::run(&workspace, steps)
        }),
        Verb::Check => Steps::table(|steps| {
            steps.take("system packages", || packages(Purpose::Run))?;
            check::run(&workspace, steps)
        }),
        Verb::Bindings => {
            packages(Purpose::Run)?;
            npm::build(&workspace)?;
            check::bindings(&workspace, check::Bindings::Write)
        }
        Verb::Bench(benchmark) => {
            packages(Purpose::Run)?;
            bench::run(&workspace, benchmark)
        }
        Verb::Install => {
            packages(Purpose::Test)?;
            npm::install(&workspace)?;
            tools::CARGO_DENY.ensure(&workspace)?;
            tools::CARGO_MACHETE.ensure(&workspace).map(|_| ())
        }
    }
}
