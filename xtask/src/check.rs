//! `cargo xtask check`: what can be said of a change without running it. What takes a moment comes first, what compiles
//! comes last.

use std::process::Command;

use anyhow::{Result, bail};

use crate::steps::{Outcome, Steps};
use crate::workspace::Workspace;
use crate::{cargo, command, dependencies, npm, tools, top_level};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.take("top level", || top_level::check(workspace))?;
    steps.take("dependency direction", || dependencies::check(workspace))?;
    steps.take("formatting", || command::run(cargo::cargo(workspace, "fmt").args(["--all", "--check"])))?;
    steps.take("tools", || {
        tools::CARGO_DENY.ensure(workspace)?;
        tools::CARGO_MACHETE.ensure(workspace).map(|_| ())
    })?;
    steps.take("unused dependencies", || {
        let mut machete = Command::new(tools::CARGO_MACHETE.ensure(workspace)?);
        command::run(machete.arg(".").current_dir(&workspace.root))
    })?;
    steps.take("licences and sources", || {
        // Without the flag one fault prints the whole tree above the crate, hundreds of lines.
        command::run(deny(workspace)?.args([
            "--locked",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ]))
    })?;
    steps.take("advisories", || advisories(workspace))?;
    // The desktop program embeds the built pages, so clippy cannot compile it before they are there.
    steps.take("window: pages", || npm::build(workspace))?;
    steps.take("window: types and texts", || npm::run(workspace, &["run", "check"]))?;
    steps.take("clippy", || command::run(&mut clippy(workspace)))?;
    steps.take("bindings", || bindings(workspace, Bindings::Compare))
}

/// Clippy as the compiler of our own crates in the build that the tests use. `cargo clippy` does the same in cargo's
/// check mode, whose results no build can use: it would compile every dependency a second time.
fn clippy(workspace: &Workspace) -> Command {
    let mut clippy = cargo::cargo(workspace, "test");
    clippy.args(["--workspace", "--all-targets", "--no-run"]);
    clippy.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-Dwarnings");
    clippy
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bindings {
    Compare,
    Write,
}

/// The bridge's tests named `bindings` compare the generated TypeScript with the committed file, or write it.
pub(crate) fn bindings(workspace: &Workspace, wanted: Bindings) -> Result<()> {
    let mut test = cargo::tests(workspace);
    test.args(["--lib", "bindings"]);
    if wanted == Bindings::Write {
        test.env("SIGHTLINE_WRITE_BINDINGS", "1");
    }
    eprintln!("$ {}", command::line(&test));
    let printed = command::read(&mut test)?;
    // A test that was renamed would otherwise compare nothing and pass.
    if passed(&printed) == 0 {
        bail!("no library test is named `bindings`:\n{printed}");
    }
    Ok(())
}

/// How many tests passed, of what the test programs printed.
fn passed(printed: &str) -> u32 {
    printed
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok())
        .sum()
}

/// Known weaknesses of the crates in the tree. The list is downloaded; where it cannot be, that is said and the run
/// goes on, but an entry that applies fails it.
fn advisories(workspace: &Workspace) -> Result<Outcome> {
    if let Err(error) = command::run(deny(workspace)?.args(["fetch", "db"])) {
        return Ok(Outcome::NotRun(format!("the list of advisories could not be downloaded ({error})")));
    }
    command::run(deny(workspace)?.args(["--locked", "--offline", "check", "advisories"])).map(Into::into)
}

fn deny(workspace: &Workspace) -> Result<Command> {
    let mut deny = Command::new(tools::CARGO_DENY.ensure(workspace)?);
    deny.current_dir(&workspace.root);
    Ok(deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_tests_that_passed() {
        for (printed, expected) in [
            ("running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n", 0),
            ("test result: ok. 2 passed; 0 failed\n\ntest result: ok. 1 passed; 0 failed\n", 3),
            ("test result: FAILED. 1 passed; 1 failed\n", 0),
        ] {
            assert_eq!(passed(printed), expected, "{printed}");
        }
    }
}
