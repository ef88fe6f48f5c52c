//! `cargo xtask bench`: what takes too long, or needs pictures that are not in the repository, to be a test. Each
//! writes its part of `docs/results.md` between two marks and leaves the rest of the page alone.

mod accuracy;
mod page;
mod plot;
mod runs;
mod speed;
mod tables;

use anyhow::Result;

use crate::workspace::Workspace;

#[derive(clap::Subcommand)]
pub(crate) enum Benchmark {
    /// Learn and evaluate on real pictures: seeds, splits, ablations; hours on two cores, and it goes on where it stopped
    Accuracy(accuracy::Arguments),
    /// Judging and learning on the CPU beside onnxruntime, faiss, PyTorch and NumPy; needs a quiet machine
    Speed(speed::Arguments),
}

pub(crate) fn run(workspace: &Workspace, benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Accuracy(arguments) => accuracy::run(workspace, arguments),
        Benchmark::Speed(arguments) => speed::run(workspace, arguments),
    }
}
