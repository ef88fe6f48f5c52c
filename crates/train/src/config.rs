//! Every setting of a learning run, with defaults. The configuration is kept inside the model it made.

mod bank;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sightline_core::{PictureSize, Poses, Recipe, Tiles};
use sightline_image::ViewPolicy;
use sightline_model::NetworkConfig;
use sightline_model::encoder::{EncoderConfig, ResNetConfig, VitConfig};

use crate::memory::fitting_tiles;
use crate::{Precision, Stage, TrainError};
pub use bank::{BankKind, BankWhiten};

/// How much time a run may take, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// A first model within minutes on two CPU cores.
    Quick,
    /// The default: tens of minutes on two CPU cores.
    Standard,
    /// For a GPU or a night.
    Thorough,
}

/// What turns pictures into features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderKind {
    /// 18 layers of convolutions: the default, and the fastest.
    #[default]
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

impl EncoderKind {
    /// Whether it is a vision transformer, for which a width says nothing.
    pub fn is_vit(self) -> bool {
        matches!(self, Self::VitTiny | Self::VitSmall)
    }
}

/// Where a picture's negatives come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The batch itself (SimCLR, arXiv 2002.05709).
    SimClr,
    /// MoCo where memory is so small that a batch is computed in shares, else SimCLR.
    Auto,
    /// A queue of keys from earlier batches (MoCo, arXiv 1911.05722): many negatives at a small batch.
    MoCo,
}

/// Settings of contrastive pretraining with synthetic defects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PretrainConfig {
    /// Optimiser steps.
    pub steps: usize,
    /// Good parts in a step. The contrastive term sees each in two views, the synthetic term once.
    pub batch: usize,
    /// Peak learning rate of AdamW, after a warm-up over a twentieth of the steps and before a cosine decay to zero.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// How the contrastive term gets its negatives.
    pub method: Method,
    /// τ of the contrastive losses, 0.05..=0.5.
    pub temperature: f32,
    /// Keys that MoCo's queue holds.
    pub queue: usize,
    /// Momentum of MoCo's key encoder at the start; it rises to 1 along half a cosine.
    pub momentum: f64,
    /// Weight of the contrastive term; 0 leaves it out.
    pub contrastive_weight: f32,
    /// Weight of the dense term; 0 leaves it out.
    pub dense_weight: f32,
    /// Weight of the synthetic-defect term; 0 leaves it out.
    pub synthetic_weight: f32,
    /// Stages one after another; none is one stage with the weights above.
    pub stages: Vec<Stage>,
    /// Side of a contrastive view as a share of the judged size.
    pub view_share: f32,
    /// Side of the synthetic term's pictures as a share of the judged size; below 1 they are random pieces of parts.
    pub drawn_share: f32,
    /// Share of the synthetic batch that stays without a defect.
    pub clean_share: f32,
    /// Decay of the moving average of the weights that the run ends with; 0 takes the last weights.
    pub ema: f64,
    /// Memory for activations in MiB. A batch that does not fit is computed in shares.
    pub memory_mib: usize,
    /// Steps from one checkpoint to the next, where a run keeps any.
    pub checkpoint_every: usize,
    /// In which precision steps are computed.
    #[serde(default)]
    pub precision: Precision,
    /// Whether activations are computed again on the way back instead of kept: less memory, more time, the same
    /// gradients. Without it that is done where a batch would not fit otherwise.
    #[serde(default)]
    pub recompute: bool,
}

/// Peak learning rate for a vision transformer. On the generated data set its features collapsed within 170 steps at the
/// rate that suits convolutions, and at half of this one the loss fell more slowly.
const VIT_LEARNING_RATE: f64 = 1e-3;

/// Longest judged side that is shown whole unless a tile is asked for.
const LARGEST_WHOLE: u32 = 1024;

