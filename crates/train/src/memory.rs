//! How many parts the device computes at once, so that a step stays within the memory that it may take.
//!
//! A batch that does not fit is computed in shares whose gradients are summed. The step is then that of the whole batch
//! but for two things: batch norm takes its statistics from each share, and the negatives of SimCLR come from the share
//! alone. MoCo's come from its queue, so it is what [`Method::Auto`](crate::Method::Auto) takes then. Before that,
//! activations are computed again on the way back instead of kept, which changes nothing but the time. Weights, moments and
//! prepared parts are not counted: they do not grow with the batch.

use std::ops::Range;

use sightline_core::{PictureSize, Tiles};
use sightline_model::{ModelError, NetworkConfig};

use crate::PretrainConfig;
use crate::batches::Drawer;

/// With a single part batch norm has no statistics and SimCLR no negative.
const FEWEST_AT_ONCE: usize = 2;

/// How a step stays within its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Parts that a device computes at once, at most its share of the batch.
    pub(crate) at_once: usize,
    /// Whether activations are computed again instead of kept.
    pub(crate) recompute: bool,
}

/// The plan for this many devices, each with the memory that was set.
pub(crate) fn plan(network: &NetworkConfig, drawer: &Drawer<'_>, devices: usize) -> Plan {
    let config = drawer.config;
    let share = drawer.batch_size().div_ceil(devices.max(1)).max(FEWEST_AT_ONCE);
    let bytes = bytes_per_part(network, drawer);
    let kept = parts_that_fit(config.memory_mib, bytes, share);
    if kept == share && !config.recompute {
        return Plan { at_once: share, recompute: false };
    }
    Plan { at_once: parts_that_fit(config.memory_mib, bytes * RECOMPUTED, share), recompute: true }
}

/// Parts that fit, at most `most`, so that shares of one size come out: 8 parts of which 6 fit are computed as 4 and 4.
fn parts_that_fit(memory_mib: usize, bytes_per_part: f64, most: usize) -> usize {
    let room = (memory_mib as f64 * 1024.0 * 1024.0) / bytes_per_part.max(1.0);
    let fit = (room as usize).clamp(FEWEST_AT_ONCE, most);
    most.div_ceil(most.div_ceil(fit))
}

/// Bytes of activations and gradients for a part of a batch.
fn bytes_per_part(network: &NetworkConfig, drawer: &Drawer<'_>) -> f64 {
    let config = drawer.config;
    let pixels = |size: PictureSize| f64::from(size.width) * f64::from(size.height);
    let asks = |term: fn(crate::stages::Weights) -> f32| config.any_stage(|weights| term(weights) > 0.0);
    let views = asks(|weights| weights.contrastive + weights.dense);
    let mut each = 0.0;
    if views {
        each += 2.0 * pixels(drawer.view_size());
    }
    if asks(|weights| weights.synthetic) {
        each += pixels(drawer.drawn_size());
    }
    each * bytes_per_pixel(network)
}

/// Of a batch, how many parts fit into this much memory, when each brings this many pixels.
pub(crate) fn fitting(network: &NetworkConfig, pixels_each: f64, memory_mib: usize, batch: usize) -> usize {
    parts_that_fit(memory_mib, pixels_each * bytes_per_pixel(network), batch.max(FEWEST_AT_ONCE))
}

/// Sides of tiles, the best first. Larger ones teach nothing more about a defect of a few dozen pixels and take their
/// time.
const TILE_SIDES: [u32; 5] = [512, 384, 256, 192, 128];

/// The largest tiles of which two parts fit into the memory that a step may take.
pub(crate) fn fitting_tiles(network: &NetworkConfig, config: &PretrainConfig) -> Tiles {
    let room = config.memory_mib as f64 * 1024.0 * 1024.0;
    let asked = f64::from(config.drawn_share).powi(2) + 2.0 * f64::from(config.view_share).powi(2);
    let fits = |side: &u32| FEWEST_AT_ONCE as f64 * asked * f64::from(*side).powi(2) * bytes_per_pixel(network) <= room;
    Tiles::of_side(TILE_SIDES.into_iter().find(fits).unwrap_or(Tiles::SMALLEST))
}

/// Bytes of activations and gradients for a pixel of a picture while training.
///
/// Measured on the CPU as the growth of the process's peak memory from batch to batch (4, 8 and 16 parts of 256 × 256
/// with views of 96 × 96, ResNet-18, head 32): 19 MiB a part at width 24, 29 MiB at width 48; this says 19 and 29. Other
/// devices and encoders may keep more: then the device says so and [`with_less_at_once`] halves.
fn bytes_per_pixel(network: &NetworkConfig) -> f64 {
    4.0 * (BASE + PER_WIDTH * network.encoder.channels()[0] as f64 + PER_HEAD * network.head as f64)
}

