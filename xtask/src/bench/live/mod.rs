//! How long a part waits for its verdict, from the file's close to the stored record, and how anomalib fares on the same
//! pictures: `tests/live_bench` measures, the tables go to `docs/results.md`.

mod figures;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{page, python};
use crate::workspace::Workspace;
use crate::{cargo, command};

/// What is measured against, by version.
const PACKAGES: [&str; 3] = ["anomalib==2.7.0", "torch==2.15.0", "torchvision==0.29.2"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python that has anomalib; one is made and filled unless said
    #[arg(long)]
    python: Option<PathBuf>,
    /// Parts that are timed one by one at each size but the largest, of which it is a thirtieth
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(3..))]
    parts: u32,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let results = workspace.root.join("docs/results.md");
    page::check(&results, "live")?;
    let folder = workspace.target.join("bench-live");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = arguments.python.clone().map_or_else(|| python::with(&PACKAGES, &folder), Ok)?;
    // It starts the learning process, which is a program of its own.
    command::run(&mut cargo::build_programs(workspace))?;
    // Lines of the run before have learned and recorded.
    let lines = folder.join("lines");
    if lines.exists() {
        fs::remove_dir_all(&lines).with_context(|| format!("could not remove {}", lines.display()))?;
    }
    let ours = command::read(&mut bench(workspace, &lines, arguments.parts))?;
    let file = lines.join("sightline.json");
    fs::write(&file, &ours).with_context(|| format!("could not write {}", file.display()))?;
    let mut script = Command::new(&python);
    let theirs = command::read(script.arg(workspace.root.join("tests/live_bench/anomalib_folder.py")).arg(&lines))?;
    let read = |text: &str, what| serde_json::from_str::<Value>(text).with_context(|| format!("{what} gave no JSON"));
    let text = tables::all(&read(&ours, "the bench")?, &read(&theirs, "anomalib's script")?)?;
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
            command::line(&bench(&workspace, Path::new("/built/bench-live/lines"), 60)),
            "cargo bench --workspace --profile dev --bench live -- time /built/bench-live/lines 60"
        );
    }
}
