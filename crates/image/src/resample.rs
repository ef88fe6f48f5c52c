//! Cutting out and scaling in one pass. Shrinking averages over the exact area of each new pixel, so that a scratch one
//! pixel wide gets fainter but never falls between samples; growing is bilinear.
//!
//! Own code, because libraries' box filters weigh whole pixels only, which is uneven at any ratio that is not a whole
//! number, and they need the whole picture in `f32` first where this needs one line of it.

use sightline_core::{Channels, PictureSize};

use crate::{Frame, Pixels};

/// A rectangle of a picture in pixels: left, top, width, height.
pub(crate) type Window = (u32, u32, u32, u32);

/// Planes of `target` size from a part of a frame, with black 0 and white 1. The window must lie inside the frame.
pub(crate) fn resample(frame: &Frame, window: Window, target: PictureSize, channels: Channels) -> Vec<f32> {
    let width = frame.size().width as usize;
    let source_channels = frame.channels().count();
    match frame.pixels() {
        Pixels::Grey8(samples) | Pixels::Rgb8(samples) => {
            Source { samples, width, channels: source_channels, white: 255.0 }.resample(window, target, channels)
        }
        Pixels::Grey16(samples) | Pixels::Rgb16(samples) => {
            Source { samples, width, channels: source_channels, white: 65_535.0 }.resample(window, target, channels)
        }
    }
}

/// A grid of values, row by row, spread over or gathered into another size.
pub(crate) fn resample_grid(values: &[f32], width: u32, height: u32, target: PictureSize) -> Vec<f32> {
    let source = Source { samples: values, width: width as usize, channels: 1, white: 1.0 };
    source.resample((0, 0, width, height), target, Channels::Grey)
}

struct Source<'a, S> {
    samples: &'a [S],
    width: usize,
    channels: usize,
    white: f32,
}

impl<S: Copy + Into<f32>> Source<'_, S> {
    fn resample(&self, window: Window, target: PictureSize, channels: Channels) -> Vec<f32> {
        let (left, top, width, height) = window;
        let (left, top, width) = (left as usize, top as usize, width as usize);
        let plane = target.width as usize * target.height as usize;
        let mut planes = vec![0.0; plane * channels.count()];
        if plane == 0 {
            return planes;
        }
        let columns = taps(width as u32, target.width);
        let mut line = vec![0.0_f32; width * self.channels];
        for (row, tap) in taps(height, target.height).iter().enumerate() {
            // Rows first: each source sample is touched once, in memory order, and only one line is kept.
            line.fill(0.0);
            for (offset, weight) in tap.weights.iter().enumerate() {
                let start = ((top + tap.first + offset) * self.width + left) * self.channels;
                let weight = weight / self.white;
                for (sum, &sample) in line.iter_mut().zip(&self.samples[start..start + width * self.channels]) {
                    *sum += weight * sample.into();
                }
            }
            let mut colours = self.channels;
            if colours == 3 && channels == Channels::Grey {
                fold_to_grey(&mut line, width);
                colours = 1;
            }
            for (channel, plane) in planes.chunks_exact_mut(plane).enumerate() {
                let out = &mut plane[row * columns.len()..(row + 1) * columns.len()];
                gather(&line, colours, channel.min(colours - 1), &columns, out);
            }
        }
        planes
    }
}

/// Brightness as ITU-R BT.601 weighs it, into the first `width` values of the line.
fn fold_to_grey(line: &mut [f32], width: usize) {
    for x in 0..width {
        line[x] = 0.299 * line[3 * x] + 0.587 * line[3 * x + 1] + 0.114 * line[3 * x + 2];
    }
}

fn gather(line: &[f32], stride: usize, channel: usize, columns: &[Tap], out: &mut [f32]) {
    for (value, tap) in out.iter_mut().zip(columns) {
        let samples = line[tap.first * stride + channel..].iter().step_by(stride);
        *value = samples.zip(&tap.weights).map(|(sample, weight)| sample * weight).sum();
    }
}

/// The source samples that make one new sample. Weights sum to 1.
#[derive(Debug, PartialEq)]
struct Tap {
    first: usize,
    weights: Vec<f32>,
}

fn taps(source: u32, target: u32) -> Vec<Tap> {
    let (source, target) = (u64::from(source), u64::from(target));
    (0..target)
        .map(|index| if target < source { area(index, source, target) } else { linear(index, source, target) })
        .collect()
}

