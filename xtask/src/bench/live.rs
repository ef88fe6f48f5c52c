//! How long a part waits for its verdict, from the file's close to the stored record: `tests/live_bench`, and anomalib
//! beside it. The tables go to `docs/results.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{page, python};
use crate::workspace::Workspace;
use crate::{cargo, command};

/// What is measured against, by version.
const PACKAGES: [&str; 2] = ["anomalib==2.7.0", "torch==2.15.0"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python that has anomalib and torch; one is made and filled unless said
    #[arg(long)]
    python: Option<PathBuf>,
    /// Of the parts that are timed, so many in a hundred
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    parts: u32,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let results = workspace.root.join("docs/results.md");
    page::check(&results, "live")?;
    let folder = workspace.target.join("bench-live");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = arguments.python.clone().map_or_else(|| python::with(&folder, &PACKAGES), Ok)?;
    // It starts the learning process, which is a program of its own.
    command::run(&mut cargo::build_programs(workspace))?;
    command::run(&mut bench(workspace, &folder, arguments.parts))?;
    let mut script = Command::new(python);
    let text = command::read(script.arg(workspace.root.join("tests/live_bench/compare.py")).arg(&folder))?;
    println!("{text}");
    page::replace(&results, "live", &text)
}

/// The development build: its dependencies are optimised too, and it is there already.
fn bench(workspace: &Workspace, folder: &Path, parts: u32) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--profile", "dev", "--bench", "live", "--", "time"]);
    bench.arg(folder).arg(parts.to_string());
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_bench_of_the_whole_workspace() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        assert_eq!(
            command::line(&bench(&workspace, Path::new("/built/bench-live"), 100)),
            "cargo bench --workspace --profile dev --bench live -- time /built/bench-live 100"
        );
    }
}
