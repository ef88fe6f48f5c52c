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
        nearest
            .par_iter_mut()
            .with_min_len(256)
            .zip(points.values.par_chunks_exact(points.dimensions))
            .for_each(|(nearest, row)| *nearest = nearest.min(squared_distance(row, centre)));
        chosen.push(next);
        let (index, radius) = farthest(&nearest);
        radii.push(radius);
        if radius <= 0.0 || !go_on(chosen.len()) {
            break;
        }
        next = index;
    }
    (chosen, radii)
}

/// Squared Euclidean distance, summed in sixteen lanes so that the compiler can use vector registers.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (a_chunks, b_chunks) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| (x - y) * (x - y)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..16 {
            let difference = a[lane] - b[lane];
            lanes[lane] += difference * difference;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

fn farthest(nearest: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, &distance) in nearest.iter().enumerate() {
        if distance > best.1 {
            best = (index, distance);
        }
    }
    best
}

#[cfg(test)]
mod goldens;
