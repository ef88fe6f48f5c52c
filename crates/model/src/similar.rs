//! What looks alike: a part or a region of it becomes one vector, the mean of the encoder's standardised cells at length
//! one, and the cosine of two vectors says how alike they are. The search is exact.

use rayon::prelude::*;
use sightline_core::{PictureSize, Region};
use sightline_image::{Input, Preprocess};

use crate::Reduction;
use crate::network::CELL;

/// Pixels of the input from one cell to the next.
const STRIDE: usize = 2 * CELL;

/// Vectors that a thread compares at once.
const BLOCK_ROWS: usize = 1024;

/// One part's cells, encoded once: the whole part and any region of it become vectors from them.
#[derive(Debug, Clone)]
pub struct PartCells {
    rows: usize,
    columns: usize,
    /// Cells that fit on the input's height and width; the last row or column may be a part of a cell.
    reach: [f64; 2],
    /// What of the picture is looked at.
    view: Region,
    /// `[rows · columns]`: how much of a cell is judged.
    area: Vec<f64>,
    features: usize,
    /// `[rows · columns, features]`, standardised.
    values: Vec<f32>,
}

impl PartCells {
    /// Which cells an input reaches, counted row by row on the judged size.
    pub(crate) fn seen(input: &Input, preprocess: &Preprocess) -> Vec<usize> {
        let pitch = preprocess.size.width as usize / STRIDE;
        let (rows, columns) = (input.height.div_ceil(STRIDE), input.width.div_ceil(STRIDE));
        (0..rows).flat_map(|row| (0..columns).map(move |column| row * pitch + column)).collect()
    }

    /// Takes the cells that an input reaches, `[seen · dimensions]` as the network gives them; the reduction
    /// standardises.
    pub(crate) fn new(cells: &[f32], input: &Input, preprocess: &Preprocess, reduction: &Reduction) -> Self {
        let (rows, columns) = (input.height.div_ceil(STRIDE), input.width.div_ceil(STRIDE));
        let (dimensions, features) = (reduction.dimensions().max(1), reduction.features());
        let factors = || reduction.mean.iter().zip(&reduction.scale).take(features);
        let values = cells
            .chunks_exact(dimensions)
            .take(rows * columns)
            .flat_map(|cell| cell.iter().zip(factors()).map(|(value, (mean, scale))| (value - mean) * scale));
        let judged = preprocess.judged(PictureSize { width: columns as u32, height: rows as u32 });
        let reach = [input.height as f64 / STRIDE as f64, input.width as f64 / STRIDE as f64];
        let values = values.collect();
        let mut part = Self { rows, columns, reach, view: preprocess.region, area: Vec::new(), features, values };
        part.area = part.covered([0.0, 0.0], reach);
        if let Some(judged) = judged {
            part.area.iter_mut().zip(judged).filter(|(_, judged)| !judged).for_each(|(area, _)| *area = 0.0);
        }
        part
    }

    /// Values in a vector.
    pub fn dimensions(&self) -> usize {
        self.features
    }

    /// The whole part as a vector, without what is never judged. None when it has no direction.
    pub fn whole(&self) -> Option<Vec<f32>> {
        self.mean(&self.area)
    }

    /// What lies under a rectangle of the picture; cells at its edge count by the area under it. None when it lies
    /// beside what is looked at, or has no direction.
    pub fn region(&self, region: Region) -> Option<Vec<f32>> {
        let [from, to] = self.in_cells(region);
        self.mean(&self.covered(from, to))
    }

    /// What lies under a mask over what is looked at, row by row. None when the mask is empty.
    pub fn under(&self, mask: &[bool], size: PictureSize) -> Option<Vec<f32>> {
        let (width, height) = (size.width as usize, size.height as usize);
        let mut weights = vec![0.0; self.area.len()];
        for (pixel, _) in mask.iter().enumerate().take(width * height).filter(|(_, is_in)| **is_in) {
            let cell = |at: usize, side: usize, reach: f64| ((at as f64 + 0.5) / side as f64 * reach) as usize;
            let (row, column) = (cell(pixel / width, height, self.reach[0]), cell(pixel % width, width, self.reach[1]));
            if let Some(weight) = weights.get_mut(row * self.columns + column) {
                *weight += 1.0;
            }
        }
        self.mean(&weights)
    }

