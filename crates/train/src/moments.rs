//! Mean and covariance of cells in one pass, and the matrix that whitens by them. The covariance is shrunk (Ledoit and
//! Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004), because parts are few and cells
//! of one part are alike.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::solvers::Llt;
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

/// Added to every variance, as PaDiM (arXiv 2011.08785) does: features are in standard deviations, and one that hardly
/// ever changes must not be the loudest.
pub(crate) const RIDGE: f64 = 0.01;

/// Sums over cells in double precision.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    dimensions: usize,
    count: f64,
    /// `[dimensions]`
    sum: Vec<f64>,
    /// `[dimensions, dimensions]`, column by column; only the lower triangle is kept.
    products: Vec<f64>,
    /// `[dimensions]`: cells, each times its squared length.
    cubes: Vec<f64>,
    /// Squares of the squared lengths.
    fourths: f64,
}

impl Moments {
    pub(crate) fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            count: 0.0,
            sum: vec![0.0; dimensions],
            products: vec![0.0; dimensions * dimensions],
            cubes: vec![0.0; dimensions],
            fourths: 0.0,
        }
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Cells that were counted.
    pub(crate) fn count(&self) -> f64 {
        self.count
    }

    /// Counts cells: the first `dimensions` values of each row of `width`.
    pub(crate) fn add(&mut self, rows: &[f32], width: usize) {
        let dimensions = self.dimensions;
        let mut cells = Vec::with_capacity(rows.len() / width.max(1) * dimensions);
        for row in rows.chunks_exact(width.max(1)) {
            let start = cells.len();
            cells.extend(row[..dimensions].iter().map(|value| f64::from(*value)));
            let cell = &cells[start..];
            let squared = dot(cell, cell);
            self.count += 1.0;
            self.fourths += squared * squared;
            for ((sum, cube), value) in self.sum.iter_mut().zip(&mut self.cubes).zip(cell) {
                *sum += value;
                *cube += squared * value;
            }
        }
        if dimensions == 0 {
            return;
        }
        let cells = MatRef::from_row_major_slice(&cells, cells.len() / dimensions, dimensions);
        matmul(
            MatMut::from_column_major_slice_mut(&mut self.products, dimensions, dimensions),
            BlockStructure::TriangularLower,
            Accum::Add,
            cells.transpose(),
            BlockStructure::Rectangular,
            cells,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
    }

    /// Counts what another one counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.fourths += other.fourths;
        for (sums, others) in
            [(&mut self.sum, &other.sum), (&mut self.products, &other.products), (&mut self.cubes, &other.cubes)]
        {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        }
    }

    pub(crate) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.count.max(1.0)).collect()
    }

    /// Covariance (its lower triangle), and the share in which it is drawn towards its mean variance.
    fn covariance(&self) -> (Mat<f64>, f64) {
        let (count, dimensions) = (self.count.max(1.0), self.dimensions);
        let mean = self.mean();
        let product = |row: usize, column: usize| self.products[row.min(column) * dimensions + row.max(column)];
        let covariance =
            Mat::from_fn(dimensions, dimensions, |row, column| product(row, column) / count - mean[row] * mean[column]);
        let trace: f64 = (0..dimensions).map(|d| covariance[(d, d)]).sum();
        let average = trace / dimensions.max(1) as f64;
        let squares: f64 = (0..dimensions)
            .map(|column| (0..dimensions).map(|row| covariance[(row, column)].powi(2)).sum::<f64>())
            .sum();
        // Σ|x − m|⁴, taken apart into the sums that were kept.
        let length = dot(&mean, &mean);
        let uncentred: f64 = (0..dimensions).map(|d| product(d, d)).sum();
        let along: f64 = (0..dimensions)
            .map(|row| mean[row] * (0..dimensions).map(|column| product(row, column) * mean[column]).sum::<f64>())
            .sum();
        let fourths = self.fourths - 4.0 * dot(&mean, &self.cubes) + 4.0 * along + 2.0 * length * uncentred
            - 3.0 * count * length * length;
        let noise = (fourths / count - squares).max(0.0) / count;
        let signal = squares - 2.0 * average * trace + dimensions as f64 * average * average;
        let share = if noise > 0.0 { (noise / signal).min(1.0) } else { 0.0 };
        (covariance, share)
    }

    /// The inverse Cholesky factor of the shrunk covariance, with [`RIDGE`] on its diagonal: lower triangular, and
    /// |W·(x − mean)| is the Mahalanobis distance. None when the sums are not numbers.
    pub(crate) fn whitening(&self) -> Option<Mat<f64>> {
        let (mut covariance, share) = self.covariance();
        let dimensions = self.dimensions;
        let average = (0..dimensions).map(|d| covariance[(d, d)]).sum::<f64>() / dimensions.max(1) as f64;
        for column in 0..dimensions {
            for row in 0..dimensions {
                covariance[(row, column)] *= 1.0 - share;
            }
            covariance[(column, column)] += share * average + RIDGE;
        }
        let factor = Llt::new(covariance.as_ref(), Side::Lower).ok()?;
        let mut inverse = Mat::zeros(dimensions, dimensions);
        invert_lower_triangular(inverse.as_mut(), factor.L(), Par::Seq);
        let finite = (0..dimensions).all(|d| inverse[(d, d)].is_finite() && inverse[(dimensions - 1, d)].is_finite());
        finite.then_some(inverse)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod goldens;
