//! Shifting and scaling inputs so that good parts have mean 0 and deviation 1 in each channel, as encoders expect, and
//! the local contrast of each channel beside it where the lamp may change.

use std::borrow::Borrow;

use crate::Input;
use crate::local_contrast::local_contrast;

/// Below this deviation a channel carries nothing, and dividing by it would only blow up noise.
const SMALLEST_DEVIATION: f64 = 1e-3;

/// Mean and standard deviation of each channel, learnt from good parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalise {
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Side of the square that local contrast compares with, in pixels; none leaves local contrast out.
    local_window: Option<usize>,
}

/// Why a normalisation cannot be made or applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NormaliseError {
    /// There was no input to learn from.
    #[error("there is no input to learn the normalisation from")]
    Empty,
    /// Channels of two sides differ.
    #[error("the normalisation has {expected} channels, but {found} were given")]
    Channels {
        /// Channels of the normalisation.
        expected: usize,
        /// Channels of the other side.
        found: usize,
    },
    /// A value that nothing can be divided by, or that is not a number.
    #[error("channel {channel} has mean {mean} and deviation {std}, which cannot be used")]
    Unusable {
        /// Which channel, from 0.
        channel: usize,
        /// Its mean.
        mean: f32,
        /// Its standard deviation.
        std: f32,
    },
}

impl Normalise {
    /// A normalisation from stored values, one of each a channel.
    ///
    /// # Errors
    /// When the lengths differ, there is no channel, a value is not finite or a deviation is not above 0.
    pub fn new(mean: Vec<f32>, std: Vec<f32>) -> Result<Self, NormaliseError> {
        if mean.is_empty() {
            return Err(NormaliseError::Empty);
        }
        if mean.len() != std.len() {
            return Err(NormaliseError::Channels { expected: mean.len(), found: std.len() });
        }
        for (channel, (&mean, &std)) in mean.iter().zip(&std).enumerate() {
            if !(mean.is_finite() && std.is_finite() && std > 0.0) {
                return Err(NormaliseError::Unusable { channel, mean, std });
            }
        }
        Ok(Self { mean, std, local_window: None })
    }

    /// Learns from good parts. Inputs may be made one at a time: none is kept.
    ///
    /// # Errors
    /// When there is no input, they differ in channels, or hold values that are not finite.
    pub fn learn<I: Borrow<Input>>(inputs: impl IntoIterator<Item = I>) -> Result<Self, NormaliseError> {
        let mut sums: Vec<Sums> = Vec::new();
        for input in inputs {
            let input = input.borrow();
            if sums.is_empty() {
                sums.resize_with(input.channels, Sums::default);
            }
            if sums.len() != input.channels {
                return Err(NormaliseError::Channels { expected: sums.len(), found: input.channels });
            }
            for (sum, plane) in sums.iter_mut().zip(input.planes()) {
                sum.add(plane);
            }
        }
        Self::new(sums.iter().map(Sums::mean).collect(), sums.iter().map(Sums::deviation).collect())
    }

    /// Mean of each channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Standard deviation of each channel.
    pub fn std(&self) -> &[f32] {
        &self.std
    }

    /// The same, with the local contrast of each channel over squares of this side as further planes.
    pub fn with_local_contrast(self, window: Option<usize>) -> Self {
        Self { local_window: window, ..self }
    }

    /// Side of the square that local contrast compares with, when it is looked at.
    pub fn local_window(&self) -> Option<usize> {
        self.local_window
    }

    /// Planes of an input that this was applied to.
    pub fn planes(&self) -> usize {
        self.mean.len() * if self.local_window.is_some() { 2 } else { 1 }
    }

    /// An input in its own brightness again, without local contrast.
    pub fn undone(&self, input: &Input) -> Input {
        let scaled = |(plane, (mean, std)): (&[f32], (&f32, &f32))| -> Vec<f32> {
            plane.iter().map(|value| value * std + mean).collect()
        };
        let planes = input.planes().zip(self.mean.iter().zip(&self.std));
        Input { channels: self.mean.len().min(input.channels), values: planes.flat_map(scaled).collect(), ..*input }
    }

