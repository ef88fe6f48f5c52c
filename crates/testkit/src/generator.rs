//! The generator: part number `index` of a seed is always the same picture, good or with a defect of a kind.

use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::Rng;

use crate::defect::{Defect, DefectKind};
use crate::mark::Mark;
use crate::noise::{Purpose, stream};
use crate::shade::{expose, shade};
use crate::surface::{Spot, Surface};
use crate::variation::Variation;

/// The smallest picture side: below it a stroke of the mark is thinner than half a pixel.
pub const MIN_SIZE: u32 = 64;
/// A pixel belongs to the mask when a colour changed by at least so many levels of 255.
const CHANGED_LEVELS: u8 = 4;
/// Fewer changed pixels than this could be taken for noise even by a patient eye; the defect is drawn stronger.
const MIN_CHANGED_PIXELS: usize = 4;
const SEVERITY_STEP: f32 = 0.12;
/// Parts of the stream are numbered from here, so that the line never feeds a part that it learned from.
const STREAM_START: u64 = 1 << 32;

/// Draws parts of one seed as square pictures of one size.
#[derive(Debug, Clone)]
pub struct PartGenerator {
    seed: u64,
    size: u32,
    mark: Mark,
}

/// A part with a defect and the exact place of it.
#[derive(Debug, Clone)]
pub struct Defective {
    /// The part. Outside the mask it equals the good part of the same index, byte for byte.
    pub picture: RgbImage,
    /// 255 where the defect changed the picture by at least 4 levels, 0 elsewhere.
    pub mask: GrayImage,
    /// What the defect is.
    pub kind: DefectKind,
    /// From 0 (barely visible) to 1 (gross).
    pub severity: f32,
}

/// A part as the line delivers it.
#[derive(Debug, Clone)]
pub struct StreamPart {
    /// The part.
    pub picture: RgbImage,
    /// The defect on it; none when it is good.
    pub truth: Option<DefectKind>,
}

impl PartGenerator {
    /// A generator of pictures `size` by `size` pixels; a size below [`MIN_SIZE`] is raised to it.
    pub fn new(seed: u64, size: u32) -> Self {
        Self { seed, size: size.max(MIN_SIZE), mark: Mark::new() }
    }

    /// The side of the pictures in pixels.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Good part number `index`.
    pub fn good(&self, index: u64) -> RgbImage {
        self.render(index, None).0
    }

    /// Part number `index` with a defect; its severity and place depend on seed, index and kind.
    pub fn defective(&self, index: u64, kind: DefectKind) -> Defective {
        let mut rng = stream(self.seed, index, Purpose::Defect, kind as u64);
        let mut severity: f32 = rng.random_range(0.1..=1.0);
        loop {
            let defect = Defect::draw(kind, severity, &self.mark, &mut rng);
            let (picture, mask) = self.render(index, Some(&defect));
            let changed = mask.pixels().filter(|pixel| pixel.0[0] != 0).count();
            // A defect of full severity is always seen somewhere, so this ends.
            if changed >= MIN_CHANGED_PIXELS {
                return Defective { picture, mask, kind, severity };
            }
            severity = (severity + SEVERITY_STEP).min(1.0);
        }
    }

    /// Part number `index` of the line: defective with probability `defect_rate`, each kind alike.
    pub fn stream_part(&self, index: u64, defect_rate: f64) -> StreamPart {
        let mut rng = stream(self.seed, index, Purpose::Stream, 0);
        // Both are drawn whatever the rate is, so that a kind does not depend on it.
        let (chance, kind) = (rng.random::<f64>(), rng.random_range(0..DefectKind::ALL.len()));
        let truth = if chance < defect_rate { DefectKind::ALL.get(kind).copied() } else { None };
        let index = STREAM_START.wrapping_add(index);
        let picture = match truth {
            Some(kind) => self.defective(index, kind).picture,
            None => self.good(index),
        };
        StreamPart { picture, truth }
    }

    fn render(&self, index: u64, defect: Option<&Defect>) -> (RgbImage, GrayImage) {
        let part = Variation::draw(self.seed, index, self.size);
        let pixel = 2.0 / self.size as f32;
        let mut mask = GrayImage::new(self.size, self.size);
        let picture = RgbImage::from_fn(self.size, self.size, |x, y| {
            let in_picture = [(x as f32 + 0.5) * pixel - 1.0, (y as f32 + 0.5) * pixel - 1.0];
            let spot = Spot::new(part.in_part(in_picture), pixel);
            let sound = Surface::sound(&spot, &part, &self.mark);
            let good = expose(shade(&sound, &spot, &part), &part, (x, y));
            let Some(surface) = defect.and_then(|defect| defect.touch(&spot, &sound, &self.mark)) else {
                return Rgb(good);
            };
            // The same noise falls on both, so every difference is the defect's. What is too faint to count is undone:
            // the mask is exact in both directions.
            let bad = expose(shade(&surface, &spot, &part), &part, (x, y));
            if good.iter().zip(bad).all(|(good, bad)| good.abs_diff(bad) < CHANGED_LEVELS) {
                return Rgb(good);
            }
            mask.put_pixel(x, y, Luma([255]));
            Rgb(bad)
        });
        (picture, mask)
    }
}

#[cfg(test)]
mod tests;
