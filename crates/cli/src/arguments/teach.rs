//! What `sightline teach` is told.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Teach {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// Parts to label next.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) count: u16,
    /// Show labels that are probably wrong instead.
    #[arg(long, conflicts_with = "duplicates")]
    pub(crate) mislabels: bool,
    /// Show labelled pictures that are as good as the same instead.
    #[arg(long)]
    pub(crate) duplicates: bool,
    /// Print everything as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
