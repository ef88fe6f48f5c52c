//! A convolution as matrix products over unfolded tiles that fit the second-level cache.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::operations::Geometry;
use super::unfold::{fold_into, unfold};

/// Bytes of an unfolded tile. A core's second-level cache holds it beside the weights.
const TILE_BYTES: usize = 384 << 10;

/// Images are cut into this many runs whose weight gradients are summed in order: the sum must not depend on the
/// number of threads.
const RUNS: usize = 8;

/// # Shapes
/// - `x`: `[batch, inside, height, width]`
/// - `weight`: `[outside, inside, kernel_height, kernel_width]`
/// - output: `[batch, outside, out_height, out_width]`
pub(super) fn forward(geometry: &Geometry, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let mut output = vec![0.0; geometry.batch * geometry.output()];
    let weight = MatRef::from_row_major_slice(weight, geometry.outside, geometry.patch());
    let mut tiles = Vec::new();
    for (image, output) in x.chunks_exact(geometry.input()).zip(output.chunks_exact_mut(geometry.output())) {
        let mut rest = MatMut::from_row_major_slice_mut(output, geometry.outside, geometry.out_plane());
        for rows in tile_rows(geometry) {
            let (tile, after) = rest.split_at_col_mut(rows.len() * geometry.out_width);
            tiles.push((image, rows, tile));
            rest = after;
        }
    }
    tiles.into_par_iter().for_each_init(Vec::new, |columns, (image, rows, tile)| {
        let seen = columns_of(geometry, image, rows, columns);
        matmul(tile, Accum::Replace, weight, seen, 1.0, Par::Seq);
    });
    output
}

/// Gradients of [`forward`] by the input, when it is wanted, and by the weights.
///
/// # Shapes
/// - `gradient`: as the output of [`forward`]
pub(super) fn backward(
    geometry: &Geometry,
    x: &[f32],
    weight: &[f32],
    gradient: &[f32],
    by_input: bool,
) -> (Option<Vec<f32>>, Vec<f32>) {
    let run = geometry.batch.div_ceil(RUNS).max(1);
    let mut x_gradient = vec![0.0; if by_input { x.len() } else { 0 }];
    let mut targets: Vec<Option<&mut [f32]>> = match by_input {
        true => x_gradient.chunks_mut(run * geometry.input()).map(Some).collect(),
        false => (0..geometry.batch.div_ceil(run)).map(|_| None).collect(),
    };
    let partial: Vec<Vec<f32>> = targets
        .par_iter_mut()
        .zip(x.par_chunks(run * geometry.input()))
        .zip(gradient.par_chunks(run * geometry.output()))
        .map(|((target, x), gradient)| backward_run(geometry, x, weight, gradient, target.as_deref_mut()))
        .collect();
    let mut sum = vec![0.0; weight.len()];
    for part in &partial {
        sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    (by_input.then_some(x_gradient), sum)
}

/// Gradients of a run of images, one after another: those by the input go to `target`, those by the weights come back.
fn backward_run(
    geometry: &Geometry,
    x: &[f32],
    weight: &[f32],
    gradient: &[f32],
    mut target: Option<&mut [f32]>,
) -> Vec<f32> {
    let mut weight_gradient = vec![0.0; weight.len()];
    let weight = MatRef::from_row_major_slice(weight, geometry.outside, geometry.patch());
    let (mut columns, mut column_gradient) = (Vec::new(), Vec::new());
    let images = x.chunks_exact(geometry.input()).zip(gradient.chunks_exact(geometry.output()));
    for (index, (image, gradient)) in images.enumerate() {
        let gradient = MatRef::from_row_major_slice(gradient, geometry.outside, geometry.out_plane());
        for rows in tile_rows(geometry) {
            let length = rows.len() * geometry.out_width;
            let gradient = gradient.subcols(rows.start * geometry.out_width, length);
            let seen = columns_of(geometry, image, rows.clone(), &mut columns);
            let sum = MatMut::from_row_major_slice_mut(&mut weight_gradient, geometry.outside, geometry.patch());
            matmul(sum, Accum::Add, gradient, seen.transpose(), 1.0, Par::Seq);
            if let Some(target) = &mut target {
                column_gradient.resize(geometry.patch() * length, 0.0);
                let by_columns = MatMut::from_row_major_slice_mut(&mut column_gradient, geometry.patch(), length);
                matmul(by_columns, Accum::Replace, weight.transpose(), gradient, 1.0, Par::Seq);
                let image = &mut target[index * geometry.input()..(index + 1) * geometry.input()];
                fold_into(geometry, &column_gradient, rows, image);
            }
        }
    }
    weight_gradient
}

/// What the kernel sees in some output rows: unfolded, or the picture itself where the kernel is a point.
fn columns_of<'a>(
    geometry: &Geometry,
    image: &'a [f32],
    rows: Range<usize>,
    columns: &'a mut Vec<f32>,
) -> MatRef<'a, f32> {
    let length = rows.len() * geometry.out_width;
    if geometry.is_point() {
        let whole = MatRef::from_row_major_slice(image, geometry.inside, geometry.out_plane());
        return whole.subcols(rows.start * geometry.out_width, length);
    }
    unfold(geometry, image, rows, columns);
    MatRef::from_row_major_slice(columns, geometry.patch(), length)
}

/// Output rows in runs whose unfolded tile has about [`TILE_BYTES`].
fn tile_rows(geometry: &Geometry) -> impl Iterator<Item = Range<usize>> {
    let row_bytes = 4 * geometry.patch() * geometry.out_width;
    let step = (TILE_BYTES / row_bytes.max(1)).max(1);
    let height = geometry.out_height;
    (0..height).step_by(step).map(move |start| start..(start + step).min(height))
}
