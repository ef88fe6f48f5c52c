//! Cells as the network gives them → cells as the bank compares them, in host memory.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::host::BLOCK_CELLS;
use super::values::Reduction;
use crate::PLACE;

/// A block of cells on its way; kept from block to block.
#[derive(Default)]
pub(super) struct Reduced {
    /// `[cells, dimensions]`, standardised.
    standard: Vec<f32>,
    /// `[cells, reduced]`, where features are mixed.
    mixed: Vec<f32>,
}

impl Reduction {
    /// Cells of any number, reduced.
    ///
    /// # Shapes
    /// - `cells`: `[cells · dimensions]`
    /// - output: `[cells · reduced]`
    pub fn apply(&self, cells: &[f32]) -> Vec<f32> {
        let (dimensions, reduced) = (self.dimensions().max(1), self.reduced());
        let mut found = vec![0.0; cells.len() / dimensions * reduced];
        found
            .par_chunks_mut((BLOCK_CELLS * reduced).max(1))
            .zip(cells.par_chunks(BLOCK_CELLS * dimensions))
            .for_each_init(Reduced::default, |scratch, (found, cells)| {
                found.copy_from_slice(self.block(cells, scratch));
            });
        found
    }

    /// A block of cells, reduced.
    pub(super) fn block<'a>(&self, cells: &[f32], scratch: &'a mut Reduced) -> &'a [f32] {
        let dimensions = self.dimensions().max(1);
        let Reduced { standard, mixed } = scratch;
        standard.clear();
        for cell in cells.chunks_exact(dimensions) {
            let values = cell.iter().zip(&self.mean).zip(&self.scale);
            standard.extend(values.map(|((value, mean), scale)| (value - mean) * scale));
        }
        let Some(width) = self.mixed() else { return standard };
        let (count, reduced, features) = (standard.len() / dimensions, self.reduced(), self.features());
        mixed.resize(count * reduced, 0.0);
        let left = MatRef::from_row_major_slice(standard, count, dimensions).subcols(0, features);
        let right = MatRef::from_row_major_slice(&self.matrix, width, features).transpose();
        let target = MatMut::from_row_major_slice_mut(mixed, count, reduced).subcols_mut(0, width);
        matmul(target, Accum::Replace, left, right, 1.0, Par::Seq);
        for (mixed, standard) in mixed.chunks_exact_mut(reduced).zip(standard.chunks_exact(dimensions)) {
            mixed[width..].copy_from_slice(&standard[dimensions - PLACE..]);
        }
        mixed
    }
}
