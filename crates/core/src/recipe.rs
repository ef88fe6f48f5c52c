//! What a plant says about one kind of part: where its pictures come from, how it may lie, and what is promised.

use crate::{Channels, PictureSize, Region, Tiles};

/// Poses in which a good part may lie under the camera. They become augmentations in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Poses {
    /// The part may lie turned by quarter turns.
    pub may_turn: bool,
    /// The part may be mirrored.
    pub may_flip: bool,
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
    /// How good parts may lie.
    pub poses: Poses,
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
            poses: Poses::default(),
            false_reject_limit: 0.01,
            confidence: 0.95,
        }
    }
}
