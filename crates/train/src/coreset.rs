//! Greedy k-centre selection (Sener and Savarese, arXiv 1708.00489; used by PatchCore): each step takes the point
//! that is farthest from all that were taken, so few points cover all.

use rayon::prelude::*;

/// Rows of a matrix, one after another.
#[derive(Debug, Clone, Copy)]
pub struct Points<'a> {
    /// `count · dimensions` values.
    pub values: &'a [f32],
    /// Values in a row.
    pub dimensions: usize,
}

impl<'a> Points<'a> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.dimensions.max(1)
    }

    /// One row.
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.dimensions..(index + 1) * self.dimensions]
    }
}

/// Rows that a thread brings up to date at once: few enough to share the work, many enough to be worth a task.
const ROWS: usize = 512;

/// Values that are summed side by side, so that a processor can take several at once.
const LANES: usize = 16;

/// Indices of up to `keep` rows that cover all rows, in the order they were chosen, and the squared covering radius
/// after each choice. The first is `start`; ties go to the lowest index.
///
/// `go_on` is asked after each choice with the number chosen; when it says no, what was chosen so far is returned.
pub fn greedy_k_centre(
    points: Points<'_>,
    keep: usize,
    start: usize,
    mut go_on: impl FnMut(usize) -> bool,
) -> (Vec<usize>, Vec<f32>) {
    let count = points.count();
    let (mut chosen, mut radii) = (Vec::new(), Vec::new());
    if start >= count {
        return (chosen, radii);
    }
    let mut nearest = vec![f32::INFINITY; count];
    let mut next = start;
    while chosen.len() < keep.min(count) {
        let centre = points.row(next);
        let blocks = nearest.par_chunks_mut(ROWS).zip(points.values.par_chunks(ROWS * points.dimensions)).enumerate();
        let (index, radius) = blocks
            .map(|(block, (nearest, rows))| {
                bring_nearer(nearest, rows, centre);
                let (index, distance) = farthest(nearest);
                (index.saturating_add(block * ROWS), distance)
            })
            .reduce(|| (usize::MAX, f32::NEG_INFINITY), farther);
        chosen.push(next);
        radii.push(radius);
        if radius <= 0.0 || !go_on(chosen.len()) {
            break;
        }
        next = index;
    }
    (chosen, radii)
}

/// Each row's squared distance to the nearest centre so far, with one more centre.
fn bring_nearer(nearest: &mut [f32], rows: &[f32], centre: &[f32]) {
    let (centre, centre_rest) = centre.as_chunks::<LANES>();
    let dimensions = centre.len() * LANES + centre_rest.len();
    for (nearest, row) in nearest.iter_mut().zip(rows.chunks_exact(dimensions)) {
        let (row, row_rest) = row.as_chunks::<LANES>();
        let mut lanes = [0.0_f32; LANES];
        for (a, b) in row.iter().zip(centre) {
            for lane in 0..LANES {
                let difference = a[lane] - b[lane];
                lanes[lane] += difference * difference;
            }
        }
        let rest: f32 = row_rest.iter().zip(centre_rest).map(|(a, b)| (a - b) * (a - b)).sum();
        *nearest = nearest.min(lanes.iter().sum::<f32>() + rest);
    }
}

fn farthest(nearest: &[f32]) -> (usize, f32) {
    nearest.iter().copied().enumerate().fold((usize::MAX, f32::NEG_INFINITY), farther)
}

/// The farther of two; of equally far ones the one with the lower index.
fn farther(a: (usize, f32), b: (usize, f32)) -> (usize, f32) {
    if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a }
}

#[cfg(test)]
mod goldens;