/// Overlaps in units of 1/target of a source sample, where all edges are whole numbers: no rounding leaks in.
fn area(index: u64, source: u64, target: u64) -> Tap {
    let (start, end) = (index * source, (index + 1) * source);
    let first = start / target;
    let last = (end - 1) / target;
    let overlap = |sample: u64| end.min((sample + 1) * target) - start.max(sample * target);
    let weights = (first..=last).map(|sample| (overlap(sample) as f64 / source as f64) as f32).collect();
    Tap { first: first as usize, weights }
}

/// Between the two nearest sample centres; the outermost samples reach to the edge.
fn linear(index: u64, source: u64, target: u64) -> Tap {
    let centre = (index as f64 + 0.5) * source as f64 / target as f64 - 0.5;
    let centre = centre.clamp(0.0, (source - 1) as f64);
    let first = centre.floor();
    let share = (centre - first) as f32;
    let weights = if share > 0.0 { vec![1.0 - share, share] } else { vec![1.0] };
    Tap { first: first as usize, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> PictureSize {
        PictureSize { width, height }
    }

    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (index, (f, e)) in found.iter().zip(expected).enumerate() {
            assert!((f - e).abs() < 1e-6, "value {index} is {f}, not {e}: {found:?}");
        }
    }

    #[test]
    fn grids_agree_with_values_worked_out_by_hand() {
        let check = |values: &[f32], from: (u32, u32), to: (u32, u32), expected: &[f32]| {
            assert_close(&resample_grid(values, from.0, from.1, size(to.0, to.1)), expected);
        };
        // Unchanged, halved, and 3 into 2: each new sample is one whole old one and half of the middle one.
        check(&[1.0, 2.0, 3.0, 4.0], (2, 2), (2, 2), &[1.0, 2.0, 3.0, 4.0]);
        check(&[1.0, 2.0, 3.0, 4.0], (4, 1), (2, 1), &[1.5, 3.5]);
        check(&[3.0, 6.0, 9.0], (3, 1), (2, 1), &[4.0, 8.0]);
        check(&[3.0, 6.0, 9.0], (1, 3), (1, 2), &[4.0, 8.0]);
        // 3 × 3 into 2 × 2: weights 4, 2, 2, 1 over 9.
        check(&[9.0, 0.0, 0.0, 0.0, 18.0, 0.0, 0.0, 0.0, 36.0], (3, 3), (2, 2), &[6.0, 2.0, 2.0, 18.0]);
        // Growing: centres of the new samples lie at −0.25, 0.25, 0.75, 1.25 of the old.
        check(&[0.0, 4.0], (2, 1), (4, 1), &[0.0, 1.0, 3.0, 4.0]);
        check(&[5.0], (1, 1), (3, 2), &[5.0; 6]);
        // Shrinking one way while growing the other.
        check(&[0.0, 2.0, 4.0, 6.0], (4, 1), (2, 2), &[1.0, 5.0, 1.0, 5.0]);
    }

    #[test]
    fn a_constant_stays_constant_and_shrinking_keeps_the_mean() {
        for (from, to) in [((640, 480), (224, 224)), ((97, 31), (32, 64)), ((5, 7), (32, 32)), ((33, 33), (32, 1))] {
            let count = (from.0 * from.1) as usize;
            let constant = resample_grid(&vec![0.7; count], from.0, from.1, size(to.0, to.1));
            assert!(constant.iter().all(|v| (v - 0.7).abs() < 1e-5), "{from:?} to {to:?}");
            if to.0 <= from.0 && to.1 <= from.1 {
                let values: Vec<f32> = (0..count).map(|i| ((i * 7919) % 256) as f32 / 255.0).collect();
                let mean = |v: &[f32]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
                let shrunk = resample_grid(&values, from.0, from.1, size(to.0, to.1));
                assert!((mean(&values) - mean(&shrunk)).abs() < 1e-5, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn colours_fold_to_grey_and_grey_fills_three_planes() {
        let colour = Frame::new(size(2, 1), Pixels::Rgb8(vec![255, 0, 0, 0, 255, 255])).unwrap();
        let whole = (0, 0, 2, 1);
        assert_close(&resample(&colour, whole, size(2, 1), Channels::Grey), &[0.299, 0.701]);
        assert_close(&resample(&colour, whole, size(2, 1), Channels::Rgb), &[1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
        let grey = Frame::new(size(2, 1), Pixels::Grey8(vec![0, 51])).unwrap();
        assert_close(&resample(&grey, whole, size(2, 1), Channels::Rgb), &[0.0, 0.2, 0.0, 0.2, 0.0, 0.2]);
    }
}
