//! How fast a CPU judges and learns, beside others at the same work on the same machine. Our side is two benches, of
//! `crates/model` and `crates/train`; the scripts beside them are the other side. The tables go to `docs/results.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{page, python};
use crate::workspace::Workspace;
use crate::{cargo, command};

/// What is measured against, by version.
const PACKAGES: [&str; 5] =
    ["numpy==2.4.6", "onnxruntime==1.32.0", "faiss-cpu==1.15.1", "torch==2.15.0", "safetensors==0.8.0"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python that has numpy, onnxruntime, faiss, torch and safetensors; one is made and filled unless said
    #[arg(long)]
    python: Option<PathBuf>,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let results = workspace.root.join("docs/results.md");
    page::check(&results, "speed")?;
    let folder = workspace.target.join("bench-speed");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = arguments.python.clone().map_or_else(|| python::with(&PACKAGES, &folder), Ok)?;
    let measured = command::read(&mut forward(workspace, &folder))?;
    let file = folder.join("sightline.json");
    fs::write(&file, &measured).with_context(|| format!("could not write {}", file.display()))?;
    let mut script = Command::new(&python);
    let judging = command::read(script.arg(workspace.root.join("crates/model/benches/forward.py")).arg(&folder))?;
    let learning = command::read(&mut step(workspace, &python, &folder))?;
    let text = format!("{}\n\n{}", judging.trim(), learning.trim());
    println!("{text}");
    page::replace(&results, "speed", &text)
}

/// The development build: its dependencies are optimised too, and it is there already.
fn bench(workspace: &Workspace, name: &str) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--profile", "dev", "--bench", name, "--"]);
    bench
}

fn forward(workspace: &Workspace, folder: &Path) -> Command {
    let mut bench = bench(workspace, "forward");
    bench.arg("time").arg(folder);
    bench
}

fn step(workspace: &Workspace, python: &Path, folder: &Path) -> Command {
    let mut bench = bench(workspace, "step");
    bench.arg(python).arg(workspace.root.join("crates/train/benches/step.py")).arg(folder);
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_side_is_benches_of_the_whole_workspace() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let folder = Path::new("/built/bench-speed");
        assert_eq!(
            command::line(&forward(&workspace, folder)),
            "cargo bench --workspace --profile dev --bench forward -- time /built/bench-speed"
        );
        assert_eq!(
            command::line(&step(&workspace, Path::new("python3"), folder)),
            "cargo bench --workspace --profile dev --bench step -- python3 /clone/crates/train/benches/step.py \
             /built/bench-speed"
        );
    }
}
