//! The memory bank: what cells of good parts look like, and how far a new cell is from that. A coreset of them
//! (PatchCore, arXiv 2106.08265) or, lighter, Gaussians (PaDiM, arXiv 2011.08785).

mod device;
mod gaussian;
mod host;
mod reduce;
mod values;

use burn::tensor::{Device, Tensor, TensorData};

use device::DeviceBank;
use host::HostBank;
pub use values::{BankCard, BankValues, Good, Reduction};

/// A bank, ready to be searched.
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
    pub fn new(values: &BankValues, device: &Device) -> Self {
        let kept = match *device == Device::flex() {
            true => Kept::Host(HostBank::new(values)),
            false => Kept::Device(Box::new(DeviceBank::new(values, device))),
        };
        Self { kept }
    }

    /// Distance of each cell to what is good: to the nearest kept cell, or to its Gaussian.
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

    /// The same for the cells of one picture, from host memory to host memory. On a CPU a picture's distances do not
    /// depend on what is searched beside it.
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
