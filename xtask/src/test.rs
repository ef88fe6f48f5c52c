//! `cargo xtask test`: all that a change has to pass, the quick checks first.

use anyhow::Result;
use std::process::Command;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{cargo, check, command, npm};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    check::run(workspace, steps)?;
    steps.take("window: unit tests", || npm::run(workspace, &["test"]))?;
    // The tests that cross crates start both programs as they lie in the build folder; cargo does not build another
    // package's programs for a test.
    steps.take("build the programs", || command::run(&mut cargo::build_programs(workspace)))?;
    steps.take("tests", || command::run(&mut on_a_screen(&cargo::tests(workspace))))
}

/// The command under a screen and a session bus of its own: the window opens the same on every machine, and none
/// appears on the developer's desk.
fn on_a_screen(command: &Command) -> Command {
    if !cfg!(target_os = "linux") {
        return again(Command::new(command.get_program()), command);
    }
    let mut wrapped = Command::new("xvfb-run");
    wrapped.args(["-a", "-s", "-screen 0 1600x1000x24", "dbus-run-session", "--"]).arg(command.get_program());
    again(wrapped, command)
}

fn again(mut start: Command, command: &Command) -> Command {
    start.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        start.current_dir(folder);
    }
    start
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn tests_run_on_a_screen_of_their_own() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let command = on_a_screen(&cargo::tests(&workspace));
        assert_eq!(
            command::line(&command),
            "xvfb-run -a -s \"-screen 0 1600x1000x24\" dbus-run-session -- cargo test --workspace"
        );
        assert_eq!(command.get_current_dir(), Some("/clone".as_ref()));
    }
}
