//! What can be said about a line: setting it up, watching it, judging what is there.

use std::path::PathBuf;

use clap::Args;

use super::{EffortArgument, PoseArguments, PromiseArguments, RecipeArguments};

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder of the line; made when it is missing.
    pub(crate) line: PathBuf,
    /// Folder of unlabelled good parts.
    #[arg(long)]
    pub(crate) good: PathBuf,
    /// Folder that the camera writes to.
    #[arg(long)]
    pub(crate) watch: PathBuf,
    /// Name shown to people; the folder's name unless said.
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) promise: PromiseArguments,
    #[command(flatten)]
    pub(crate) poses: PoseArguments,
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Good parts always lie at nearly the same place of the picture.
    #[arg(long)]
    pub(crate) lies_alike: bool,
    /// How much time learning may take.
    #[arg(long, value_enum, default_value = "standard")]
    pub(crate) effort: EffortArgument,
    /// Longest side at which parts are judged, in pixels, up to 8192; above 1024 they are shown in tiles.
    #[arg(long, default_value_t = 256)]
    pub(crate) side: u32,
    /// Side of these tiles in pixels, 64 to 2048; by the memory limit unless said, 0 for never.
    #[arg(long)]
    pub(crate) tile: Option<u32>,
    /// Device to use (see `sightline devices`); the best one unless said. Several, as in `cuda:0,cuda:1`, or `all` share
    /// each batch of learning, and the first one judges.
    #[arg(long, alias = "devices")]
    pub(crate) device: Option<String>,
    /// Seed of learning.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Folder of the line; several lines share the device fairly.
    #[arg(required = true, value_name = "LINE")]
    pub(crate) lines: Vec<PathBuf>,
    /// Stop after this many verdicts.
    #[arg(long)]
    pub(crate) parts: Option<u64>,
    /// One JSON object a verdict, and one when parts look different.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Arrivals {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// How names are read, as in `{lot}/{part}_{view}`: {part:8} takes eight characters, {part:#} digits, * anything.
    /// As the line says unless said.
    #[arg(long)]
    pub(crate) pattern: Option<String>,
    /// Folders below the watched one that count, as in `2026-*/camera 1`; `**` at any depth, "" for none. As the line
    /// says unless said.
    #[arg(long)]
    pub(crate) subfolders: Option<String>,
    /// Keep both for the line, from its next start on.
    #[arg(long)]
    pub(crate) set: bool,
    /// Files that are shown at most.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// One JSON object a file.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// Folder of known good parts; as the line says unless said.
    #[arg(long)]
    pub(crate) good: Option<PathBuf>,
    /// Folder of known bad parts; as the line says unless said.
    #[arg(long)]
    pub(crate) bad: Option<PathBuf>,
    /// Keep both folders for the line.
    #[arg(long)]
    pub(crate) set: bool,
    /// From now on the line inspects nothing before its known parts came out right. With `--set`.
    #[arg(long, requires = "set")]
    pub(crate) required: bool,
    /// One JSON object a part, and one for the whole.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A picture, or a folder of pictures.
    pub(crate) path: PathBuf,
    /// The line whose live model judges.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// One JSON object a part.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Devices {
    /// As a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// Folder of the sample line; made when it is missing.
    pub(crate) line: PathBuf,
    /// Only draw the good parts and make the line.
    #[arg(long, conflicts_with_all = ["feed", "watch"])]
    pub(crate) prepare: bool,
    /// Only write new parts into the watched folder, at a visible pace.
    #[arg(long, conflicts_with = "watch")]
    pub(crate) feed: bool,
    /// Instead write a labelled data set of generated parts into the folder, for `sightline evaluate`.
    #[arg(long, conflicts_with_all = ["prepare", "feed", "watch"])]
    pub(crate) dataset: bool,
    /// Draw, learn, feed and watch, all in this process; the default.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Stop after this many parts; never unless said.
    #[arg(long)]
    pub(crate) parts: Option<u64>,
    /// Milliseconds between two parts.
    #[arg(long, default_value_t = 1500)]
    pub(crate) every: u64,
    /// Share of parts with a defect.
    #[arg(long, default_value_t = 0.25)]
    pub(crate) defects: f64,
    /// Seed of the generator.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}
