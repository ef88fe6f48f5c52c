//! Position embeddings for another number of cells: bicubic interpolation with antialiasing, as timm does it.
//!
//! Written as two matrix products, one along each side: their gradients exist on every backend.

/// a of the bicubic kernel, as in Pillow and in PyTorch's `interpolate(antialias=True)`.
const A: f64 = -0.5;

/// Cells on each side that the kernel reaches.
const REACH: f64 = 2.0;

/// The matrix that makes `to` values of `from` values: `to` rows of `from` weights, each row with sum 1.
pub(crate) fn bicubic(from: usize, to: usize) -> Vec<f32> {
    let scale = from as f64 / to.max(1) as f64;
    // Where cells are left out, the kernel widens so that each one counts.
    let stretch = scale.max(1.0);
    let mut rows = vec![0.0; from * to];
    for (i, row) in rows.chunks_exact_mut(from.max(1)).enumerate() {
        let centre = scale * (i as f64 + 0.5);
        let first = (centre - REACH * stretch + 0.5).max(0.0) as usize;
        let end = ((centre + REACH * stretch + 0.5) as usize).min(from);
        let weights: Vec<f64> = (first..end).map(|j| kernel((j as f64 + 0.5 - centre) / stretch)).collect();
        let sum: f64 = weights.iter().sum();
        row[first..end].iter_mut().zip(&weights).for_each(|(cell, weight)| *cell = (weight / sum) as f32);
    }
    rows
}

/// Keys' cubic convolution kernel.
fn kernel(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < REACH {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_of_cells_is_left_as_it_is() {
        let identity: Vec<f32> = (0..25).map(|i| if i % 6 == 0 { 1.0 } else { 0.0 }).collect();
        assert_eq!(bicubic(5, 5), identity);
    }

    #[test]
    fn every_row_averages() {
        for (from, to) in [(1, 7), (14, 6), (14, 40), (3, 1)] {
            for row in bicubic(from, to).chunks_exact(from) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{from} to {to}: {row:?}");
            }
        }
    }
}
