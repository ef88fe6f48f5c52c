//! The dense term (DenseCL, arXiv 2011.09157): what a place of a part looks like is told from other parts' places, so
//! that cells keep the local detail that a scratch is seen by. The paper matches cells by their features; here both
//! views' crops are known, so cells that show the same place are matched by geometry.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use rand::Rng;
use sightline_image::Shown;
use sightline_model::encoder::Stages;
use sightline_model::in_single;

use crate::moco::{Negatives, info_nce};
use crate::nt_xent::normalise;

/// Cells that are compared in each picture of a step: a loss over all of them would be mostly about neighbours.
pub const CELLS: usize = 16;

/// Pixels of a view from one cell to the next.
const STRIDE: usize = 8;

/// Cells of two views of one part that show the same place; `CELLS` pairs, or none where the views do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matches {
    pub(crate) first: Vec<usize>,
    pub(crate) second: Vec<usize>,
}

/// Draws cells of the first view whose centre the second view shows too, and the cells it lies in there.
pub(crate) fn match_cells(first: &Shown, second: &Shown, rng: &mut impl Rng) -> Matches {
    let grid = |shown: &Shown| (shown.size.0 / STRIDE, shown.size.1 / STRIDE);
    let ((rows, columns), (other_rows, other_columns)) = (grid(first), grid(second));
    let centre = |index: usize| (index as f32 + 0.5) * STRIDE as f32;
    let mut pairs: Vec<(usize, usize)> = (0..rows * columns)
        .filter_map(|cell| {
            let place = first.point_in_part((centre(cell / columns), centre(cell % columns)));
            let (y, x) = second.point_in_view(place);
            let (row, column) = ((y / STRIDE as f32).floor(), (x / STRIDE as f32).floor());
            let inside = row >= 0.0 && column >= 0.0 && row < other_rows as f32 && column < other_columns as f32;
            inside.then(|| (cell, row as usize * other_columns + column as usize))
        })
        .collect();
    if pairs.is_empty() {
        return Matches::default();
    }
    for chosen in 0..CELLS.min(pairs.len()) {
        let other = rng.random_range(chosen..pairs.len());
        pairs.swap(chosen, other);
    }
    let drawn = CELLS.min(pairs.len());
    // A small overlap shows its cells more than once, so that every step compares as many.
    let (first, second) = (0..CELLS).map(|index| pairs[index % drawn]).unzip();
    Matches { first, second }
}

/// Features of a cell → what the dense term compares. A small perceptron over strides 8 and 16, the two that the
/// memory bank keeps; it is left behind when training ends.
#[derive(Module, Debug)]
pub(crate) struct DenseHead {
    fine: Linear,
    coarse: Linear,
    out: Linear,
}

impl DenseHead {
    /// For features of `fine` channels at stride 8 and `coarse` at stride 16; `dimensions` come out.
    pub(crate) fn new([fine, coarse]: [usize; 2], dimensions: usize, device: &Device) -> Self {
        let into = |channels: usize| LinearConfig::new(channels, coarse).with_bias(false).init(device);
        Self { fine: into(fine), coarse: into(coarse), out: LinearConfig::new(coarse, dimensions).init(device) }
    }

    /// Projections of chosen cells, picture after picture. Cells are counted at stride 8, row by row.
    ///
    /// # Shapes
    /// - `cells`: for each picture of the batch any number of cells
    /// - output: `[all cells, dimensions]`, not normalised
    pub(crate) fn forward<'a>(&self, stages: &Stages, cells: impl Iterator<Item = &'a [usize]>) -> Tensor<2> {
        let [_, _, rows, columns] = stages.stride8.dims();
        let [_, _, coarse_rows, coarse_columns] = stages.stride16.dims();
        let (mut fine, mut coarse) = (Vec::new(), Vec::new());
        for (picture, cells) in cells.enumerate() {
            for cell in cells {
                let (row, column) = ((cell / columns / 2).min(coarse_rows - 1), cell % columns / 2);
                fine.push((picture * rows * columns + cell) as i32);
                let column = column.min(coarse_columns - 1);
                coarse.push(((picture * coarse_rows + row) * coarse_columns + column) as i32);
            }
        }
        let hidden =
            self.fine.forward(picked(&stages.stride8, &fine)) + self.coarse.forward(picked(&stages.stride16, &coarse));
        self.out.forward(relu(hidden))
    }
}

/// Rows of a feature map, seen as one row a cell.
///
/// # Shapes
/// - `features`: `[batch, channels, height, width]`
/// - output: `[rows, channels]`
fn picked(features: &Tensor<4>, rows: &[i32]) -> Tensor<2> {
    let [batch, channels, height, width] = features.dims();
    let flat = features.clone().permute([0, 2, 3, 1]).reshape([batch * height * width, channels]);
    in_single(flat.select(0, Tensor::<1, Int>::from_ints(rows, &features.device())))
}

/// Mean InfoNCE of cells against the cells of other pictures.
///
/// # Shapes
/// - `query`, `key`: `[cells, dimensions]`, not normalised; row i of both shows the same place
/// - `pictures`: for each row the picture that it lies in
/// - output: `[1]`
pub fn dense_loss(query: Tensor<2>, key: Tensor<2>, pictures: &[usize], temperature: f32) -> Tensor<1> {
    let negatives = Negatives { keys: normalise(key.clone()), own: same_picture(pictures, &query.device()) };
    info_nce(query, key, Some(negatives), temperature).mean()
}

/// # Shapes
/// - output: `[rows, rows]`: true where both rows lie in one picture
fn same_picture(pictures: &[usize], device: &Device) -> Tensor<2, Bool> {
    let same: Vec<bool> = pictures.iter().flat_map(|a| pictures.iter().map(move |b| a == b)).collect();
    Tensor::from_data(TensorData::new(same, [pictures.len(), pictures.len()]), device)
}

#[cfg(test)]
mod tests;
