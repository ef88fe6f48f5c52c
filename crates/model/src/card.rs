//! What stands in front of the weights: the recipe, how the model was made, and how it decides.

use serde::{Deserialize, Serialize};
use sightline_core::{
    Calibration, CalibrationError, Channels, Fit, Outline, PictureSize, Poses, Recipe, Region, Tiles, Variation,
    promise,
};
use sightline_image::{Alignment, Normalise, NormaliseError, Preprocess};

use crate::encoder::StartReport;
use crate::{BankCard, Fusion, KnownCard, ModelError, NetworkConfig, Places};

/// The readable part of a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// What is judged and what is promised.
    pub recipe: RecipeCard,
    /// Shape of the network.
    pub network: NetworkConfig,
    /// Brightness of good parts.
    pub normalise: NormaliseCard,
    /// What parts are aligned to, when they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<AlignmentCard>,
    /// Parts are looked at in all the ways that the recipe says they may lie.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_ways: bool,
    /// What is usual at each place of a part.
    pub places: Places,
    /// How the branches are fused.
    pub fusion: Fusion,
    /// Scores of held-out good parts.
    pub calibration: CalibrationCard,
    /// Dimensions of the memory bank's cells, as the network gives them.
    pub bank_dimensions: usize,
    /// What was learned from labels; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownCard>,
    /// What is done to them, and what they are compared with.
    #[serde(default, skip_serializing_if = "BankCard::is_plain")]
    pub bank: BankCard,
    /// What made this model.
    pub made: Made,
}

/// A [`Recipe`] as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeCard {
    /// Name shown to people.
    pub name: String,
    /// Judged size, pixels.
    pub width: u32,
    /// Judged size, pixels.
    pub height: u32,
    /// Judged pixels for a pixel of the picture, where pictures keep their shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_shape_scale: Option<f32>,
    /// The tiles that the network is shown, where it is not shown the picture whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<TilesCard>,
    /// Whether colour is judged.
    pub colour: bool,
    /// What is looked at.
    pub region: RegionCard,
    /// What is never judged.
    #[serde(default)]
    pub ignore: Vec<RegionCard>,
    /// The same, of any shape: corners of each area, x and y in fractions of the picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_outlines: Vec<Vec<(f32, f32)>>,
    /// Parts are aligned to the card's reference.
    #[serde(default, skip_serializing_if = "is_false")]
    pub align: bool,
    /// Good parts may lie turned by quarter turns.
    pub may_turn: bool,
    /// Good parts may lie mirrored.
    pub may_flip: bool,
    /// How else good parts may differ; as on a new line without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationCard>,
    /// α of the promise.
    pub false_reject_limit: f64,
    /// 1−δ of the promise.
    pub confidence: f64,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// An [`Alignment`] as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlignmentCard {
    /// Size of the reference, pixels.
    pub width: u32,
    /// Size of the reference, pixels.
    pub height: u32,
    /// Its brightness, row by row.
    pub reference: Vec<u8>,
    /// How like it a part must be.
    pub needed: f32,
}

/// [`Tiles`] as they are written down, in judged pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see `Tiles`")]
pub struct TilesCard {
    pub side: u32,
    pub overlap: u32,
}

/// A [`Variation`] as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see `Variation`")]
pub struct VariationCard {
    pub shift: f32,
    pub brightness: f32,
    pub contrast: f32,
    pub gradient: f32,
}

/// A [`Region`] as it is written down, in fractions of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "four edges of a rectangle")]
pub struct RegionCard {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// Mean and standard deviation of each channel over the good parts, and what is looked at beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormaliseCard {
    /// A value for each channel, brightness 0..=1.
    pub mean: Vec<f32>,
    /// A value for each channel, brightness 0..=1.
    pub std: Vec<f32>,
    /// Side of the square that local contrast compares with, in pixels of the judged size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_window: Option<usize>,
}

/// A [`Calibration`] as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationCard {
    /// Scores of good parts that no stage of learning saw, smallest first.
    pub scores: Vec<f64>,
}

/// Everything that is needed to make the same model again. No clock: the same run makes the same file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Sightline's version.
    pub version: String,
    /// Burn's version.
    pub burn: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// The training configuration.
    pub config: serde_json::Value,
    /// What the encoder began with, when not at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartReport>,
    /// BLAKE3 over names and contents of the good parts, in hex.
    pub data_hash: String,
    /// Good parts that the network and the bank learned from.
    pub parts_learned: usize,
    /// Good parts that the branches were standardised on.
    pub parts_standardised: usize,
    /// Good parts that the limit was set on.
    pub parts_calibrated: usize,
    /// The device that trained.
    pub device: String,
    /// Mean training loss over the last tenth of the steps.
    pub final_loss: f64,
}

impl NormaliseCard {
    /// Planes of an input that is normalised so.
    pub(crate) fn planes(&self) -> usize {
        self.mean.len() * if self.local_window.is_some() { 2 } else { 1 }
    }
}

