//! `cargo xtask bench`: what takes too long, or needs pictures that are not in the repository, to be a test. each
//! writes its part of `docs/results.md` between two marks and leaves the rest of the page alone.

mod accuracy;
mod gpu;
mod labels;
mod live;
mod page;
mod plot;
mod python;
mod runs;
mod soak;
mod speed;
mod tables;

use anyhow::Result;

use crate::workspace::Workspace;

#[derive(clap::Subcommand)]
pub(crate) enum Benchmark {
    /// Learn and evaluate on real pictures: seeds, splits, ablations; hours on two cores, and it goes on where it stopped
    Accuracy(accuracy::Arguments),
    /// Learning and judging on a GPU beside PyTorch on the same one
    Gpu(gpu::Arguments),
    /// What labels are worth on magnetic tile: detection against their number, with pretraining and without, unknown classes
    Labels(labels::Arguments),
    /// From a file's close to its stored verdict, at 0.3 to 20 megapixels, at rest and under load, beside anomalib; a quarter
    /// of an hour on a quiet machine
    Live(live::Arguments),
    /// An hour of parts at a steady rate: memory, queue, latency by the minute, arrivals against records
    Soak(soak::Arguments),
    /// Judging and learning on the CPU beside onnxruntime, faiss, PyTorch and NumPy; needs a quiet machine
    Speed(speed::Arguments),
}

pub(crate) fn run(workspace: &Workspace, benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Accuracy(arguments) => accuracy::run(workspace, arguments),
        Benchmark::Gpu(arguments) => gpu::run(workspace, arguments),
        Benchmark::Labels(arguments) => labels::run(workspace, arguments),
        Benchmark::Soak(arguments) => soak::run(workspace, arguments),
        Benchmark::Speed(arguments) => speed::run(workspace, arguments),
        Benchmark::Live(arguments) => live::run(workspace, arguments),
    }
}