/// Share of these bytes that is needed where activations are computed again. Measured like them, from 8 to 16 parts of
/// 256 × 256 at width 24: 17 MiB a part kept, 11 computed again (`cargo bench --bench step -- memory`).
const RECOMPUTED: f64 = 0.7;

/// Values for a pixel, whatever the width.
const BASE: f64 = 8.0;
/// Values for a pixel and a channel of the encoder's first layer.
const PER_WIDTH: f64 = 1.35;
/// Values for a pixel and a channel of the per-pixel head.
const PER_HEAD: f64 = 0.6;

/// A batch in as few nearly equal shares of at most `at_once` parts as can be, none below [`FEWEST_AT_ONCE`].
pub(crate) fn shares(batch: usize, at_once: usize) -> impl Iterator<Item = Range<usize>> {
    let count = batch.div_ceil(at_once.max(1)).min(batch / FEWEST_AT_ONCE).max(1);
    (0..count).map(move |share| share * batch / count..(share + 1) * batch / count)
}

/// Does a step's work with `at_once` parts, and with half as many whenever the device has not enough memory for it.
///
/// # Errors
/// What the work says, when that is something else or there is nothing left to halve.
pub(crate) fn with_less_at_once<T>(
    at_once: &mut usize,
    mut work: impl FnMut(usize) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    loop {
        match work(*at_once) {
            Err(error) if is_out_of_memory(&error) && *at_once > FEWEST_AT_ONCE => {
                *at_once = (*at_once / 2).max(FEWEST_AT_ONCE);
            }
            outcome => return outcome,
        }
    }
}

/// Whether a device failed for want of memory. Each driver says so in its own words.
fn is_out_of_memory(error: &ModelError) -> bool {
    let ModelError::Device { detail, .. } = error else { return false };
    let said = detail.to_lowercase();
    ["out of memory", "outofmemory", "out_of_memory", "not enough memory", "memory exhausted", "allocation failed"]
        .iter()
        .any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_the_batch_and_none_is_a_single_part() {
        let check = |batch: usize, at_once: usize, expected: &[usize]| {
            let found: Vec<Range<usize>> = shares(batch, at_once).collect();
            assert_eq!(found.iter().map(ExactSizeIterator::len).collect::<Vec<_>>(), expected, "{batch} by {at_once}");
            assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start) && found[0].start == 0);
        };
        check(8, 8, &[8]);
        check(8, 100, &[8]);
        check(8, 6, &[4, 4]);
        check(7, 2, &[2, 2, 3]);
        check(3, 2, &[3]);
        check(2, 1, &[2]);
    }

    #[test]
    fn large_parts_are_shown_in_tiles_that_fit_into_memory() {
        let check = |memory_mib: usize, tile: Option<usize>, size: (u32, u32), expected: Option<u32>| {
            let mut config = crate::LearnConfig { tile, ..crate::LearnConfig::new(crate::Effort::Standard) };
            config.pretrain.memory_mib = memory_mib;
            let tiles = config.tiles(PictureSize { width: size.0, height: size.1 }, 1);
            assert_eq!(tiles.map(|tiles| tiles.side), expected, "{memory_mib} MiB, {tile:?}, {size:?}");
        };
        check(8192, None, (1024, 768), None);
        check(8192, None, (5120, 4096), Some(512));
        check(8192, None, (1056, 64), Some(512));
        check(100, None, (5120, 4096), Some(384));
        check(1, None, (5120, 4096), Some(64));
        check(8192, Some(0), (5120, 4096), None);
        check(8192, Some(200), (256, 256), Some(192));
        check(8192, Some(256), (256, 256), None);
    }

    fn failed(detail: &str) -> ModelError {
        ModelError::Device { device: "gpu:0".to_owned(), step: "a training step", detail: detail.to_owned() }
    }

    #[test]
    fn want_of_memory_is_told_from_other_failures() {
        assert!(is_out_of_memory(&failed("CUDA_ERROR_OUT_OF_MEMORY: out of memory")));
        assert!(is_out_of_memory(&failed("wgpu error: Out of Memory")));
        assert!(!is_out_of_memory(&failed("device lost")));
    }

    #[test]
    fn a_step_that_does_not_fit_is_tried_with_half_as_many_parts() {
        let run = |fits: usize, detail: &str| {
            let (mut at_once, mut tried) = (20, Vec::new());
            let outcome = with_less_at_once(&mut at_once, |parts| {
                tried.push(parts);
                if parts <= fits { Ok(parts) } else { Err(failed(detail)) }
            });
            assert_eq!(tried.last(), Some(&at_once), "the next step starts with what fitted");
            (outcome.ok(), tried)
        };
        assert_eq!(run(20, "out of memory"), (Some(20), vec![20]));
        assert_eq!(run(6, "out of memory"), (Some(5), vec![20, 10, 5]));
        assert_eq!(run(1, "out of memory"), (None, vec![20, 10, 5, 2]));
        assert_eq!(run(6, "device lost"), (None, vec![20]));
    }
}
