//! Cells of the good parts → what the memory bank compares with.

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{LearnStage, PictureSize};
use sightline_image::{Input, Preprocess};
use sightline_model::{BankValues, CELL, Good, ReadyNetwork, Reduction};

use crate::coreset::{Points, greedy_k_centre};
use crate::gaussian::{dimensions_that_fit, gaussian_of_each_place, one_gaussian, places};
use crate::pace::Pace;
use crate::reduction::learn_reduction;
use crate::{BankKind, LearnConfig, TrainError};

/// Pictures that are encoded at once.
pub(crate) const BATCH: usize = 8;

/// Pixels from one of the bank's cells to the next.
const STRIDE: usize = 2 * CELL;

/// Rows and columns of the bank's cells that a picture of so many pixels reaches.
pub(crate) fn seen_cells(height: usize, width: usize) -> [usize; 2] {
    [height.div_ceil(STRIDE), width.div_ceil(STRIDE)]
}

/// Encodes the parts, reduces their cells and keeps a coreset of them, or their Gaussians.
pub(crate) fn collect_bank(
    network: &ReadyNetwork,
    parts: &[Input],
    preprocess: &Preprocess,
    config: &LearnConfig,
    pace: &mut Pace<'_>,
) -> Result<BankValues, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0x6261_6e6b);
    let candidates = candidates(network, parts, preprocess, config, &mut rng, pace)?;
    let dimensions = network.dimensions();
    match config.bank_kind {
        BankKind::Coreset => {
            let reduction = learn_reduction(&candidates, dimensions, config.bank_projection, config)?;
            let reduced = reduction.apply(&candidates);
            drop(candidates);
            let rows = keep(&reduced, &reduction, parts.len().div_ceil(BATCH), config, &mut rng, pace)?;
            Ok(BankValues { reduction, good: Good::Coreset { rows } })
        }
        BankKind::Gaussian => {
            let per_place = config.bank_place_weight > 0.0;
            if per_place && preprocess.tiles.is_some() {
                let value = "a Gaussian for each place".to_owned();
                let allowed = "one Gaussian, or a coreset, where parts are judged in tiles";
                return Err(TrainError::Setting { name: "bank", value, allowed });
            }
            let places = if per_place { places(preprocess) } else { 1 };
            let features = dimensions.saturating_sub(sightline_model::PLACE);
            let wanted = if config.bank_projection > 0 { config.bank_projection.min(features) } else { features };
            let fit = dimensions_that_fit(config.bank_mib << 20, places, wanted);
            if fit == 0 {
                let value = config.bank_mib.to_string();
                let allowed = "more, or the judged size smaller: not one dimension at each place fits";
                return Err(TrainError::Setting { name: "bank MiB", value, allowed });
            }
            let reduction = learn_reduction(&candidates, dimensions, fit, config)?;
            let good = match per_place {
                true => gaussian_of_each_place(network, parts, preprocess, &reduction, pace)?,
                false => one_gaussian(&reduction.apply(&candidates), &reduction)?,
            };
            let total = 2 * parts.len().div_ceil(BATCH);
            pace.report(LearnStage::Bank, total, total, None)?;
            Ok(BankValues { reduction, good })
        }
    }
}

/// Cells that are learned from; each part gives the same number of them, so that no part is forgotten.
fn candidates(
    network: &ReadyNetwork,
    parts: &[Input],
    preprocess: &Preprocess,
    config: &LearnConfig,
    rng: &mut ChaCha8Rng,
    pace: &mut Pace<'_>,
) -> Result<Vec<f32>, TrainError> {
    let batches = parts.len().div_ceil(BATCH);
    let share = (config.bank_candidates / parts.len().max(1)).max(1);
    let mut candidates = Vec::new();
    for (done, batch) in parts.chunks(BATCH).enumerate() {
        let chosen: Vec<Vec<usize>> = batch.iter().map(|part| choose(part, share, preprocess, rng)).collect();
        candidates.extend(network.cells_at(batch, &chosen)?.into_iter().flatten());
        pace.report(LearnStage::Bank, done + 1, 2 * batches, None)?;
    }
    Ok(candidates)
}

/// A coreset of reduced cells, within the cap.
fn keep(
    reduced: &[f32],
    reduction: &Reduction,
    batches: usize,
    config: &LearnConfig,
    rng: &mut ChaCha8Rng,
    pace: &mut Pace<'_>,
) -> Result<Vec<f32>, TrainError> {
    let points = Points { values: reduced, dimensions: reduction.reduced() };
    let bytes = (config.bank_mib << 20).saturating_sub(4 * reduction.matrix.len());
    let cap = (bytes / (4 * points.dimensions.max(1))).clamp(1, config.bank_cells).min(points.count());
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
    match cancelled {
        Some(error) => Err(error),
        None => Ok(kept.iter().flat_map(|&index| points.row(index).iter().copied()).collect()),
    }
}

/// Up to `share` cells of a part that are judged, counted row by row on the judged size.
fn choose(part: &Input, share: usize, preprocess: &Preprocess, rng: &mut ChaCha8Rng) -> Vec<usize> {
    // Cells beside a picture that keeps its shape show nothing.
    let (rows, columns) = (part.height.div_ceil(STRIDE), part.width.div_ceil(STRIDE));
    let judged = preprocess.judged(PictureSize { width: columns as u32, height: rows as u32 });
    let open: Vec<usize> = match judged {
        Some(judged) => (0..rows * columns).filter(|&cell| judged[cell]).collect(),
        None => (0..rows * columns).collect(),
    };
    let mut chosen: Vec<usize> =
        sample(rng, open.len(), share.min(open.len())).into_iter().map(|index| open[index]).collect();
    chosen.sort_unstable();
    let across = preprocess.size.width as usize / STRIDE;
    chosen.into_iter().map(|cell| cell / columns * across + cell % columns).collect()
}

#[cfg(test)]
mod tests;
