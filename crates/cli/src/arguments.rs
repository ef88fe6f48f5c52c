//! What can be said on the command line.

mod bank;
mod labels;
mod similar;
mod teach;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sightline_app::{Corners, Effort, RecipeSettings, RegionCard};

pub(crate) use bank::BankArguments;
pub(crate) use similar::Similar;
pub(crate) use teach::Teach;

use crate::tuning::Tuning;

pub(crate) use labels::{
    AddClass, Class, ClassCommand, ExportLabels, ImportLabels, Label, LabelCommand, ListClasses, ListLabels,
    RuleOfClass, SetLabel, UndoLabel,
};

/// Learns good parts from pictures and flags every bad one.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 fine, 1 failure, 2 usage, 3 a part was rejected or unreadable (inspect), or a known part came out wrong (check)."
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
    /// Show what the names of the files in the watched folder tell, and set how they are read.
    Arrivals(Arrivals),
    /// Judge known good and bad parts and say whether all came out right.
    Check(Check),
    /// Let another model of the line judge beside the live one, and compare the two.
    Shadow(Shadow),
    /// Find the pictures that look most like a picture, or like a region of it.
    Similar(Similar),
    /// Say which parts to label next, which labels to check, and which labelled pictures are as good as the same.
    Teach(Teach),
    /// Learn on a labelled data set and measure how good the result is.
    Evaluate(Evaluate),
    /// Measure on a labelled data set what labels are worth: detection against the number of labelled defects.
    LabelCurve(Box<Curve>),
    /// Try temperatures and strengths of augmentation, by how well drawn defects are told on held-out good parts.
    Sweep(Sweep),
    /// Draw a contact sheet: good parts as learning may show them to the network, and defects drawn onto them.
    Views(Views),
    /// Write a model as a bundle for another line, or its network as an ONNX file for other programs.
    Export(Export),
    /// Labels: say what parts are, take over and write label files.
    Label(Label),
    /// Kinds of defects and their rules.
    Class(Class),
    /// Learn from the line's labels; the result judges when it is no worse than the live model on held-out parts.
    Retrain(Retrain),
    /// List the line's models: which one judges, which did not pass its trial. Or take one over from a bundle.
    Models(Models),
    /// Let another model of the line judge; one that did not pass its trial is refused.
    Promote(Promote),
    /// Let the model judge again that judged before.
    Rollback(Rollback),
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
pub(crate) struct Shadow {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The model that is to judge beside the live one, by the beginning of its id.
    #[arg(long, conflicts_with = "off")]
    pub(crate) model: Option<String>,
    /// No model judges beside the live one any more.
    #[arg(long)]
    pub(crate) off: bool,
    /// As JSON.
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
pub(crate) struct Retrain {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    #[command(flatten)]
    pub(crate) fine_tuning: FineTuning,
    /// CPU threads; all unless said.
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// As a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Models {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// A bundle whose model the line takes over; it judges when it is promoted.
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) import: Option<PathBuf>,
    /// As a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Promote {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The model's id, or how it begins.
    pub(crate) model: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Folder of the line.
    pub(crate) line: PathBuf,
}