    /// `(value − mean) / std` in each channel, in place; behind them a plane of local contrast for each, when asked for.
    ///
    /// # Errors
    /// When the input has another number of channels; it is left as it was.
    pub fn apply(&self, input: &mut Input) -> Result<(), NormaliseError> {
        if input.channels != self.mean.len() {
            return Err(NormaliseError::Channels { expected: self.mean.len(), found: input.channels });
        }
        let plane = (input.height * input.width).max(1);
        let contrast: Vec<f32> = match self.local_window {
            Some(window) => input.planes().flat_map(|plane| local_contrast(plane, input.width, window)).collect(),
            None => Vec::new(),
        };
        for (values, (mean, std)) in input.values.chunks_exact_mut(plane).zip(self.mean.iter().zip(&self.std)) {
            for value in values {
                *value = (*value - mean) / std;
            }
        }
        input.values.extend(contrast);
        input.channels = self.planes();
        Ok(())
    }
}

/// Running sums of one channel in `f64`, where billions of values in 0..=1 lose nothing that matters.
#[derive(Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, values: &[f32]) {
        self.count += values.len() as f64;
        for value in values.iter().copied().map(f64::from) {
            self.sum += value;
            self.squares += value * value;
        }
    }

    fn mean(&self) -> f32 {
        (self.sum / self.count) as f32
    }

    fn deviation(&self) -> f32 {
        let mean = self.sum / self.count;
        (self.squares / self.count - mean * mean).max(0.0).sqrt().max(SMALLEST_DEVIATION) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(channels: usize, values: &[f32]) -> Input {
        Input { channels, height: 1, width: values.len() / channels, values: values.to_vec() }
    }

    #[test]
    fn learnt_from_parts_it_gives_them_mean_0_and_deviation_1() {
        let mut parts = vec![input(2, &[0.1, 0.3, 0.5, 0.5]), input(2, &[0.5, 0.7, 0.9, 0.9])];
        let normalise = Normalise::learn(&parts).unwrap();
        assert!((normalise.mean()[0] - 0.4).abs() < 1e-6 && (normalise.mean()[1] - 0.7).abs() < 1e-6, "{normalise:?}");
        assert!((normalise.std()[0] - 0.05_f32.sqrt()).abs() < 1e-6, "{normalise:?}");
        parts.iter_mut().for_each(|part| normalise.apply(part).unwrap());
        assert_eq!(parts[0].values[2..], [-1.0, -1.0]);
        assert!((parts[1].values[1] - 0.3 / 0.05_f32.sqrt()).abs() < 1e-5, "{parts:?}");
    }

    #[test]
    fn a_flat_channel_does_not_blow_up() {
        let mut part = input(1, &[0.5; 16]);
        Normalise::learn([&part]).unwrap().apply(&mut part).unwrap();
        assert_eq!(part.values, [0.0; 16]);
    }

    #[test]
    fn local_contrast_stands_behind_the_channels() {
        let mut part = input(2, &[0.2, 0.4, 0.2, 0.6, 0.6, 0.6]);
        let normalise = Normalise::new(vec![0.2, 0.6], vec![0.1, 0.1]).unwrap().with_local_contrast(Some(3));
        normalise.apply(&mut part).unwrap();
        assert_eq!((part.channels, normalise.planes(), part.values.len()), (4, 4, 12));
        let rounded: Vec<f32> = part.values[..6].iter().map(|v| v.round()).collect();
        assert_eq!(rounded, [0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        assert!(part.values[7] > 1.0 && part.values[6] < -0.5, "{part:?}");
        assert!(part.values[9..].iter().all(|v| v.abs() < 1e-6), "{part:?}");
        assert!(normalise.apply(&mut part).is_err(), "twice is once too often");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Normalise::learn(Vec::<Input>::new()), Err(NormaliseError::Empty));
        assert!(matches!(
            Normalise::learn([input(1, &[0.5]), input(2, &[0.5, 0.5])]),
            Err(NormaliseError::Channels { expected: 1, found: 2 })
        ));
        assert!(matches!(Normalise::learn([input(1, &[f32::NAN])]), Err(NormaliseError::Unusable { .. })));
        assert!(matches!(Normalise::new(vec![0.0], vec![0.0]), Err(NormaliseError::Unusable { channel: 0, .. })));
        assert!(matches!(Normalise::new(vec![0.0], vec![]), Err(NormaliseError::Channels { .. })));
        let grey = Normalise::new(vec![0.5], vec![0.1]).unwrap();
        assert!(grey.apply(&mut input(3, &[0.5; 3])).is_err());
    }
}
