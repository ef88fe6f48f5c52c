//! The memory bank in host memory: distances as matrix products over blocks that fit a core's cache.

use super::gaussian::HostGaussians;
use super::reduce::Reduced;
use super::values::{BankValues, Good, Reduction};
use crate::PLACE;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Cells, and kept cells, of a product: its result takes 256 KiB, which a core's second-level cache holds beside the
/// cells themselves.
pub(super) const BLOCK_CELLS: usize = 128;
const BLOCK_KEPT: usize = 512;

/// Minima that are found side by side, so that a processor can take several at once.
const LANES: usize = 16;

/// A bank in host memory.
#[derive(Debug, Clone)]
pub(super) struct HostBank {
    reduction: Reduction,
    good: HostGood,
}

#[derive(Debug, Clone)]
enum HostGood {
    Coreset(HostCoreset),
    Gaussians(HostGaussians),
}

/// Kept cells.
#[derive(Debug, Clone)]
struct HostCoreset {
    /// `[reduced, kept]`: kept cells lie side by side, as the product reads them.
    columns: Vec<f32>,
    /// `[kept]`: their squared lengths.
    squared: Vec<f32>,
}

/// What one thread works on.
#[derive(Default)]
struct Scratch {
    reduced: Reduced,
    /// `[cells, kept]`: products of a block; or one cell, centred.
    products: Vec<f32>,
}

impl HostBank {
    pub(super) fn new(values: &BankValues) -> Self {
        let (reduction, reduced) = (values.reduction.clone(), values.reduction.reduced());
        let good = match &values.good {
            Good::Coreset { rows } => HostGood::Coreset(HostCoreset::new(rows, reduced)),
            Good::Gaussians { mean, whiten } => {
                HostGood::Gaussians(HostGaussians::new(mean.clone(), whiten.clone(), reduced.saturating_sub(PLACE)))
            }
        };
        Self { reduction, good }
    }

    /// # Shapes
    /// - `cells`: `[cells · dimensions]`, those of one picture
    /// - output: `[cells]`
    pub(super) fn distances(&self, cells: &[f32]) -> Vec<f32> {
        let (dimensions, width) = (self.reduction.dimensions().max(1), self.reduction.reduced());
        let mut found = vec![f32::INFINITY; cells.len() / dimensions];
        found.par_chunks_mut(BLOCK_CELLS).zip(cells.par_chunks(BLOCK_CELLS * dimensions)).enumerate().for_each_init(
            Scratch::default,
            |Scratch { reduced, products }, (block, (found, cells))| {
                let cells = self.reduction.block(cells, reduced);
                match &self.good {
                    HostGood::Coreset(coreset) => coreset.search(cells, width, found, products),
                    HostGood::Gaussians(good) => good.search(cells, width, block * BLOCK_CELLS, found, products),
                }
            },
        );
        found
    }
}

impl HostCoreset {
    fn new(kept: &[f32], reduced: usize) -> Self {
        let rows: Vec<&[f32]> = kept.chunks_exact(reduced.max(1)).collect();
        let columns = (0..reduced).flat_map(|dimension| rows.iter().map(move |row| row[dimension])).collect();
        let squared = rows.iter().map(|row| squared_length(row)).collect();
        Self { columns, squared }
    }

    /// Distances of a block of reduced cells; `found` comes as infinity.
    fn search(&self, cells: &[f32], reduced: usize, found: &mut [f32], products: &mut Vec<f32>) {
        let (count, kept) = (found.len(), self.squared.len());
        let left = MatRef::from_row_major_slice(cells, count, reduced);
        let right = MatRef::from_row_major_slice(&self.columns, reduced, kept);
        products.resize(count * BLOCK_KEPT.min(kept), 0.0);
        for start in (0..kept).step_by(BLOCK_KEPT) {
            let width = BLOCK_KEPT.min(kept - start);
            let product = &mut products[..count * width];
            let target = MatMut::from_row_major_slice_mut(product, count, width);
            matmul(target, Accum::Replace, left, right.subcols(start, width), 1.0, Par::Seq);
            let squared = &self.squared[start..start + width];
            for (found, product) in found.iter_mut().zip(product.chunks_exact(width)) {
                *found = found.min(least(squared, product));
            }
        }
        for (found, cell) in found.iter_mut().zip(cells.chunks_exact(reduced.max(1))) {
            // |q − b|² = |q|² + |b|² − 2 q·b; rounding may take it a hair below zero. What is not a number stays so.
            let squared = *found + squared_length(cell);
            *found = if squared < 0.0 { 0.0 } else { squared.sqrt() };
        }
    }
}

/// The least of |b|² − 2 q·b.
fn least(squared: &[f32], product: &[f32]) -> f32 {
    let smaller = |a: f32, b: f32| if b < a { b } else { a };
    let mut lanes = [f32::INFINITY; LANES];
    let (squares, products) = (squared.as_chunks::<LANES>(), product.as_chunks::<LANES>());
    for (squared, product) in squares.0.iter().zip(products.0) {
        for lane in 0..LANES {
            lanes[lane] = smaller(lanes[lane], squared[lane] - 2.0 * product[lane]);
        }
    }
    let rest = squares.1.iter().zip(products.1).map(|(squared, product)| squared - 2.0 * product);
    lanes.into_iter().chain(rest).fold(f32::INFINITY, smaller)
}

fn squared_length(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane] * chunk[lane];
        }
    }
    lanes.into_iter().sum::<f32>() + rest.iter().map(|value| value * value).sum::<f32>()
}
