//! Defects: each is drawn once for a part from a seeded stream, with a severity, and then changes the surface wherever
//! it reaches. One file a kind.

mod chipped_edge;
mod knurl_damage;
mod misprint;
mod pit;
mod scratch;
mod stain;

use rand_chacha::ChaCha8Rng;

use crate::mark::Mark;
use crate::surface::{Spot, Surface};

/// The kinds of defects that the sample line makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefectKind {
    /// A fine line cut into the face.
    Scratch,
    /// One to three small craters.
    Pit,
    /// A soft discoloured patch.
    Stain,
    /// Material broken off the outer edge or the bore's edge.
    ChippedEdge,
    /// A stroke of the mark missing, faded or smeared.
    Misprint,
    /// Teeth of the knurl pressed flat.
    KnurlDamage,
}

impl DefectKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Scratch, Self::Pit, Self::Stain, Self::ChippedEdge, Self::Misprint, Self::KnurlDamage];

    /// The kind's folder name in a dataset.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scratch => "scratch",
            Self::Pit => "pit",
            Self::Stain => "stain",
            Self::ChippedEdge => "chipped_edge",
            Self::Misprint => "misprint",
            Self::KnurlDamage => "knurl_damage",
        }
    }
}

/// One defect on one part.
#[derive(Debug, Clone)]
pub(crate) enum Defect {
    Scratch(scratch::Scratch),
    Pit(pit::Pits),
    Stain(stain::Stain),
    ChippedEdge(chipped_edge::Chip),
    Misprint(misprint::Misprint),
    KnurlDamage(knurl_damage::Dent),
}

impl Defect {
    /// Draws a defect of a kind; `severity` in 0..=1 goes from barely visible to gross.
    pub(crate) fn draw(kind: DefectKind, severity: f32, mark: &Mark, rng: &mut ChaCha8Rng) -> Self {
        match kind {
            DefectKind::Scratch => Self::Scratch(scratch::Scratch::draw(severity, rng)),
            DefectKind::Pit => Self::Pit(pit::Pits::draw(severity, rng)),
            DefectKind::Stain => Self::Stain(stain::Stain::draw(severity, rng)),
            DefectKind::ChippedEdge => Self::ChippedEdge(chipped_edge::Chip::draw(severity, rng)),
            DefectKind::Misprint => Self::Misprint(misprint::Misprint::draw(severity, mark, rng)),
            DefectKind::KnurlDamage => Self::KnurlDamage(knurl_damage::Dent::draw(severity, rng)),
        }
    }

    /// The surface at a spot with the defect on it; none where the defect does not reach.
    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface, mark: &Mark) -> Option<Surface> {
        match self {
            Self::Scratch(scratch) => scratch.touch(spot, sound),
            Self::Pit(pits) => pits.touch(spot, sound),
            Self::Stain(stain) => stain.touch(spot, sound),
            Self::ChippedEdge(chip) => chip.touch(spot, sound),
            Self::Misprint(misprint) => misprint.touch(spot, sound, mark),
            Self::KnurlDamage(dent) => dent.touch(spot, sound),
        }
    }
}
