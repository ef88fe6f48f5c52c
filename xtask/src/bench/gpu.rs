//! How fast a GPU learns and judges, beside PyTorch on the same one. Our side is a bench of `crates/train`; a script beside
//! it is the other side. The tables go to `docs/results.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{page, python};
use crate::workspace::Workspace;
use crate::{cargo, command};

/// What is measured against, by version.
const PACKAGES: [&str; 3] = ["numpy==2.4.6", "torch==2.15.0", "safetensors==0.8.0"];

/// As in the build that ships.
const FEATURES: &str = "sightline-model/cuda,sightline-model/kernel-cache";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python that has numpy, torch for this GPU and safetensors; one is made and filled unless said
    #[arg(long)]
    python: Option<PathBuf>,
    /// The GPU, as `sightline devices` tells it: cuda:0, gpu:0
    #[arg(long, default_value = "cuda:0")]
    device: String,
    /// Only rows whose names begin so, as in `24, 192, 8 | F32`
    #[arg(long)]
    rows: Option<String>,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let results = workspace.root.join("docs/results.md");
    page::check(&results, "gpu")?;
    let folder = workspace.target.join("bench-gpu");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = arguments.python.clone().map_or_else(|| python::with(&PACKAGES, &folder), Ok)?;
    let mut bench = bench(workspace, &python, &folder, &arguments.device);
    let text = command::read(bench.args(&arguments.rows))?;
    println!("{text}");
    page::replace(&results, "gpu", text.trim())
}

/// In the release profile: what a GPU waits for is this machine's part of the work.
fn bench(workspace: &Workspace, python: &Path, folder: &Path, device: &str) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--features", FEATURES, "--bench", "gpu", "--"]);
    bench.arg(python).arg(workspace.root.join("crates/train/benches/step.py")).arg(folder).arg(device);
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_side_is_a_bench_built_as_it_ships() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let command = bench(&workspace, Path::new("python3"), Path::new("/built/bench-gpu"), "cuda:0");
        assert_eq!(
            command::line(&command),
            "cargo bench --workspace --features sightline-model/cuda,sightline-model/kernel-cache --bench gpu -- \
             python3 /clone/crates/train/benches/step.py /built/bench-gpu cuda:0"
        );
    }
}
