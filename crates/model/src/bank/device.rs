//! The memory bank on a device, through Burn.

use burn::tensor::{Device, Tensor, TensorData};

/// Rows of a distance matrix that are computed at once: bounds memory to rows × bank cells × 4 bytes.
pub(super) const BLOCK_ROWS: usize = 1024;

/// Kept cells on a device.
#[derive(Debug, Clone)]
pub(super) struct DeviceBank {
    /// `[kept, dimensions]`, standardised.
    kept: Tensor<2>,
    /// `[1, kept]`: squared lengths of the rows.
    squared: Tensor<2>,
    /// `[1, dimensions]`
    mean: Tensor<2>,
    /// `[1, dimensions]`: 1 / standard deviation.
    scale: Tensor<2>,
}

impl DeviceBank {
    pub(super) fn new(kept: &[f32], mean: &[f32], scale: &[f32], device: &Device) -> Self {
        let dimensions = mean.len();
        let row = |values: &[f32]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, dimensions]), device);
        let kept = Tensor::<2>::from_data(
            TensorData::new(kept.to_vec(), [kept.len() / dimensions.max(1), dimensions]),
            device,
        );
        let squared = kept.clone().square().sum_dim(1).transpose();
        Self { kept, squared, mean: row(mean), scale: row(scale) }
    }

    /// # Shapes
    /// - `cells`: `[batch, cells, dimensions]`
    /// - output: `[batch, cells]`
    pub(super) fn distances(&self, cells: Tensor<3>) -> Tensor<2> {
        let [batch, count, dimensions] = cells.dims();
        let rows = batch * count;
        let flat = (cells.reshape([rows, dimensions]) - self.mean.clone()) * self.scale.clone();
        let nearest = (0..rows)
            .step_by(BLOCK_ROWS)
            .map(|start| {
                let block = flat.clone().slice([start..(start + BLOCK_ROWS).min(rows), 0..dimensions]);
                let own = block.clone().square().sum_dim(1);
                let cross = block.matmul(self.kept.clone().transpose());
                // |q − b|² = |q|² + |b|² − 2 q·b; rounding may take it a hair below zero.
                let squared = (self.squared.clone() - cross.mul_scalar(2.0)).min_dim(1) + own;
                // Not clamped: some devices' maximum of nothing and zero is zero, the best of distances.
                let below = squared.clone().lower_elem(0.0);
                squared.mask_fill(below, 0.0).sqrt()
            })
            .collect();
        Tensor::cat(nearest, 0).reshape([batch, count])
    }

    /// # Shapes
    /// - `cells`: `[cells · dimensions]`
    /// - output: `[cells]`
    pub(super) fn distances_on_host(&self, cells: &[f32]) -> Vec<f32> {
        let [_, dimensions] = self.mean.dims();
        let data = TensorData::new(cells.to_vec(), [1, cells.len() / dimensions.max(1), dimensions]);
        self.distances(Tensor::from_data(data, &self.mean.device())).into_data().iter::<f32>().collect()
    }
}
