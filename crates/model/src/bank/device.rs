//! The memory bank on a device, through Burn.

use burn::tensor::{Device, Tensor, TensorData};

use super::values::{BankValues, Good, Reduction};
use crate::PLACE;

/// Rows of a distance matrix that are computed at once: bounds memory to rows × bank cells × 4 bytes.
pub(super) const BLOCK_ROWS: usize = 1024;

/// A bank on a device.
#[derive(Debug, Clone)]
pub(super) struct DeviceBank {
    /// `[1, dimensions]`
    mean: Tensor<2>,
    /// `[1, dimensions]`: 1 / standard deviation.
    scale: Tensor<2>,
    /// `[features, mixed]`
    matrix: Option<Tensor<2>>,
    good: DeviceGood,
}

#[derive(Debug, Clone)]
enum DeviceGood {
    Coreset {
        /// `[kept, reduced]`
        kept: Tensor<2>,
        /// `[1, kept]`: squared lengths of the rows.
        squared: Tensor<2>,
    },
    Gaussians {
        /// `[places, 1, features]`
        mean: Tensor<3>,
        /// `[places, features, features]`: each transposed, so that rows of cells are multiplied by it.
        whiten: Tensor<3>,
    },
}

impl DeviceBank {
    pub(super) fn new(values: &BankValues, device: &Device) -> Self {
        let Reduction { mean, scale, matrix } = &values.reduction;
        let reduced = values.reduction.reduced();
        let table = |values: &[f32], rows: usize| {
            let columns = values.len() / rows.max(1);
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, columns]), device)
        };
        let good = match &values.good {
            Good::Coreset { rows } => {
                let kept = table(rows, rows.len() / reduced.max(1));
                let squared = kept.clone().square().sum_dim(1).transpose();
                DeviceGood::Coreset { kept, squared }
            }
            Good::Gaussians { mean, whiten } => {
                let features = reduced.saturating_sub(PLACE);
                let places = mean.len() / features.max(1);
                let cube = |values: Vec<f32>, shape: [usize; 3]| {
                    Tensor::<3>::from_data(TensorData::new(values, shape), device)
                };
                DeviceGood::Gaussians {
                    mean: cube(mean.clone(), [places, 1, features]),
                    whiten: cube(transposed(whiten, features), [places, features, features]),
                }
            }
        };
        let matrix = values.reduction.mixed().map(|mixed| table(matrix, mixed).transpose());
        Self { mean: table(mean, 1), scale: table(scale, 1), matrix, good }
    }

    /// # Shapes
    /// - `cells`: `[batch, cells, dimensions]`
    /// - output: `[batch, cells]`
    pub(super) fn distances(&self, cells: Tensor<3>) -> Tensor<2> {
        let [batch, count, dimensions] = cells.dims();
        let rows = batch * count;
        let flat = self.reduced(cells.reshape([rows, dimensions]));
        match &self.good {
            DeviceGood::Coreset { kept, squared } => nearest(flat, kept, squared).reshape([batch, count]),
            DeviceGood::Gaussians { mean, whiten } => {
                let [places, _, features] = mean.dims();
                let flat = flat.slice([0..rows, 0..features]);
                // Cells of one Gaussian together: of one place in all pictures, or all.
                let own = match places {
                    1 => flat.reshape([1, rows, features]),
                    _ => flat.reshape([batch, count, features]).swap_dims(0, 1),
                };
                let squared = (own - mean.clone()).matmul(whiten.clone()).square().sum_dim(2).squeeze_dim::<2>(2);
                match places {
                    1 => squared.reshape([batch, count]).sqrt(),
                    _ => squared.swap_dims(0, 1).sqrt(),
                }
            }
        }
    }

    /// # Shapes
    /// - `cells`: `[cells · dimensions]`
    /// - output: `[cells]`
    pub(super) fn distances_on_host(&self, cells: &[f32]) -> Vec<f32> {
        let [_, dimensions] = self.mean.dims();
        let data = TensorData::new(cells.to_vec(), [1, cells.len() / dimensions.max(1), dimensions]);
        self.distances(Tensor::from_data(data, &self.mean.device())).into_data().iter::<f32>().collect()
    }

    /// # Shapes
    /// - `cells`: `[rows, dimensions]`
    /// - output: `[rows, reduced]`
    fn reduced(&self, cells: Tensor<2>) -> Tensor<2> {
        let standard = (cells - self.mean.clone()) * self.scale.clone();
        let Some(matrix) = &self.matrix else { return standard };
        let ([rows, dimensions], [features, _]) = (standard.dims(), matrix.dims());
        let mixed = standard.clone().slice([0..rows, 0..features]).matmul(matrix.clone());
        Tensor::cat(vec![mixed, standard.slice([0..rows, features..dimensions])], 1)
    }
}

/// # Shapes
/// - `cells`: `[rows, reduced]`
/// - output: `[rows, 1]`
fn nearest(cells: Tensor<2>, kept: &Tensor<2>, squared: &Tensor<2>) -> Tensor<2> {
    let [rows, reduced] = cells.dims();
    let blocks = (0..rows).step_by(BLOCK_ROWS).map(|start| {
        let block = cells.clone().slice([start..(start + BLOCK_ROWS).min(rows), 0..reduced]);
        let own = block.clone().square().sum_dim(1);
        let cross = block.matmul(kept.clone().transpose());
        // |q − b|² = |q|² + |b|² − 2 q·b; rounding may take it a hair below zero.
        let squared = (squared.clone() - cross.mul_scalar(2.0)).min_dim(1) + own;
        // Not clamped: some devices' maximum of nothing and zero is zero, the best of distances.
        let below = squared.clone().lower_elem(0.0);
        squared.mask_fill(below, 0.0).sqrt()
    });
    Tensor::cat(blocks.collect(), 0)
}

/// Triangles as whole matrices, transposed.
fn transposed(triangles: &[f32], side: usize) -> Vec<f32> {
    let triangle = (side * (side + 1) / 2).max(1);
    let mut matrices = vec![0.0; triangles.len() / triangle * side * side];
    for (matrix, triangle) in matrices.chunks_exact_mut((side * side).max(1)).zip(triangles.chunks_exact(triangle)) {
        let places = (0..side).flat_map(|row| (0..=row).map(move |column| column * side + row));
        places.zip(triangle).for_each(|(place, value)| matrix[place] = *value);
    }
    matrices
}
