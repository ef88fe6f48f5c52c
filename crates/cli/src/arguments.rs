//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sightline_app::Effort;

use crate::tuning::Tuning;

/// Learns good parts from pictures and flags every bad one.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 fine, 1 failure, 2 usage, 3 a part was rejected or unreadable (inspect)."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a line: where good parts are, where the camera writes.
    Init(Init),
    /// Learn from the line's good parts and let the result judge.
    Learn(Learn),
    /// Judge what arrives in the watched folder until Ctrl-C.
    Watch(Watch),
    /// Judge one picture or all pictures of a folder.
    Inspect(Inspect),
    /// Learn on a labelled data set and measure how good the result is.
    Evaluate(Evaluate),
    /// Try temperatures and strengths of augmentation, by how well drawn defects are told on held-out good parts.
    Sweep(Sweep),
    /// Write the live model's network as an ONNX file, for other programs.
    Export(Export),
    /// List the devices that can learn and judge.
    Devices(Devices),
    /// The sample line: generated parts, a feeder that stands for the camera.
    Sample(Sample),
}

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
    /// Good parts always lie at nearly the same place of the picture.
    #[arg(long)]
    pub(crate) lies_alike: bool,
    /// How much time learning may take.
    #[arg(long, value_enum, default_value = "standard")]
    pub(crate) effort: EffortArgument,
    /// Longest side at which parts are judged, in pixels.
    #[arg(long, default_value_t = 256)]
    pub(crate) side: u32,
    /// Device to use (see `sightline devices`); the best one unless said. Several, as in `cuda:0,cuda:1`, or `all` share
    /// each batch of learning, and the first one judges.
    #[arg(long, alias = "devices")]
    pub(crate) device: Option<String>,
    /// Seed of learning.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// How much time it may take; as the line says unless said.
    #[arg(long, value_enum)]
    pub(crate) effort: Option<EffortArgument>,
    /// Seed of every random draw; as the line says unless said.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Device to learn on; as the line says, or the best one, unless said. Several, as in `cuda:0,cuda:1`, or `all` share
    /// each batch.
    #[arg(long, alias = "devices")]
    pub(crate) device: Option<String>,
    /// Start anew even when an unfinished run could go on.
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// One JSON object a line instead of a progress bar.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// Stop after this many verdicts.
    #[arg(long)]
    pub(crate) parts: Option<u64>,
    /// One JSON object a verdict, and one when parts look different.
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
pub(crate) struct Evaluate {
    /// Folder with good/, defect/<type>/, masks/<type>/ and perhaps groups.csv.
    pub(crate) dataset: PathBuf,
    /// Where report.json and scores.csv are written.
    #[arg(long, default_value = "evaluation")]
    pub(crate) out: PathBuf,
    /// By group, or by picture at random to compare with papers; by group unless there are none.
    #[arg(long, value_enum)]
    pub(crate) split: Option<SplitArgument>,
    /// How much time learning may take.
    #[arg(long, value_enum, default_value = "standard")]
    pub(crate) effort: EffortArgument,
    /// Longest judged side, in pixels.
    #[arg(long, default_value_t = 256)]
    pub(crate) side: u32,
    /// Seed of the split and of learning.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Device to use; the best one unless said. Several, as in `cuda:0,cuda:1`, or `all` share each batch.
    #[arg(long, alias = "devices")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) promise: PromiseArguments,
    #[command(flatten)]
    pub(crate) poses: PoseArguments,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// Folder of a line, or of a data set (only its good parts are used).
    pub(crate) folder: PathBuf,
    /// τ to try.
    #[arg(long, value_delimiter = ',', default_values_t = [0.1, 0.2, 0.3])]
    pub(crate) temperatures: Vec<f32>,
    /// Strengths of augmentation to try, as factors on the usual ranges of crop, light and noise.
    #[arg(long, value_delimiter = ',', default_values_t = [0.5, 1.0, 1.5])]
    pub(crate) augmentations: Vec<f32>,
    /// File of the results: points that it holds are not run again. Next to the line, or in this folder, unless said.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// How much time each point may take.
    #[arg(long, value_enum, default_value = "quick")]
    pub(crate) effort: EffortArgument,
    /// Longest judged side of a data set's parts, in pixels; a line has its own.
    #[arg(long, default_value_t = 256)]
    pub(crate) side: u32,
    /// Seed of the split and of learning; as the line says unless said.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Device to use; as the line says, or the best one, unless said. Several, as in `cuda:0,cuda:1`, or `all` share each
    /// batch.
    #[arg(long, alias = "devices")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) poses: PoseArguments,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// Print the results as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The file to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
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

#[derive(Debug, Args)]
pub(crate) struct PromiseArguments {
    /// At most this share of good parts may be rejected (0.01 is 1 %).
    #[arg(long, default_value_t = 0.01)]
    pub(crate) false_rejects: f64,
    /// How sure that is.
    #[arg(long, default_value_t = 0.95)]
    pub(crate) confidence: f64,
}

#[derive(Debug, Args)]
pub(crate) struct PoseArguments {
    /// Good parts may lie turned by quarter turns.
    #[arg(long)]
    pub(crate) may_turn: bool,
    /// Good parts may lie mirrored.
    #[arg(long)]
    pub(crate) may_flip: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EffortArgument {
    /// A first model within minutes on two CPU cores.
    Quick,
    /// The default: tens of minutes on two CPU cores.
    Standard,
    /// For a GPU or a night.
    Thorough,
}

impl From<EffortArgument> for Effort {
    fn from(effort: EffortArgument) -> Self {
        match effort {
            EffortArgument::Quick => Self::Quick,
            EffortArgument::Standard => Self::Standard,
            EffortArgument::Thorough => Self::Thorough,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SplitArgument {
    /// Whole groups.
    Group,
    /// Pictures at random.
    Random,
}
