//! The memory bank: what cells of good parts look like, and how far a new cell is from the nearest of them
//! (PatchCore, arXiv 2106.08265).

mod device;
mod host;

use burn::tensor::{Device, Tensor, TensorData};

use device::DeviceBank;
use host::HostBank;

/// Kept cells, ready to be searched.
#[derive(Debug, Clone)]
pub struct MemoryBank {
    kept: Kept,
}

#[derive(Debug, Clone)]
enum Kept {
    /// In the memory of a GPU.
    Device(Box<DeviceBank>),
    /// In this machine's.
    Host(HostBank),
}

impl MemoryBank {
    /// Puts a bank where it is searched: on the device, or in host memory when that is a CPU.
    ///
    /// `kept` holds whole rows of `mean.len()` standardised values; `mean` and `scale` standardise new cells.
    pub fn new(kept: &[f32], mean: &[f32], scale: &[f32], device: &Device) -> Self {
        let kept = match *device == Device::flex() {
            true => Kept::Host(HostBank::new(kept, mean, scale)),
            false => Kept::Device(Box::new(DeviceBank::new(kept, mean, scale, device))),
        };
        Self { kept }
    }

    /// Euclidean distance of each cell to the nearest kept cell.
    ///
    /// # Shapes
    /// - `cells`: `[batch, cells, dimensions]`, as the network gives them
    /// - output: `[batch, cells]`
    pub fn distances(&self, cells: Tensor<3>) -> Tensor<2> {
        match &self.kept {
            Kept::Device(bank) => bank.distances(cells),
            Kept::Host(bank) => {
                let ([batch, count, dimensions], device) = (cells.dims(), cells.device());
                let values: Vec<f32> = cells.into_data().iter::<f32>().collect();
                let pictures = values.chunks_exact((count * dimensions).max(1));
                let found: Vec<f32> = pictures.flat_map(|cells| bank.distances(cells)).collect();
                Tensor::from_data(TensorData::new(found, [batch, count]), &device)
            }
        }
    }

    /// Euclidean distance of each cell of one picture to the nearest kept cell, from host memory to host memory. On a
    /// CPU a picture's distances do not depend on what is searched beside it.
    ///
    /// # Shapes
    /// - `cells`: `[cells · dimensions]`
    /// - output: `[cells]`
    pub fn distances_on_host(&self, cells: &[f32]) -> Vec<f32> {
        match &self.kept {
            Kept::Host(bank) => bank.distances(cells),
            Kept::Device(bank) => bank.distances_on_host(cells),
        }
    }
}

#[cfg(test)]
mod tests;
