//! `cargo xtask bench`: measurements beside other programs. They need a quiet machine and, once, packages from PyPI.

mod speed;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

#[derive(Subcommand)]
pub(crate) enum What {
    /// Judging on the CPU: the network beside onnxruntime, the memory bank beside faiss
    Speed,
}

pub(crate) fn run(workspace: &Workspace, what: &What) -> Result<()> {
    match what {
        What::Speed => speed::run(workspace),
    }
}
