//! What a plant says about one kind of part: where its pictures come from, how it may lie, and what is promised.

use crate::{Channels, Outline, PictureSize, Region, Tiles};

/// Poses in which a good part may lie under the camera. They become augmentations in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Poses {
    /// The part may lie turned by quarter turns.
    pub may_turn: bool,
    /// The part may be mirrored.
    pub may_flip: bool,
}

/// What may change from one good part to the next. It becomes augmentation in training, so that it is no defect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// Largest shift of the part, as a share of the picture's side.
    pub shift: f32,
    /// Largest change of brightness, where white is 1.
    pub brightness: f32,
    /// Largest relative change of contrast.
    pub contrast: f32,
    /// Largest relative change of brightness from the middle of the picture to its edge, in any direction: light from one
    /// side.
    pub gradient: f32,
}

impl Variation {
    /// Beyond these nothing would be a defect any more: shift, brightness, contrast, gradient.
    pub const LARGEST: Self = Self { shift: 0.25, brightness: 0.5, contrast: 0.8, gradient: 0.8 };

    /// Whether every range is 0 or above, and none above the largest.
    pub fn is_valid(&self) -> bool {
        let within = |value: f32, largest: f32| (0.0..=largest).contains(&value);
        within(self.shift, Self::LARGEST.shift)
            && within(self.brightness, Self::LARGEST.brightness)
            && within(self.contrast, Self::LARGEST.contrast)
            && within(self.gradient, Self::LARGEST.gradient)
    }
}

impl Default for Variation {
    /// A steady lamp and parts that lie still.
    fn default() -> Self {
        Self { shift: 0.0, brightness: 0.1, contrast: 0.2, gradient: 0.0 }
    }
}

/// How a picture comes to the judged size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fit {
    /// Stretched to it, for a camera whose pictures all have one shape.
    Fill,
    /// Each picture keeps its shape and lies at the upper left; what is left of the judged size is not judged. For
    /// pictures of different shapes: stretched alike, the same scratch would look different on each.
    Keep {
        /// Judged pixels for a pixel of the picture. A picture that would not fit is scaled down further.
        scale: f32,
    },
}

/// Everything that fixes how parts of one kind are seen and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Name shown to people.
    pub name: String,
    /// Size at which parts are judged, after cutting out `region`. Multiples of 32.
    pub input: PictureSize,
    /// How pictures come to that size.
    pub fit: Fit,
    /// The tiles that a network is shown; none shows it pictures of that size whole.
    pub tiles: Option<Tiles>,
    /// Colour channels that are judged.
    pub channels: Channels,
    /// The part of the picture that is looked at.
    pub region: Region,
    /// Areas inside the picture that are never judged.
    pub ignore: Vec<Region>,
    /// Areas of any shape inside the picture that are never judged.
    pub ignore_outlines: Vec<Outline>,
    /// Parts are aligned to a reference, made of good parts, before they are judged.
    pub align: bool,
    /// How good parts may lie.
    pub poses: Poses,
    /// How else they may differ.
    pub variation: Variation,
    /// α: at most this fraction of good parts may be rejected.
    pub false_reject_limit: f64,
    /// 1−δ: how sure the promise is.
    pub confidence: f64,
}

impl Recipe {
    /// A recipe with the defaults of a new line: 1 % false rejects with 95 % confidence, the whole picture.
    pub fn new(name: impl Into<String>, input: PictureSize, channels: Channels) -> Self {
        Self {
            name: name.into(),
            input,
            fit: Fit::Fill,
            tiles: None,
            channels,
            region: Region::WHOLE,
            ignore: Vec::new(),
            ignore_outlines: Vec::new(),
            align: false,
            poses: Poses::default(),
            variation: Variation::default(),
            false_reject_limit: 0.01,
            confidence: 0.95,
        }
    }
}
