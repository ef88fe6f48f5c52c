//! Cells of good parts → the Gaussians that may stand in the coreset's place (PaDiM, arXiv 2011.08785): one for each
//! place where parts lie alike, else one for all.

use rayon::prelude::*;
use sightline_core::LearnStage;
use sightline_image::{Input, Preprocess};
use sightline_model::{Good, PLACE, ReadyNetwork, Reduction};

use crate::TrainError;
use crate::bank::{BATCH, seen_cells};
use crate::moments::Moments;
use crate::pace::Pace;

/// Cells that a place must have been seen in for a Gaussian of its own; one that fewer parts reach has that of all.
const LEAST_CELLS: f64 = 2.0;

/// Dimensions for which `places` Gaussians fit into so many bytes, with whole covariances, as a GPU holds them. At most
/// `features`; 0 when not even one fits.
pub(crate) fn dimensions_that_fit(bytes: usize, places: usize, features: usize) -> usize {
    let values = bytes / 4 / places.max(1);
    // n² + n values each.
    let largest = ((values as f64 + 0.25).sqrt() - 0.5).floor() as usize;
    largest.min(features)
}

/// One Gaussian over all of these reduced cells.
pub(crate) fn one_gaussian(cells: &[f32], reduction: &Reduction) -> Result<Good, TrainError> {
    let (width, features) = (reduction.reduced(), reduction.reduced().saturating_sub(PLACE));
    let mut moments = Moments::new(features);
    for block in cells.chunks((1024 * width).max(1)) {
        moments.add(block, width);
    }
    gaussians(&[moments])
}

/// A Gaussian for each place. Encodes the parts again instead of keeping all their cells: memory is that of the sums.
pub(crate) fn gaussian_of_each_place(
    network: &ReadyNetwork,
    parts: &[Input],
    preprocess: &Preprocess,
    reduction: &Reduction,
    pace: &mut Pace<'_>,
) -> Result<Good, TrainError> {
    let (width, features) = (reduction.reduced(), reduction.reduced().saturating_sub(PLACE));
    let [_, columns] = seen_cells(preprocess.size.height as usize, preprocess.size.width as usize);
    let mut moments = vec![Moments::new(features); places(preprocess)];
    let batches = parts.len().div_ceil(BATCH);
    for (done, batch) in parts.chunks(BATCH).enumerate() {
        let cells: Vec<Vec<f32>> = network.cells(batch)?.iter().map(|cells| reduction.apply(cells)).collect();
        let seen: Vec<[usize; 2]> = batch.iter().map(|part| seen_cells(part.height, part.width)).collect();
        moments.par_iter_mut().enumerate().for_each(|(place, moments)| {
            let (row, column) = (place / columns.max(1), place % columns.max(1));
            let here = cells.iter().zip(&seen).filter(|(_, [rows, columns])| row < *rows && column < *columns);
            let rows: Vec<f32> =
                here.flat_map(|(cells, _)| &cells[place * width..(place + 1) * width]).copied().collect();
            moments.add(&rows, width);
        });
        pace.report(LearnStage::Bank, batches + done + 1, 2 * batches, None)?;
    }
    gaussians(&moments)
}

/// Places of a map.
pub(crate) fn places(preprocess: &Preprocess) -> usize {
    seen_cells(preprocess.size.height as usize, preprocess.size.width as usize).iter().product()
}

fn gaussians(moments: &[Moments]) -> Result<Good, TrainError> {
    let fit = |moments: &Moments| {
        let whiten = moments.whitening().ok_or(TrainError::Covariance)?;
        let rows = (0..whiten.nrows()).flat_map(|row| (0..=row).map(move |column| (row, column)));
        let whiten: Vec<f32> = rows.map(|(row, column)| whiten[(row, column)] as f32).collect();
        let mean: Vec<f32> = moments.mean().into_iter().map(|mean| mean as f32).collect();
        Ok::<_, TrainError>((mean, whiten))
    };
    let seen_often = |moments: &Moments| moments.count() >= LEAST_CELLS;
    let of_all = if moments.iter().all(seen_often) {
        None
    } else {
        let mut all = Moments::new(moments.first().map_or(0, Moments::dimensions));
        moments.iter().for_each(|moments| all.merge(moments));
        Some(fit(&all)?)
    };
    let each = moments.par_iter().map(|moments| match &of_all {
        Some(of_all) if !seen_often(moments) => Ok(of_all.clone()),
        _ => fit(moments),
    });
    let (mean, whiten): (Vec<Vec<f32>>, Vec<Vec<f32>>) = each.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    Ok(Good::Gaussians { mean: mean.concat(), whiten: whiten.concat() })
}

#[cfg(test)]
mod tests;