    /// Where in this part a region looks most like `wanted`, among all windows of whole cells as large as `like`, a
    /// rectangle of a picture; and the cosine. The first of equals.
    pub fn most_alike(&self, wanted: &[f32], like: Region) -> Option<(Region, f32)> {
        let [from, to] = self.in_cells(like);
        let side = |axis: usize, most: usize| ((to[axis] - from[axis]).round() as usize).clamp(1, most.max(1));
        let (height, width) = (side(0, self.rows), side(1, self.columns));
        let mut best: Option<(usize, usize, f32)> = None;
        // Sums over the window's rows for each column, carried from one row of windows to the next.
        let mut columns = vec![0.0_f64; self.columns * self.features];
        for row in 0..self.rows {
            self.add_row(&mut columns, row, 1.0);
            if row + 1 < height {
                continue;
            }
            let mut sum = vec![0.0_f64; self.features];
            for column in 0..self.columns {
                let at = |column: usize| &columns[column * self.features..(column + 1) * self.features];
                sum.iter_mut().zip(at(column)).for_each(|(sum, value)| *sum += value);
                if column >= width {
                    sum.iter_mut().zip(at(column - width)).for_each(|(sum, value)| *sum -= value);
                }
                if column + 1 >= width {
                    let cosine = unit(&sum).map_or(f32::NEG_INFINITY, |unit| dot(&unit, wanted));
                    if best.is_none_or(|(_, _, most)| cosine > most) {
                        best = Some((row + 1 - height, column + 1 - width, cosine));
                    }
                }
            }
            self.add_row(&mut columns, row + 1 - height, -1.0);
        }
        let (top, left, cosine) = best.filter(|(_, _, cosine)| cosine.is_finite())?;
        Some((self.in_picture([top, left], [top + height, left + width]), cosine))
    }

    fn add_row(&self, columns: &mut [f64], row: usize, sign: f64) {
        let cells = row * self.columns..(row + 1) * self.columns;
        let values =
            self.values[cells.start * self.features..cells.end * self.features].chunks_exact(self.features.max(1));
        let sums = columns.chunks_exact_mut(self.features.max(1));
        for ((sums, values), area) in sums.zip(values).zip(&self.area[cells]) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += sign * area * f64::from(*value));
        }
    }

    /// Share of each cell that lies between two points, in cells.
    fn covered(&self, from: [f64; 2], to: [f64; 2]) -> Vec<f64> {
        let share = |axis: usize, cell: usize| {
            (to[axis].min(cell as f64 + 1.0).min(self.reach[axis]) - from[axis].max(cell as f64)).max(0.0)
        };
        let cells = (0..self.rows * self.columns).map(|cell| (cell / self.columns, cell % self.columns));
        cells.map(|(row, column)| share(0, row) * share(1, column)).collect()
    }

    /// Upper left and lower right corner of a rectangle of the picture, in cells.
    fn in_cells(&self, region: Region) -> [[f64; 2]; 2] {
        let along = |at: f32, from: f32, to: f32, reach: f64| f64::from((at - from) / (to - from)) * reach;
        let point = |x: f32, y: f32| {
            [
                along(y, self.view.top, self.view.bottom, self.reach[0]),
                along(x, self.view.left, self.view.right, self.reach[1]),
            ]
        };
        [point(region.left, region.top), point(region.right, region.bottom)]
    }

    /// The other way round.
    fn in_picture(&self, from: [usize; 2], to: [usize; 2]) -> Region {
        let along = |cell: usize, reach: f64, start: f32, end: f32| {
            start + (end - start) * (cell as f64 / reach).min(1.0) as f32
        };
        let (x, y) = (
            |cell| along(cell, self.reach[1], self.view.left, self.view.right),
            |cell| along(cell, self.reach[0], self.view.top, self.view.bottom),
        );
        Region { left: x(from[1]), top: y(from[0]), right: x(to[1]), bottom: y(to[0]) }
    }

    /// The weighted mean of cells, at length one.
    fn mean(&self, weights: &[f64]) -> Option<Vec<f32>> {
        let mut sum = vec![0.0_f64; self.features];
        let cells = self.values.chunks_exact(self.features.max(1)).zip(weights);
        for (cell, weight) in cells.filter(|(_, weight)| **weight > 0.0) {
            sum.iter_mut().zip(cell).for_each(|(sum, value)| *sum += weight * f64::from(*value));
        }
        unit(&sum)
    }
}

/// A vector that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similar {
    /// Its place among those that were searched.
    pub row: usize,
    /// How alike it is: 1 for the same direction, 0 for none in common, −1 for the opposite.
    pub cosine: f32,
}

/// The `count` of `among` that are most like `wanted`, best first; of equals the first. All are vectors of length one.
///
/// # Shapes
/// - `wanted`: `[dimensions]`
/// - `among`: `[rows · dimensions]`
pub fn most_similar(wanted: &[f32], among: &[f32], count: usize) -> Vec<Similar> {
    let dimensions = wanted.len().max(1);
    let best_first = |a: &Similar, b: &Similar| b.cosine.total_cmp(&a.cosine).then(a.row.cmp(&b.row));
    let blocks = among.par_chunks(BLOCK_ROWS * dimensions).enumerate().map(|(block, rows)| {
        let found = rows.chunks_exact(dimensions).enumerate();
        let mut found: Vec<Similar> = found
            .map(|(row, values)| Similar { row: block * BLOCK_ROWS + row, cosine: dot(values, wanted) })
            .filter(|found| found.cosine.is_finite())
            .collect();
        found.sort_by(best_first);
        found.truncate(count);
        found
    });
    let mut found = blocks.flatten().collect::<Vec<_>>();
    found.sort_by(best_first);
    found.truncate(count);
    found
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}

/// The same direction at length one; none when there is no direction.
fn unit(vector: &[f64]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    (length.is_finite() && length > 1e-9).then(|| vector.iter().map(|value| (value / length) as f32).collect())
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod tests;
