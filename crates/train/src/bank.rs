//! Cells of the good parts → the rows that the memory bank keeps.

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::LearnStage;
use sightline_image::{Input, Preprocess};
use sightline_model::{CELL, PLACE, ReadyNetwork};

use crate::coreset::{Points, greedy_k_centre};
use crate::pace::Pace;
use crate::{LearnConfig, TrainError};

/// Pictures that are encoded at once.
const BATCH: usize = 8;

/// Pixels from one of the bank's cells to the next.
const STRIDE: usize = 2 * CELL;

/// Kept rows and how to standardise new cells.
pub(crate) struct BankRows {
    pub(crate) mean: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) rows: Vec<f32>,
}

/// Encodes the parts, standardises their cells and keeps a coreset of them.
pub(crate) fn collect_bank(
    network: &ReadyNetwork,
    parts: &[Input],
    preprocess: &Preprocess,
    config: &LearnConfig,
    pace: &mut Pace<'_>,
) -> Result<BankRows, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0x6261_6e6b);
    let batches = parts.len().div_ceil(BATCH);
    // Each part gives the same number of candidates, so that no part is forgotten.
    let share = (config.bank_candidates / parts.len().max(1)).max(1);
    let (mut candidates, dimensions) = (Vec::new(), network.dimensions());
    for (done, batch) in parts.chunks(BATCH).enumerate() {
        for (cells, part) in network.cells(batch)?.iter().zip(batch) {
            // Cells beside a picture that keeps its shape show nothing.
            let (rows, columns) = (part.height.div_ceil(STRIDE), part.width.div_ceil(STRIDE));
            let mut chosen = sample(&mut rng, rows * columns, share.min(rows * columns)).into_vec();
            chosen.sort_unstable();
            for cell in chosen {
                let cell = cell / columns * (preprocess.size.width as usize / STRIDE) + cell % columns;
                candidates.extend_from_slice(&cells[cell * dimensions..(cell + 1) * dimensions]);
            }
        }
        pace.report(LearnStage::Bank, done + 1, 2 * batches, None)?;
    }
    let (mean, scale) = standardise(&mut candidates, dimensions, config.bank_place_weight);
    let points = Points { values: &candidates, dimensions };
    let cap = ((config.bank_mib << 20) / (4 * dimensions.max(1))).min(config.bank_cells).min(points.count());
    let start = rng.random_range(0..points.count().max(1));
    let mut cancelled = None;
    let (kept, _) = greedy_k_centre(points, cap, start, |chosen| {
        let done = batches + batches * chosen / cap.max(1);
        match pace.report(LearnStage::Bank, done, 2 * batches, None) {
            Ok(()) => true,
            Err(error) => {
                cancelled = Some(error);
                false
            }
        }
    });
    if let Some(error) = cancelled {
        return Err(error);
    }
    let rows = kept.iter().flat_map(|&index| points.row(index).iter().copied()).collect();
    Ok(BankRows { mean, scale, rows })
}

/// Standardises each dimension in place; gives its mean and 1 / standard deviation. The place, the last dimensions, is
/// weighed instead.
fn standardise(values: &mut [f32], dimensions: usize, place_weight: f32) -> (Vec<f32>, Vec<f32>) {
    let count = (values.len() / dimensions.max(1)).max(1) as f64;
    let (mut sum, mut squares) = (vec![0.0_f64; dimensions], vec![0.0_f64; dimensions]);
    for row in values.chunks_exact(dimensions.max(1)) {
        for (d, &value) in row.iter().enumerate() {
            sum[d] += f64::from(value);
            squares[d] += f64::from(value).powi(2);
        }
    }
    let mean: Vec<f32> = sum.iter().map(|s| (s / count) as f32).collect();
    let mut scale: Vec<f32> = sum
        .iter()
        .zip(&squares)
        .map(|(s, q)| {
            let deviation = (q / count - (s / count).powi(2)).max(0.0).sqrt();
            // A dead channel carries nothing; dividing by its rounding noise would make it the loudest.
            if deviation > 1e-6 { (1.0 / deviation) as f32 } else { 0.0 }
        })
        .collect();
    scale[dimensions.saturating_sub(PLACE)..].fill(place_weight);
    for row in values.chunks_exact_mut(dimensions.max(1)) {
        for (d, value) in row.iter_mut().enumerate() {
            *value = (*value - mean[d]) * scale[d];
        }
    }
    (mean, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardised_cells_have_mean_zero_and_deviation_one_and_dead_channels_are_silent() {
        let mut values = vec![1.0, 5.0, 0.0, 0.5, 3.0, 5.0, 0.5, 0.5, 5.0, 5.0, 1.0, 0.5];
        let (mean, scale) = standardise(&mut values, 4, 8.0);
        assert_eq!(mean[..2], [3.0, 5.0]);
        assert_eq!(scale[1..], [0.0, 8.0, 8.0]);
        assert_eq!(values[10], 4.0, "half a picture to the right, weighed by eight");
        let first: Vec<f32> = values.iter().step_by(4).copied().collect();
        assert!((first.iter().map(|v| v * v).sum::<f32>() / 3.0 - 1.0).abs() < 1e-5);
        assert!(values.iter().skip(1).step_by(4).all(|&v| v == 0.0));
    }
}
