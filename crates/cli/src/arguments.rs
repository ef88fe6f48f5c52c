//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sightline_app::{Effort, EncoderKind, LearnConfig, Method, Stage};

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
    /// Device to use (see `sightline devices`); the best one unless said.
    #[arg(long)]
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
    /// Longest judged side, in pixels.
    #[arg(long, default_value_t = 256)]
    pub(crate) side: u32,
    /// Seed of the split and of learning.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Device to use; the best one unless said.
    #[arg(long)]
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
    /// Device to use; as the line says, or the best one, unless said.
    #[arg(long)]
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

/// Single settings of learning that overrule the effort's.
#[derive(Debug, Args)]
pub(crate) struct Tuning {
    /// Optimiser steps.
    #[arg(long)]
    pub(crate) steps: Option<usize>,
    /// Good parts in a step.
    #[arg(long)]
    pub(crate) batch: Option<usize>,
    /// What turns pictures into features; resnet18 unless said.
    #[arg(long, value_enum)]
    pub(crate) encoder: Option<EncoderArgument>,
    /// Channels of the first layer of a ResNet; 64 is the full one.
    #[arg(long)]
    pub(crate) width: Option<usize>,
    /// Weights of torchvision or timm that the encoder starts with (.safetensors, .pth or .pt); at random unless said.
    /// A ResNet's need the width that they were trained with, mostly `--width 64`.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Peak learning rate.
    #[arg(long)]
    pub(crate) learning_rate: Option<f64>,
    /// Where the contrastive term's negatives come from; auto takes moco where a batch does not fit into memory.
    #[arg(long, value_enum)]
    pub(crate) method: Option<MethodArgument>,
    /// τ of the contrastive losses, 0.05 to 0.5.
    #[arg(long)]
    pub(crate) temperature: Option<f32>,
    /// Keys that MoCo's queue holds.
    #[arg(long)]
    pub(crate) queue: Option<usize>,
    /// Momentum of MoCo's key encoder at the start, 0 to 1; it rises to 1.
    #[arg(long)]
    pub(crate) momentum: Option<f64>,
    /// Weight of the contrastive term; 0 leaves it out.
    #[arg(long)]
    pub(crate) contrastive_weight: Option<f32>,
    /// Weight of the dense term, which compares cells of the views; 0 leaves it out.
    #[arg(long)]
    pub(crate) dense_weight: Option<f32>,
    /// Weight of the synthetic-defect term; 0 leaves it out.
    #[arg(long)]
    pub(crate) synthetic_weight: Option<f32>,
    /// A stage: its share of the steps, then factors on the contrastive, dense and synthetic weight. Repeated for
    /// stages one after another, as in `--stage 1:1:0:0 --stage 3:1:1:1`; one stage of everything unless said.
    #[arg(long = "stage", value_name = "SHARE:CONTRASTIVE:DENSE:SYNTHETIC", value_parser = stage)]
    pub(crate) stages: Vec<Stage>,
    /// Decay of the moving average of the weights that a run ends with; 0 takes the last weights.
    #[arg(long)]
    pub(crate) ema: Option<f64>,
    /// How much views change crop, light and noise, as a factor on the usual ranges; 0 to 1.8.
    #[arg(long)]
    pub(crate) augmentation: Option<f32>,
    /// Memory for activations in MiB. A batch that does not fit is computed in shares.
    #[arg(long)]
    pub(crate) memory: Option<usize>,
    /// Steps from one checkpoint to the next.
    #[arg(long)]
    pub(crate) checkpoint_every: Option<usize>,
    /// CPU threads; all unless said.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// Side of the synthetic term's pictures as a share of the judged size; below 1 they are pieces of parts.
    #[arg(long)]
    pub(crate) drawn_share: Option<f32>,
    /// Side in pixels of the square that local contrast is measured against; 0 leaves local contrast out.
    #[arg(long)]
    pub(crate) local_contrast: Option<usize>,
    /// How much a cell's place counts in the memory bank; 0 for textures.
    #[arg(long)]
    pub(crate) place_weight: Option<f32>,
    /// Weight of the memory bank in the score; the synthetic-defect head has 1.
    #[arg(long)]
    pub(crate) bank_weight: Option<f64>,
}

