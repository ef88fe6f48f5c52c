//! Alignment: a part that lies a little turned or aside is looked at as if it lay like the reference, so that a place can
//! be compared with itself. The turn is searched for, the shift of each turn found by phase correlation, on a small grey
//! picture; what does not look like the reference afterwards is refused, never judged as it lies.

mod correlate;
mod lie;

use std::borrow::Borrow;
use std::fmt;

use sightline_core::{Channels, PictureSize};

use crate::Frame;
use crate::resample::resample;
use crate::screen::fit;
use correlate::Spectrum;
pub use lie::Lie;
pub(crate) use lie::bilinear;

/// Longest side of the pictures that are compared, pixels.
const SIDE: u32 = correlate::SIDE as u32;

/// Largest turn that is looked for, and largest shift as a share of the picture's side.
pub const LARGEST_TURN_DEGREES: f32 = 10.0;
/// See [`LARGEST_TURN_DEGREES`].
pub const LARGEST_SHIFT: f32 = 0.15;

/// Turns are looked for in steps of this, and then around the best in halves of it, so often.
const TURN_STEP_DEGREES: f32 = 1.0;
const HALVINGS: usize = 5;

/// Parts whose mean becomes the reference.
pub const REFERENCE_PARTS: usize = 24;

/// Of the agreement that good parts usually have with the reference, a part must have this share.
const AGREEMENT_SHARE: f32 = 0.75;

/// With less than this the good parts have nothing in common that could be aligned.
const LEAST_AGREEMENT: f32 = 0.5;

/// Why a part is not aligned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AlignError {
    /// It does not look like the reference, however it is laid.
    #[error(
        "the part cannot be aligned: turned by up to {LARGEST_TURN_DEGREES}° and shifted by up to {} % it agrees with \
         the reference to {found:.2} at most, {needed:.2} are needed", 100.0 * LARGEST_SHIFT
    )]
    Unlike {
        /// Correlation of its brightness with the reference's.
        found: f32,
        /// What it must be.
        needed: f32,
    },
    /// It looks like the reference, but lies beyond the range.
    #[error(
        "the part cannot be aligned: it is turned by more than {LARGEST_TURN_DEGREES}° or shifted by more than {} %",
        100.0 * LARGEST_SHIFT
    )]
    TooFar,
    /// Good parts do not look like each other.
    #[error(
        "parts as these cannot be aligned: good ones agree with their mean to {found:.2} only, \
         {LEAST_AGREEMENT} are needed"
    )]
    NothingInCommon {
        /// Median correlation of their brightness with the mean's.
        found: f32,
    },
    /// There is no part to align to.
    #[error("there is no readable good part to align others to")]
    NoReference,
}

/// A reference, and how like it parts must be. Made of good parts once, kept with the model.
#[derive(Clone)]
pub struct Alignment {
    size: PictureSize,
    /// Brightness 0..=1, row by row, in steps of 1/255: as it is kept.
    reference: Vec<u8>,
    needed: f32,
    spectrum: Spectrum,
    window: Vec<f32>,
}

// Thousands of pixels in a failed test help nobody.
impl fmt::Debug for Alignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alignment").field("size", &self.size).field("needed", &self.needed).finish_non_exhaustive()
    }
}

impl PartialEq for Alignment {
    /// What is not compared follows from what is.
    fn eq(&self, other: &Self) -> bool {
        (self.size, &self.reference, self.needed) == (other.size, &other.reference, other.needed)
    }
}

impl Alignment {
    /// From good parts: the first is aligned to by the others, and the mean of all is what parts are aligned to.
    ///
    /// # Errors
    /// When there is none, or they have nothing in common.
    pub fn learn<F: Borrow<Frame>>(parts: impl IntoIterator<Item = F>) -> Result<Self, AlignError> {
        // One at a time: only the small pictures are held.
        let mut parts = parts.into_iter().take(REFERENCE_PARTS);
        let first = parts.next().ok_or(AlignError::NoReference)?;
        let size = fit(first.borrow().size(), SIDE);
        let small: Vec<Vec<f32>> = std::iter::once(first).chain(parts).map(|part| small(part.borrow(), size)).collect();
        let mut alignment = Self::of(size, small[0].clone(), f32::NEG_INFINITY);
        // Twice: the first part's own spots are no part of what parts have in common.
        for _ in 0..2 {
            let mut mean = vec![0.0; small[0].len()];
            for part in &small {
                let (lie, _) = alignment.search(part);
                let laid = lie.straighten(part, size);
                mean.iter_mut().zip(laid).for_each(|(sum, value)| *sum += value / small.len() as f32);
            }
            alignment = Self::of(size, mean, f32::NEG_INFINITY);
        }
        let mut agreements: Vec<f32> = small.iter().map(|part| alignment.search(part).1).collect();
        agreements.sort_by(f32::total_cmp);
        let usual = agreements[agreements.len() / 2];
        // What is not a number is no agreement either.
        let agree = usual >= LEAST_AGREEMENT;
        if !agree {
            return Err(AlignError::NothingInCommon { found: usual });
        }
        Ok(Self { needed: AGREEMENT_SHARE * usual, ..alignment })
    }

    /// From what was kept; none when the pixels are not those of a picture of that size, or the size is none that is kept.
    pub fn kept(size: PictureSize, reference: Vec<u8>, needed: f32) -> Option<Self> {
        let sound = (8..=SIDE).contains(&size.width)
            && (8..=SIDE).contains(&size.height)
            && reference.len() == (size.width * size.height) as usize
            && needed.is_finite();
        sound.then(|| {
            let brightness = reference.iter().map(|&value| f32::from(value) / 255.0).collect();
            Self::of(size, brightness, needed)
        })
    }

