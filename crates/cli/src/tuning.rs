//! Single settings of learning on the command line, as `learn`, `evaluate` and `sweep` have them.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, ValueEnum};
use sightline_app::{EncoderKind, LearnConfig, Method, Precision, Stage};

use crate::arguments::{Arguments, BankArguments};

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
    /// Side in pixels of the tiles that parts are shown in, 64 to 2048; 0 shows them whole. Unless said, parts with a side
    /// above 1024 pixels are shown in tiles that the memory limit allows.
    #[arg(long)]
    pub(crate) tile: Option<usize>,
    /// Memory for activations in MiB, on each device. Where a batch does not fit, activations are computed again instead
    /// of kept, and then the batch is computed in shares.
    #[arg(long)]
    pub(crate) memory: Option<usize>,
    /// Compute activations again on the way back instead of keeping them: less memory, more time, the same gradients.
    #[arg(long)]
    pub(crate) recompute: bool,
    /// In which precision training steps are computed; auto takes half precision on GPUs that are right with it.
    #[arg(long, value_enum)]
    pub(crate) precision: Option<PrecisionArgument>,
    /// Steps from one checkpoint to the next.
    #[arg(long)]
    pub(crate) checkpoint_every: Option<usize>,
    /// CPU threads; as the line says, or all, unless said.
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// Side of the synthetic term's pictures as a share of the judged size; below 1 they are pieces of parts.
    #[arg(long)]
    pub(crate) drawn_share: Option<f32>,
    /// Side in pixels of the square that local contrast is measured against; 0 leaves local contrast out.
    #[arg(long)]
    pub(crate) local_contrast: Option<usize>,
    /// Judge parts in all the ways that they may lie (--may-turn, --may-flip), and take the mean: finds more, and takes two
    /// or four times as long.
    #[arg(long)]
    pub(crate) all_ways: bool,
    /// Parts have a grain, since they were ground, brushed, rolled or drawn: what interrupts it counts, too.
    #[arg(long)]
    pub(crate) grain: bool,
    #[command(flatten)]
    pub(crate) bank: BankArguments,
}

impl Tuning {
    /// The configuration with what was said overruled.
    ///
    /// # Errors
    /// Of usage, when what was said does not go together.
    pub(crate) fn apply(&self, mut config: LearnConfig) -> Result<LearnConfig, clap::Error> {
        fn set<T: Copy>(setting: &mut T, said: Option<T>) {
            if let Some(said) = said {
                *setting = said;
            }
        }
        if let Some(encoder) = self.encoder {
            config = config.with_encoder(encoder.into());
        }
        if self.width.is_some() && config.encoder.is_vit() {
            return Err(refused("--width is of a ResNet; the width of a vision transformer is fixed"));
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
        config.pretrain.recompute |= self.recompute;
        set(&mut config.pretrain.precision, self.precision.map(Into::into));
        set(&mut config.pretrain.checkpoint_every, self.checkpoint_every);
        set(&mut config.pretrain.drawn_share, self.drawn_share);
        set(&mut config.local_contrast, self.local_contrast);
        config.all_ways |= self.all_ways;
        config.grain |= self.grain;
        config.tile = self.tile.or(config.tile);
        Ok(self.bank.apply(config))
    }

    /// Refuses what a sweep sets itself, or has no use for.
    ///
    /// # Errors
    /// Of usage, with what to say instead.
    pub(crate) fn check_for_sweep(&self) -> Result<(), clap::Error> {
        for (said, reason) in [
            (
                self.temperature.is_some(),
                "a sweep tries several temperatures: say --temperatures instead of --temperature",
            ),
            (
                self.augmentation.is_some(),
                "a sweep tries several strengths: say --augmentations instead of --augmentation",
            ),
            (
                self.checkpoint_every.is_some(),
                "a sweep keeps finished points, no checkpoints: --checkpoint-every is of no use",
            ),
        ] {
            if said {
                return Err(refused(reason));
            }
        }
        Ok(())
    }
}

/// An error of usage: it is shown as clap shows its own, and ends with the same exit code.
fn refused(reason: &str) -> clap::Error {
    Arguments::command().error(ErrorKind::ArgumentConflict, reason)
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
pub(crate) enum PrecisionArgument {
    /// Half precision on GPUs where the first batch comes out as in single; a CPU computes in single.
    Auto,
    /// Single precision.
    F32,
    /// Half precision with single's exponents.
    Bf16,
    /// Half precision with a small exponent.
    F16,
}

impl From<PrecisionArgument> for Precision {
    fn from(precision: PrecisionArgument) -> Self {
        match precision {
            PrecisionArgument::Auto => Self::Auto,
            PrecisionArgument::F32 => Self::F32,
            PrecisionArgument::Bf16 => Self::Bf16,
            PrecisionArgument::F16 => Self::F16,
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

#[cfg(test)]
mod tests {
    use clap::Parser;
    use sightline_app::Effort;

    use super::*;
    use crate::arguments::Command;

    fn tuning(said: &[&str]) -> Tuning {
        match Arguments::parse_from(["sightline", "sweep", "line"].iter().chain(said)).command {
            Command::Sweep(sweep) => sweep.tuning,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_sweep_refuses_what_its_grid_overrules() {
        assert!(tuning(&["--steps", "9", "--temperatures", "0.1,0.2"]).check_for_sweep().is_ok());
        for said in ["--temperature", "--augmentation", "--checkpoint-every"] {
            let refused = tuning(&[said, "1"]).check_for_sweep().unwrap_err();
            assert!(refused.to_string().contains(said) && refused.exit_code() == 2, "{refused}");
        }
    }

    #[test]
    fn a_width_is_for_a_resnet() {
        let apply = |said: &[&str], config| tuning(said).apply(config);
        let config = LearnConfig::new(Effort::Quick);
        assert_eq!(apply(&["--width", "8"], config.clone()).unwrap().width, 8);
        assert_eq!(apply(&["--encoder", "resnet50", "--width", "8"], config.clone()).unwrap().width, 8);
        let refused = apply(&["--encoder", "vit-tiny", "--width", "8"], config.clone()).unwrap_err();
        assert!(refused.to_string().contains("fixed") && refused.exit_code() == 2, "{refused}");
        assert!(apply(&["--width", "8"], config.with_encoder(EncoderKind::VitSmall)).is_err(), "the line's encoder");
    }
}
