//! The memory bank: what cells of good parts look like, and how far a new cell is from the nearest of them
//! (PatchCore, arXiv 2106.08265).

use burn::tensor::{Device, Tensor, TensorData};

/// Rows of a distance matrix that are computed at once: bounds memory to rows × bank cells × 4 bytes.
const BLOCK_ROWS: usize = 1024;

/// Kept cells on a device.
#[derive(Debug, Clone)]
pub struct MemoryBank {
    /// `[kept, dimensions]`, standardised.
    kept: Tensor<2>,
    /// `[1, kept]`: squared lengths of the rows.
    squared: Tensor<2>,
    /// `[1, dimensions]`
    mean: Tensor<2>,
    /// `[1, dimensions]`: 1 / standard deviation.
    scale: Tensor<2>,
}

impl MemoryBank {
    /// Puts a bank on a device.
    ///
    /// `kept` holds whole rows of `mean.len()` standardised values; `mean` and `scale` standardise new cells.
    pub fn new(kept: &[f32], mean: &[f32], scale: &[f32], device: &Device) -> Self {
        let dimensions = mean.len();
        let row = |values: &[f32]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, dimensions]), device);
        let kept = Tensor::<2>::from_data(
            TensorData::new(kept.to_vec(), [kept.len() / dimensions.max(1), dimensions]),
            device,
        );
        let squared = kept.clone().square().sum_dim(1).transpose();
        Self { kept, squared, mean: row(mean), scale: row(scale) }
    }

    /// Euclidean distance of each cell to the nearest kept cell.
    ///
    /// # Shapes
    /// - `cells`: `[batch, cells, dimensions]`, as the network gives them
    /// - output: `[batch, cells]`
    pub fn distances(&self, cells: Tensor<3>) -> Tensor<2> {
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
                squared.clamp_min(0.0).sqrt()
            })
            .collect();
        Tensor::cat(nearest, 0).reshape([batch, count])
    }
}

#[cfg(test)]
mod tests;
