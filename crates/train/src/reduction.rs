//! What is done to cells before the memory bank compares them: each feature standardised, all of them whitened,
//! projected to fewer.

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sightline_model::{PLACE, Reduction};

use crate::moments::Moments;
use crate::{BankWhiten, LearnConfig, TrainError};

/// Cells are counted in this many shares, one after another in each: as many on every machine, so that sums are the
/// same bits.
const SHARES: usize = 8;

/// Rows that are counted at once.
const BLOCK: usize = 1024;

/// Learns the reduction from cells of good parts. `project` is the number of dimensions to keep; 0, or as many as there
/// are, keeps all.
pub(crate) fn learn_reduction(
    cells: &[f32],
    dimensions: usize,
    project: usize,
    config: &LearnConfig,
) -> Result<Reduction, TrainError> {
    let (mean, mut scale) = mean_and_scale(cells, dimensions);
    let features = dimensions.saturating_sub(PLACE);
    if config.bank_whiten == BankWhiten::None {
        scale[..features].fill(1.0);
    }
    scale[features..].fill(config.bank_place_weight);
    let mut reduction = Reduction::standardise(mean, scale);
    // [features, features], row by row; only ones on the diagonal where nothing is whitened.
    let whiten = match config.bank_whiten {
        BankWhiten::None | BankWhiten::Standardise => None,
        BankWhiten::Whiten => Some(whitening(cells, &reduction)?),
    };
    let project = (1..features).contains(&project).then_some(project);
    reduction.matrix = match (project, whiten) {
        (None, whiten) => whiten.unwrap_or_default(),
        (Some(rows), None) => sparse_projection(rows, features, config.seed),
        (Some(rows), Some(whiten)) => product(&sparse_projection(rows, features, config.seed), &whiten, features),
    };
    Ok(reduction)
}

/// Mean and 1 / standard deviation of each dimension.
fn mean_and_scale(values: &[f32], dimensions: usize) -> (Vec<f32>, Vec<f32>) {
    let count = (values.len() / dimensions.max(1)).max(1) as f64;
    let (mut sum, mut squares) = (vec![0.0_f64; dimensions], vec![0.0_f64; dimensions]);
    for row in values.chunks_exact(dimensions.max(1)) {
        for (d, &value) in row.iter().enumerate() {
            sum[d] += f64::from(value);
            squares[d] += f64::from(value).powi(2);
        }
    }
    let mean: Vec<f32> = sum.iter().map(|s| (s / count) as f32).collect();
    let scale = sum
        .iter()
        .zip(&squares)
        .map(|(s, q)| {
            let deviation = (q / count - (s / count).powi(2)).max(0.0).sqrt();
            // A dead channel carries nothing; dividing by its rounding noise would make it the loudest.
            if deviation > 1e-6 { (1.0 / deviation) as f32 } else { 0.0 }
        })
        .collect();
    (mean, scale)
}

/// The matrix that whitens standardised features: the inverse Cholesky factor of their covariance. ZCA's and PCA's
/// differ from it by a rotation (arXiv 1512.00809), which changes no distance.
fn whitening(cells: &[f32], standardise: &Reduction) -> Result<Vec<f32>, TrainError> {
    let (dimensions, features) = (standardise.dimensions(), standardise.features());
    let share = (cells.len() / dimensions.max(1)).div_ceil(SHARES).max(1) * dimensions;
    let counted: Vec<Moments> = cells
        .par_chunks(share)
        .map(|share| {
            let mut moments = Moments::new(features);
            for block in share.chunks(BLOCK * dimensions) {
                moments.add(&standardise.apply(block), dimensions);
            }
            moments
        })
        .collect();
    let mut all = Moments::new(features);
    counted.iter().for_each(|share| all.merge(share));
    let whiten = all.whitening().ok_or(TrainError::Covariance)?;
    let rows = (0..features).flat_map(|row| (0..features).map(move |column| (row, column)));
    Ok(rows.map(|(row, column)| if column <= row { whiten[(row, column)] as f32 } else { 0.0 }).collect())
}

/// A sparse random projection (Kane and Nelson, Sparser Johnson-Lindenstrauss transforms, arXiv 1012.1577): each column
/// has √rows entries at random places, of one size with random signs, so that every feature is seen and squared
/// distances are kept on average, whichever direction they lie in. The leading principal directions would be an
/// alternative, but defects show in the trailing ones as well (arXiv 2005.14140), and whitened features have none that
/// lead.
///
/// # Shapes
/// - output: `[rows, columns]`, row by row
fn sparse_projection(rows: usize, columns: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7072_6f6a);
    let entries = (rows as f64).sqrt().ceil() as usize;
    let size = 1.0 / (entries as f32).sqrt();
    let mut matrix = vec![0.0; rows * columns];
    for column in 0..columns {
        for row in sample(&mut rng, rows, entries) {
            matrix[row * columns + column] = if rng.random::<bool>() { size } else { -size };
        }
    }
    matrix
}

/// `[rows, inner] · [inner, inner]`
fn product(left: &[f32], right: &[f32], inner: usize) -> Vec<f32> {
    let rows = left.par_chunks_exact(inner.max(1)).map(|left| {
        let mut sums = vec![0.0_f64; inner];
        for (factor, right) in left.iter().zip(right.chunks_exact(inner.max(1))).filter(|(factor, _)| **factor != 0.0) {
            sums.iter_mut().zip(right).for_each(|(sum, value)| *sum += f64::from(*factor) * f64::from(*value));
        }
        sums.into_iter().map(|sum| sum as f32).collect::<Vec<_>>()
    });
    rows.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests;