    fn of(size: PictureSize, reference: Vec<f32>, needed: f32) -> Self {
        let reference: Vec<u8> = reference.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        let (height, width) = (size.height as usize, size.width as usize);
        let window = hann(height, width);
        let brightness: Vec<f32> = reference.iter().map(|&value| f32::from(value) / 255.0).collect();
        let spectrum = Spectrum::of(&windowed(&brightness, &window), width);
        Self { size, reference, needed, spectrum, window }
    }

    /// Size of the reference.
    pub fn size(&self) -> PictureSize {
        self.size
    }

    /// The reference's pixels, row by row.
    pub fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// How like the reference a part must be: the correlation of their brightness.
    pub fn needed(&self) -> f32 {
        self.needed
    }

    /// How a part lies.
    ///
    /// # Errors
    /// When it is not like the reference in any way that is looked for.
    pub fn find(&self, frame: &Frame) -> Result<Lie, AlignError> {
        let (lie, found) = self.search(&small(frame, self.size));
        // What is not a number is no agreement either.
        let agrees = found >= self.needed;
        if !agrees {
            return Err(AlignError::Unlike { found, needed: self.needed });
        }
        // The best within the range, but at its edge: it would agree better beyond.
        let reach = |share: f32, side: u32| share.abs() * side as f32 >= (LARGEST_SHIFT * side as f32).floor();
        let turned = lie.turn.abs() >= LARGEST_TURN_DEGREES.to_radians() - 1e-5;
        if turned || reach(lie.down, self.size.height) || reach(lie.right, self.size.width) {
            return Err(AlignError::TooFar);
        }
        Ok(lie)
    }

    /// The lie in which a small picture agrees best, and how well.
    fn search(&self, part: &[f32]) -> (Lie, f32) {
        let try_turn = |degrees: f32| {
            let turned = Lie { turn: degrees.to_radians(), down: 0.0, right: 0.0 };
            let straight = windowed(&turned.straighten(part, self.size), &self.window);
            let spectrum = Spectrum::of(&straight, self.size.width as usize);
            let reach = |side: u32| (LARGEST_SHIFT * side as f32) as usize;
            let (down, right) = self.spectrum.shift(&spectrum, (reach(self.size.height), reach(self.size.width)));
            let lie =
                Lie { turn: turned.turn, down: down / self.size.height as f32, right: right / self.size.width as f32 };
            (degrees, lie, self.agreement(&lie.straighten(part, self.size)))
        };
        let steps = (LARGEST_TURN_DEGREES / TURN_STEP_DEGREES) as i32;
        let better = |a: (f32, Lie, f32), b: (f32, Lie, f32)| if b.2 > a.2 { b } else { a };
        let mut best = try_turn(0.0);
        for step in (-steps..=steps).filter(|&step| step != 0) {
            best = better(best, try_turn(step as f32 * TURN_STEP_DEGREES));
        }
        let mut step = TURN_STEP_DEGREES;
        for _ in 0..HALVINGS {
            step *= 0.5;
            let around = [best.0 - step, best.0 + step]
                .map(|degrees| degrees.clamp(-LARGEST_TURN_DEGREES, LARGEST_TURN_DEGREES));
            best = around.into_iter().map(try_turn).fold(best, better);
        }
        (best.1, best.2)
    }

    /// Correlation of brightness with the reference, the middle counting more than the edge, where parts end.
    fn agreement(&self, part: &[f32]) -> f32 {
        let reference = self.reference.iter().map(|&value| f64::from(value) / 255.0);
        let weighed = || part.iter().map(|&value| f64::from(value)).zip(reference.clone()).zip(&self.window);
        let total: f64 = self.window.iter().map(|&weight| f64::from(weight)).sum();
        let (mut a, mut b) = (0.0, 0.0);
        for ((part, reference), &weight) in weighed() {
            (a, b) = (a + f64::from(weight) * part / total, b + f64::from(weight) * reference / total);
        }
        let (mut both, mut own, mut others) = (0.0, 0.0, 0.0);
        for ((part, reference), &weight) in weighed() {
            let (part, reference, weight) = (part - a, reference - b, f64::from(weight));
            both += weight * part * reference;
            own += weight * part * part;
            others += weight * reference * reference;
        }
        // A part without any structure agrees with nothing.
        (both / (own * others).sqrt().max(1e-12)) as f32
    }
}

fn small(frame: &Frame, size: PictureSize) -> Vec<f32> {
    let PictureSize { width, height } = frame.size();
    resample(frame, (0, 0, width, height), size, Channels::Grey)
}

/// Falls to nothing at the edge: the transform takes a picture for one that repeats.
fn hann(height: usize, width: usize) -> Vec<f32> {
    let along =
        |index: usize, length: usize| 0.5 - 0.5 * (std::f32::consts::TAU * (index as f32 + 0.5) / length as f32).cos();
    (0..height).flat_map(|y| (0..width).map(move |x| along(y, height) * along(x, width))).collect()
}

fn windowed(values: &[f32], window: &[f32]) -> Vec<f32> {
    let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
    values.iter().zip(window).map(|(value, weight)| (value - mean) * weight).collect()
}

#[cfg(test)]
mod tests;