impl Tuning {
    /// The configuration with what was said overruled.
    pub(crate) fn apply(&self, mut config: LearnConfig) -> LearnConfig {
        fn set<T: Copy>(setting: &mut T, said: Option<T>) {
            if let Some(said) = said {
                *setting = said;
            }
        }
        if let Some(encoder) = self.encoder {
            config = config.with_encoder(encoder.into());
        }
        config.start_weights = self.weights.clone().or(config.start_weights);
        set(&mut config.pretrain.steps, self.steps);
        set(&mut config.pretrain.batch, self.batch);
        set(&mut config.width, self.width);
        set(&mut config.pretrain.learning_rate, self.learning_rate);
        set(&mut config.pretrain.method, self.method.map(Into::into));
        set(&mut config.pretrain.temperature, self.temperature);
        set(&mut config.pretrain.queue, self.queue);
        set(&mut config.pretrain.momentum, self.momentum);
        set(&mut config.pretrain.contrastive_weight, self.contrastive_weight);
        set(&mut config.pretrain.dense_weight, self.dense_weight);
        set(&mut config.pretrain.synthetic_weight, self.synthetic_weight);
        if !self.stages.is_empty() {
            config.pretrain.stages.clone_from(&self.stages);
        }
        set(&mut config.pretrain.ema, self.ema);
        set(&mut config.augmentation, self.augmentation);
        set(&mut config.pretrain.memory_mib, self.memory);
        set(&mut config.pretrain.checkpoint_every, self.checkpoint_every);
        set(&mut config.pretrain.drawn_share, self.drawn_share);
        set(&mut config.local_contrast, self.local_contrast);
        set(&mut config.bank_place_weight, self.place_weight);
        set(&mut config.bank_weight, self.bank_weight);
        config
    }
}

/// `share:contrastive:dense:synthetic`
fn stage(said: &str) -> Result<Stage, String> {
    let numbers: Result<Vec<f32>, _> = said.split(':').map(str::parse).collect();
    match numbers.map_err(|error| error.to_string())?[..] {
        [share, contrastive, dense, synthetic] => Ok(Stage { share, contrastive, dense, synthetic }),
        _ => Err("four numbers are needed: share, contrastive, dense, synthetic".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MethodArgument {
    /// MoCo where a batch does not fit into memory, else SimCLR.
    Auto,
    /// The batch itself.
    Simclr,
    /// A queue of keys from earlier batches.
    Moco,
}

impl From<MethodArgument> for Method {
    fn from(method: MethodArgument) -> Self {
        match method {
            MethodArgument::Auto => Self::Auto,
            MethodArgument::Simclr => Self::SimClr,
            MethodArgument::Moco => Self::MoCo,
        }
    }
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
pub(crate) enum EncoderArgument {
    /// 18 layers of convolutions: the default, and the fastest.
    Resnet18,
    /// 34 layers of convolutions.
    Resnet34,
    /// 50 layers of convolutions, with four times as many features.
    Resnet50,
    /// Attention among patches of 16 pixels, with 192 features.
    VitTiny,
    /// Attention among patches of 16 pixels, with 384 features.
    VitSmall,
}

impl From<EncoderArgument> for EncoderKind {
    fn from(encoder: EncoderArgument) -> Self {
        match encoder {
            EncoderArgument::Resnet18 => Self::Resnet18,
            EncoderArgument::Resnet34 => Self::Resnet34,
            EncoderArgument::Resnet50 => Self::Resnet50,
            EncoderArgument::VitTiny => Self::VitTiny,
            EncoderArgument::VitSmall => Self::VitSmall,
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
