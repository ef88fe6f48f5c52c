//! What can be said about learning from good parts, and about measuring what was learned.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sightline_app::Effort;

use super::{FineTuning, PoseArguments, PromiseArguments, RecipeArguments};
use crate::tuning::Tuning;

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
    /// Longest judged side, in pixels, up to 8192; above 1024 parts are shown in tiles.
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
    pub(crate) recipe: RecipeArguments,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Curve {
    #[command(flatten)]
    pub(crate) evaluate: Evaluate,
    /// Numbers of labelled defects to learn from.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 25, 50, 100, 200])]
    pub(crate) counts: Vec<usize>,
    /// Also learn from random weights, on the labels alone.
    #[arg(long)]
    pub(crate) from_random: bool,
    /// Also leave each class out of the labels in turn, to see whether unknown defects are still caught.
    #[arg(long)]
    pub(crate) leave_out: bool,
    #[command(flatten)]
    pub(crate) fine_tuning: FineTuning,
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
pub(crate) struct Views {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The PNG file to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Seed of what is drawn; as the line says unless said.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
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
