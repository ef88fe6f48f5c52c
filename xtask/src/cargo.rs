//! How cargo is called. Each call selects the whole workspace and narrows by target: cargo settles the features of
//! shared crates by the packages selected, and another selection would compile Burn and Tauri a second time.

use std::process::Command;

use crate::workspace::Workspace;

/// The command-line program and the window.
pub(crate) const PROGRAMS: [&str; 2] = ["sightline", "sightline-desktop"];

pub(crate) fn cargo(workspace: &Workspace, verb: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.arg(verb).current_dir(&workspace.root);
    cargo
}

/// `cargo build` of the two programs and nothing else.
pub(crate) fn build_programs(workspace: &Workspace) -> Command {
    let mut build = cargo(workspace, "build");
    build.arg("--workspace");
    for program in PROGRAMS {
        build.args(["--bin", program]);
    }
    build
}

/// All tests of all crates.
pub(crate) fn tests(workspace: &Workspace) -> Command {
    let mut test = cargo(workspace, "test");
    test.arg("--workspace");
    test
}
