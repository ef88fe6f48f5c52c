//! `cargo xtask bench`: what takes too long, or needs pictures that are not in the repository, to be a test. `accuracy`
//! and `labels` write their parts of `docs/results.md` between two marks each and leave the rest of the page alone;
//! `speed` and `live` print.

mod accuracy;
mod labels;
mod live;
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
    /// What labels are worth on magnetic tile: detection against their number, with pretraining and without, unknown classes
    Labels(labels::Arguments),
    /// Judging on the CPU: the network beside onnxruntime, the memory bank beside faiss; needs a quiet machine
    Speed,
    /// From a file's close to its stored verdict, at 0.3, 1 and 5 megapixels, alone and beside a learning run
    Live,
}

pub(crate) fn run(workspace: &Workspace, benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Accuracy(arguments) => accuracy::run(workspace, arguments),
        Benchmark::Labels(arguments) => labels::run(workspace, arguments),
        Benchmark::Speed => speed::run(workspace),
        Benchmark::Live => live::run(workspace),
    }
}