/// Single settings of learning from labels that overrule the effort's.
#[derive(Debug, Args)]
pub(crate) struct FineTuning {
    /// Optimiser steps on labels.
    #[arg(long)]
    pub(crate) tune_steps: Option<usize>,
    /// Parts in a step, half of them labelled.
    #[arg(long)]
    pub(crate) tune_batch: Option<usize>,
    /// Peak learning rate of the heads.
    #[arg(long)]
    pub(crate) tune_rate: Option<f64>,
    /// The encoder's learning rate as a share of the heads'.
    #[arg(long)]
    pub(crate) tune_encoder_rate: Option<f64>,
    /// Share of the steps in which the heads learn alone.
    #[arg(long)]
    pub(crate) tune_heads_first: Option<f64>,
    /// Share of the good half that gets synthetic defects drawn onto it.
    #[arg(long)]
    pub(crate) tune_drawn_share: Option<f64>,
    /// Share of the good half that gets labelled defects pasted onto it.
    #[arg(long)]
    pub(crate) tune_pasted_share: Option<f64>,
    /// Share of the false rejects that the known evidence may cause; the novel evidence gets the rest.
    #[arg(long)]
    pub(crate) known_share: Option<f64>,
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

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The ONNX file to write: the network alone, for other programs.
    #[arg(long, required_unless_present = "bundle")]
    pub(crate) out: Option<PathBuf>,
    /// The bundle to write: all of the model, for another line.
    #[arg(long)]
    pub(crate) bundle: Option<PathBuf>,
    /// Which model, by its id or how that begins; the live one unless said.
    #[arg(long)]
    pub(crate) model: Option<String>,
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

/// What of a picture is judged, and what may differ on a good part.
#[derive(Debug, Args)]
pub(crate) struct RecipeArguments {
    /// The rectangle that is looked at, in fractions of the picture, as in `0.1,0,0.9,1`; the whole picture unless said.
    #[arg(long, value_name = "LEFT,TOP,RIGHT,BOTTOM", value_parser = region)]
    pub(crate) region: Option<RegionCard>,
    /// An area that is never judged, by its corners in fractions of the picture, as in `"0,0 0.2,0 0,0.2"`; repeated for
    /// several.
    #[arg(long, value_name = "X,Y X,Y X,Y …", value_parser = corners)]
    pub(crate) ignore: Vec<Area>,
    /// Align parts to a reference made of good parts, turned by up to 10° and shifted by up to 15 % of the picture; a part
    /// that cannot be aligned is not judged, and counts as unreadable.
    #[arg(long)]
    pub(crate) align: bool,
    /// Largest shift of a good part as a share of the picture's side, 0 to 0.25.
    #[arg(long)]
    pub(crate) shift: Option<f32>,
    /// Largest change of brightness that is normal, where white is 1: 0 to 0.5, 0.1 unless said.
    #[arg(long)]
    pub(crate) brightness: Option<f32>,
    /// Largest relative change of contrast that is normal: 0 to 0.8, 0.2 unless said.
    #[arg(long)]
    pub(crate) contrast: Option<f32>,
    /// Largest relative change of brightness from the middle to the edge that is normal, for light from one side: 0 to
    /// 0.8.
    #[arg(long)]
    pub(crate) gradient: Option<f32>,
}

/// Corners of an area. A type of its own: to the parser of arguments a bare list is several values.
#[derive(Debug, Clone)]
pub(crate) struct Area(Corners);

impl RecipeArguments {
    pub(crate) fn settings(&self) -> RecipeSettings {
        RecipeSettings {
            region: self.region,
            ignore: self.ignore.iter().map(|area| area.0.clone()).collect(),
            align: self.align,
            shift: self.shift,
            brightness: self.brightness,
            contrast: self.contrast,
            gradient: self.gradient,
        }
    }
}

/// `left,top,right,bottom`
fn region(said: &str) -> Result<RegionCard, String> {
    match numbers(said)?[..] {
        [left, top, right, bottom] => Ok(RegionCard { left, top, right, bottom }),
        _ => Err("four numbers are needed: left, top, right, bottom".to_owned()),
    }
}

/// `x,y x,y x,y`
fn corners(said: &str) -> Result<Area, String> {
    let corner = |said: &str| match numbers(said)?[..] {
        [x, y] => Ok([x, y]),
        _ => Err("each corner is two numbers: x, y".to_owned()),
    };
    said.split_whitespace().map(corner).collect::<Result<_, _>>().map(Area)
}

fn numbers(said: &str) -> Result<Vec<f32>, String> {
    said.split(',').map(|number| number.trim().parse::<f32>().map_err(|error| format!("{number:?}: {error}"))).collect()
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