/// Settings of a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnConfig {
    /// Seed of every random draw: split, weights, batches, views, defects, coreset.
    pub seed: u64,
    /// The encoder.
    #[serde(default)]
    pub encoder: EncoderKind,
    /// Weights that the encoder starts with, in a `.safetensors`, `.pth` or `.pt` file; at random without. Where the file
    /// lies makes no other model, so it is not written down: the model's card has the file's hash.
    #[serde(skip)]
    pub start_weights: Option<PathBuf>,
    /// Channels of the first layer of a ResNet; 64 in the papers. A vision transformer has no such setting.
    pub width: usize,
    /// Dimensions that the contrastive term compares.
    pub projection: usize,
    /// Channels inside the per-pixel head.
    pub head: usize,
    /// Side of the square, in judged pixels, whose brightness local contrast is measured against; it is shown to the
    /// network beside the brightness itself. 0 leaves it out.
    pub local_contrast: usize,
    /// Side of the tiles that a part is shown in, in judged pixels. 0 shows it whole; without, parts with a judged side
    /// above 1024 pixels are shown in tiles as large as memory and time allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tile: Option<usize>,
    /// Pretraining.
    pub pretrain: PretrainConfig,
    /// What the memory bank remembers.
    #[serde(default)]
    pub bank_kind: BankKind,
    /// How features are made comparable for it.
    #[serde(default)]
    pub bank_whiten: BankWhiten,
    /// Dimensions that the features are projected to at random for it; 0 keeps all of them.
    #[serde(default)]
    pub bank_projection: usize,
    /// Hard cap of the memory bank in MiB. Gaussians are projected to as many dimensions as fit.
    pub bank_mib: usize,
    /// Largest number of cells that the memory bank keeps.
    pub bank_cells: usize,
    /// Cells that the coreset chooses from; more are thinned by a seeded draw.
    pub bank_candidates: usize,
    /// How much a cell's place counts in the memory bank: half a picture aside is this / 2 standard deviations of one
    /// feature. 0 compares with cells from everywhere, for textures; large values suit parts that always lie alike.
    /// Gaussians stand at each place for any value above 0; in tiles they cannot.
    pub bank_place_weight: f32,
    /// Weight of the memory bank in the fused score, beside 1 for the synthetic-defect head.
    pub bank_weight: f64,
    /// Memory for prepared good parts in MiB, of which more are thinned by a seeded draw; as much again for labelled ones.
    pub samples_mib: usize,
    /// How much views change crop, light and noise, as a factor on the usual ranges.
    pub augmentation: f32,
    /// Judges parts in all the ways that the recipe says they may lie, and takes the mean: two or four times the time.
    #[serde(default)]
    pub all_ways: bool,
    /// Parts have a grain: they were ground, brushed, rolled or drawn. What interrupts it counts, too.
    #[serde(default)]
    pub grain: bool,
}

impl LearnConfig {
    /// Defaults for an effort.
    pub fn new(effort: Effort) -> Self {
        let (steps, batch, width) = match effort {
            Effort::Quick => (300, 6, 16),
            Effort::Standard => (600, 8, 24),
            Effort::Thorough => (6000, 32, 64),
        };
        Self {
            seed: 1,
            encoder: EncoderKind::default(),
            start_weights: None,
            width,
            projection: 64,
            head: 32,
            local_contrast: 0,
            tile: None,
            pretrain: PretrainConfig {
                steps,
                batch,
                learning_rate: 3e-3,
                weight_decay: 1e-4,
                method: Method::Auto,
                temperature: 0.2,
                queue: 1024,
                momentum: 0.99,
                contrastive_weight: 0.1,
                dense_weight: 0.0,
                synthetic_weight: 1.0,
                stages: Vec::new(),
                view_share: 0.34,
                drawn_share: 1.0,
                clean_share: 0.25,
                ema: 0.0,
                memory_mib: 8192,
                checkpoint_every: 50,
                precision: Precision::Auto,
                recompute: false,
            },
            bank_kind: BankKind::default(),
            bank_whiten: BankWhiten::default(),
            bank_projection: 0,
            bank_mib: 64,
            bank_cells: 2000,
            bank_candidates: 60_000,
            bank_place_weight: 0.0,
            bank_weight: 0.5,
            samples_mib: 2048,
            augmentation: 1.0,
            all_ways: false,
            grain: false,
        }
    }

    /// The same run with another encoder, at a learning rate that suits it.
    pub fn with_encoder(mut self, encoder: EncoderKind) -> Self {
        if encoder.is_vit() && !self.encoder.is_vit() {
            self.pretrain.learning_rate = VIT_LEARNING_RATE;
        }
        Self { encoder, ..self }
    }

    /// Side of local contrast's square, when it is looked at.
    pub fn local_window(&self) -> Option<usize> {
        (self.local_contrast > 0).then_some(self.local_contrast)
    }

    /// Planes of an input of this many channels: each has its local contrast beside it, when it is looked at.
    pub fn planes(&self, channels: usize) -> usize {
        channels * if self.local_window().is_some() { 2 } else { 1 }
    }

    /// Shape of the network for inputs with this many planes.
    pub fn network(&self, channels: usize) -> NetworkConfig {
        let encoder = match self.encoder {
            EncoderKind::Resnet18 => EncoderConfig::ResNet(ResNetConfig::resnet18(channels, self.width)),
            EncoderKind::Resnet34 => EncoderConfig::ResNet(ResNetConfig::resnet34(channels, self.width)),
            EncoderKind::Resnet50 => EncoderConfig::ResNet(ResNetConfig::resnet50(channels, self.width)),
            EncoderKind::VitTiny => EncoderConfig::Vit(VitConfig::tiny(channels)),
            EncoderKind::VitSmall => EncoderConfig::Vit(VitConfig::small(channels)),
        };
        NetworkConfig { encoder, projection: self.projection, head: self.head }
    }