impl From<&Recipe> for RecipeCard {
    fn from(recipe: &Recipe) -> Self {
        Self {
            name: recipe.name.clone(),
            width: recipe.input.width,
            height: recipe.input.height,
            keep_shape_scale: match recipe.fit {
                Fit::Fill => None,
                Fit::Keep { scale } => Some(scale),
            },
            tiles: recipe.tiles.map(|Tiles { side, overlap }| TilesCard { side, overlap }),
            colour: recipe.channels == Channels::Rgb,
            region: recipe.region.into(),
            ignore: recipe.ignore.iter().copied().map(Into::into).collect(),
            ignore_outlines: recipe.ignore_outlines.iter().map(|outline| outline.corners.clone()).collect(),
            align: recipe.align,
            variation: (recipe.variation != Variation::default()).then(|| recipe.variation.into()),
            may_turn: recipe.poses.may_turn,
            may_flip: recipe.poses.may_flip,
            false_reject_limit: recipe.false_reject_limit,
            confidence: recipe.confidence,
        }
    }
}

impl From<&RecipeCard> for Recipe {
    fn from(card: &RecipeCard) -> Self {
        Self {
            name: card.name.clone(),
            input: PictureSize { width: card.width, height: card.height },
            fit: card.keep_shape_scale.map_or(Fit::Fill, |scale| Fit::Keep { scale }),
            tiles: card.tiles.map(|TilesCard { side, overlap }| Tiles { side, overlap }),
            channels: if card.colour { Channels::Rgb } else { Channels::Grey },
            region: card.region.into(),
            ignore: card.ignore.iter().copied().map(Into::into).collect(),
            ignore_outlines: card.ignore_outlines.iter().map(|corners| Outline { corners: corners.clone() }).collect(),
            align: card.align,
            poses: Poses { may_turn: card.may_turn, may_flip: card.may_flip },
            variation: card.variation.map_or_else(Variation::default, Into::into),
            false_reject_limit: card.false_reject_limit,
            confidence: card.confidence,
        }
    }
}

impl From<Variation> for VariationCard {
    fn from(v: Variation) -> Self {
        Self { shift: v.shift, brightness: v.brightness, contrast: v.contrast, gradient: v.gradient }
    }
}

impl From<VariationCard> for Variation {
    fn from(v: VariationCard) -> Self {
        Self { shift: v.shift, brightness: v.brightness, contrast: v.contrast, gradient: v.gradient }
    }
}

impl From<Region> for RegionCard {
    fn from(r: Region) -> Self {
        Self { left: r.left, top: r.top, right: r.right, bottom: r.bottom }
    }
}

impl From<RegionCard> for Region {
    fn from(r: RegionCard) -> Self {
        Self { left: r.left, top: r.top, right: r.right, bottom: r.bottom }
    }
}

impl From<&Alignment> for AlignmentCard {
    fn from(alignment: &Alignment) -> Self {
        let PictureSize { width, height } = alignment.size();
        Self { width, height, reference: alignment.reference().to_vec(), needed: alignment.needed() }
    }
}

impl ModelCard {
    /// How brightness is standardised, checked.
    ///
    /// # Errors
    /// When a value cannot be used.
    pub fn normalise(&self) -> Result<Normalise, NormaliseError> {
        let NormaliseCard { mean, std, local_window } = &self.normalise;
        Ok(Normalise::new(mean.clone(), std.clone())?.with_local_contrast(*local_window))
    }

    /// How pictures are prepared, with the reference that parts are aligned to.
    ///
    /// # Errors
    /// When parts are to be aligned, and the reference is missing or none.
    pub fn preprocess(&self) -> Result<Preprocess, ModelError> {
        let preprocess = Preprocess::from(&Recipe::from(&self.recipe));
        let alignment = self.alignment.as_ref().and_then(|AlignmentCard { width, height, reference, needed }| {
            Alignment::kept(PictureSize { width: *width, height: *height }, reference.clone(), *needed)
        });
        match preprocess.align && alignment.is_none() {
            true => {
                let detail = "parts are to be aligned, but it has no reference".to_owned();
                Err(ModelError::Damaged { what: "model card", detail })
            }
            false => Ok(preprocess.with_alignment(alignment)),
        }
    }

    /// The calibration, checked.
    ///
    /// # Errors
    /// When the card's scores or promise are not valid.
    pub fn calibration(&self) -> Result<Calibration, CalibrationError> {
        Calibration::new(self.calibration.scores.clone(), self.recipe.false_reject_limit, self.recipe.confidence)
    }

    /// How many more good parts the line needs before anything can be promised; 0 when a promise stands.
    pub fn parts_missing(&self) -> usize {
        if self.calibration().is_ok_and(|calibration| calibration.promise().is_some()) {
            return 0;
        }
        let made = &self.made;
        let there = made.parts_learned + made.parts_standardised + made.parts_calibrated;
        let needed = promise::good_parts_needed(self.recipe.false_reject_limit, self.recipe.confidence);
        needed.saturating_sub(there).max(1)
    }
}
