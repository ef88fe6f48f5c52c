//! `cargo xtask run`: from a clone to verdicts on the sample line, in the window or, without a display, in the terminal.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{cargo, command, npm};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Show the line as a table in the terminal, even where there is a display
    #[arg(long)]
    headless: bool,
    /// Folder of the sample line; an existing one goes on where it stopped [default: sample-line in the build folder]
    #[arg(long, value_name = "DIR")]
    line: Option<PathBuf>,
    /// Stop feeding after this many parts
    #[arg(long, value_name = "N")]
    parts: Option<u64>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    npm::build(workspace)?;
    command::run(&mut cargo::build_programs(workspace))?;
    let line = match &arguments.line {
        Some(line) => std::path::absolute(line).with_context(|| format!("{} is no folder name", line.display()))?,
        None => workspace.target.join("sample-line"),
    };
    let calls = Calls::new(workspace, &line, arguments.parts);
    let display = has_display(|name| env::var_os(name));
    if arguments.headless || !display {
        if !display {
            eprintln!(
                "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): the line runs in this terminal."
            );
        }
        return command::run(&mut { calls.in_terminal });
    }
    let Calls { mut prepare, mut feed, mut window, .. } = calls;
    command::run(&mut prepare)?;
    eprintln!("$ {} &", command::line(&feed));
    let _feeder = Feeder(feed.spawn().with_context(|| format!("could not start `{}`", command::line(&feed)))?);
    command::run(&mut window)
}

/// How the programs are called; the one place that knows their arguments.
struct Calls {
    /// Generates good parts, learns, feeds and watches, with a table and a closing summary.
    in_terminal: Command,
    /// Generates the good parts and writes the line's folders.
    prepare: Command,
    /// Writes new parts into the watched folder until it is ended.
    feed: Command,
    window: Command,
}

impl Calls {
    fn new(workspace: &Workspace, line: &Path, parts: Option<u64>) -> Self {
        let sample = |mode: &str, parts: Option<u64>| {
            let mut command = Command::new(workspace.program("sightline"));
            command.arg("sample").arg(line).arg(mode);
            if let Some(parts) = parts {
                command.arg("--parts").arg(parts.to_string());
            }
            command
        };
        let mut window = Command::new(workspace.program("sightline-desktop"));
        window.arg("--line").arg(line).arg("--learn-if-needed");
        Self {
            in_terminal: sample("--watch", parts),
            prepare: sample("--prepare", None),
            feed: sample("--feed", parts),
            window,
        }
    }
}

/// Ends with the window, however the window ends.
struct Feeder(Child);

impl Drop for Feeder {
    fn drop(&mut self) {
        // It may have ended by itself, after its last part; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_called_on_the_line() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let calls = Calls::new(&workspace, Path::new("/a line"), Some(7));
        let check = |command: &Command, expected: &str| {
            let line = command::line(command).replace(env::consts::EXE_SUFFIX, "").replace('\\', "/");
            assert_eq!(line, expected);
        };
        check(&calls.in_terminal, "/built/debug/sightline sample \"/a line\" --watch --parts 7");
        check(&calls.prepare, "/built/debug/sightline sample \"/a line\" --prepare");
        check(&calls.feed, "/built/debug/sightline sample \"/a line\" --feed --parts 7");
        check(&calls.window, "/built/debug/sightline-desktop --line \"/a line\" --learn-if-needed");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_empty_variable_is_no_display() {
        for (set, value, expected) in [
            ("DISPLAY", ":0", true),
            ("WAYLAND_DISPLAY", "wayland-0", true),
            ("DISPLAY", "", false),
            ("SHELL", "sh", false),
        ] {
            assert_eq!(has_display(|name| (name == set).then(|| value.into())), expected, "{set}={value}");
        }
    }
}