    /// The tiles that parts of a judged size are shown in; none when they are shown whole.
    pub fn tiles(&self, size: PictureSize, channels: usize) -> Option<Tiles> {
        let longest = size.width.max(size.height);
        let tiles = match self.tile {
            Some(0) => None,
            Some(side) => Some(Tiles::of_side(u32::try_from(side).unwrap_or(u32::MAX))),
            None if longest <= LARGEST_WHOLE => None,
            None => Some(fitting_tiles(&self.network(self.planes(channels)), &self.pretrain)),
        };
        tiles.filter(|tiles| longest > tiles.side)
    }

    /// Changes that still show a good part, under the recipe's poses and variation.
    pub fn views(&self, recipe: &Recipe) -> ViewPolicy {
        let ViewPolicy { smallest_crop, noise, .. } = ViewPolicy::default();
        let (poses, variation, factor) = (recipe.poses, recipe.variation, self.augmentation);
        ViewPolicy {
            smallest_crop: 1.0 - factor * (1.0 - smallest_crop),
            brightness: factor * variation.brightness,
            contrast: factor * variation.contrast,
            noise: factor * noise,
            gradient: factor * variation.gradient,
            shift: variation.shift,
            may_turn: poses.may_turn,
            may_flip: poses.may_flip,
        }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// Names the first setting that is out of range.
    pub fn check(&self) -> Result<(), TrainError> {
        let p = &self.pretrain;
        let in_range = [
            ("width", self.width as f64, (1.0, 1024.0), "1..=1024"),
            ("projection", self.projection as f64, (2.0, 4096.0), "2..=4096"),
            ("head", self.head as f64, (1.0, 1024.0), "1..=1024"),
            ("local contrast", self.local_contrast as f64, (0.0, 1024.0), "0..=1024"),
            ("tile", self.tile.map_or(0.0, |side| side as f64), (0.0, f64::from(Tiles::LARGEST)), "0..=2048"),
            ("steps", p.steps as f64, (1.0, 1e7), "1..=10,000,000"),
            ("batch", p.batch as f64, (2.0, 4096.0), "2..=4096"),
            ("learning rate", p.learning_rate, (1e-8, 1.0), "1e-8..=1"),
            ("temperature", f64::from(p.temperature), (0.05, 0.5), "0.05..=0.5"),
            ("queue", p.queue as f64, (1.0, 1e6), "1..=1,000,000"),
            ("momentum", p.momentum, (0.0, 1.0), "0..=1"),
            ("contrastive weight", f64::from(p.contrastive_weight), (0.0, 100.0), "0..=100"),
            ("dense weight", f64::from(p.dense_weight), (0.0, 100.0), "0..=100"),
            ("synthetic weight", f64::from(p.synthetic_weight), (0.0, 100.0), "0..=100"),
            ("view share", f64::from(p.view_share), (0.1, 1.0), "0.1..=1"),
            ("ema", p.ema, (0.0, 0.99999), "0..=0.99999"),
            ("memory MiB", p.memory_mib as f64, (1.0, 1e7), "1..=10,000,000"),
            ("checkpoint every", p.checkpoint_every as f64, (1.0, 1e7), "1..=10,000,000"),
            ("drawn share", f64::from(p.drawn_share), (0.1, 1.0), "0.1..=1"),
            ("clean share", f64::from(p.clean_share), (0.0, 0.9), "0..=0.9"),
            ("bank projection", self.bank_projection as f64, (0.0, 65_536.0), "0..=65,536"),
            ("bank MiB", self.bank_mib as f64, (1.0, 65_536.0), "1..=65,536"),
            ("bank cells", self.bank_cells as f64, (1.0, 1e6), "1..=1,000,000"),
            ("bank candidates", self.bank_candidates as f64, (1.0, 1e8), "1..=100,000,000"),
            ("bank place weight", f64::from(self.bank_place_weight), (0.0, 1e4), "0..=10,000"),
            ("bank weight", self.bank_weight, (0.0, 100.0), "0..=100"),
            ("augmentation", f64::from(self.augmentation), (0.0, 1.8), "0..=1.8"),
            ("samples MiB", self.samples_mib as f64, (1.0, 1e6), "1..=1,000,000"),
        ];
        for (name, value, (low, high), allowed) in in_range {
            if !(low..=high).contains(&value) {
                return Err(TrainError::Setting { name, value: value.to_string(), allowed });
            }
        }
        p.check_stages()
    }

    /// Checks that parts can be looked at in all the ways that they may lie, where that is asked for.
    ///
    /// # Errors
    /// When they lie one way only, or the memory bank knows places.
    pub(crate) fn check_ways(&self, poses: Poses) -> Result<(), TrainError> {
        let refused = |value: &str, allowed| TrainError::Setting { name: "all ways", value: value.to_owned(), allowed };
        match (self.all_ways, poses == Poses::default(), self.bank_place_weight > 0.0) {
            (true, true, _) => Err(refused("parts that lie one way", "for parts that may turn or flip")),
            (true, _, true) => Err(refused("a bank that knows places", "with a place weight of 0")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
