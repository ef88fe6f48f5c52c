//! Weights from a torchvision ResNet into ours, by name.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};

use super::ResNet;
use crate::ModelError;

/// What became of the given weights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeightsReport {
    /// Parameters and buffers that were taken over.
    pub loaded: usize,
    /// Ours that the file does not have, or has in another shape.
    pub missing: Vec<String>,
    /// The file's that nothing of ours matches.
    pub unused: Vec<String>,
}

/// Loads torchvision ResNet weights from a `.safetensors` file's bytes.
///
/// # Errors
/// When the bytes are not safetensors or a tensor is not `f32`. What does not fit is listed in the report instead.
pub fn load_torchvision(encoder: ResNet, bytes: &[u8]) -> Result<(ResNet, WeightsReport), ModelError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| ModelError::Damaged { what: "safetensors", detail: error.to_string() })?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.tensors() {
        // A counter that only training in PyTorch reads.
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        if view.dtype() != Dtype::F32 {
            return Err(ModelError::Damaged {
                what: "safetensors",
                detail: format!("{name} is {:?}, expected F32", view.dtype()),
            });
        }
        let values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        tensors.insert(name, TensorData::new(values, view.shape().to_vec()));
    }
    let mut loader = Loader { path: Vec::new(), tensors, report: WeightsReport::default() };
    let encoder = encoder.map(&mut loader);
    loader.report.unused = loader.tensors.into_keys().collect();
    Ok((encoder, loader.report))
}

struct Loader {
    path: Vec<String>,
    tensors: BTreeMap<String, TensorData>,
    report: WeightsReport,
}

impl Loader {
    /// Our path in torchvision's words: `downsample.conv` is `downsample.0`, batch norm's γ is `weight`.
    fn torchvision_name(&self) -> String {
        let mut names: Vec<&str> = self.path.iter().map(String::as_str).collect();
        for i in 0..names.len() {
            names[i] = match (names[i], i.checked_sub(1).map(|before| names[before])) {
                ("conv", Some("downsample")) => "0",
                ("bn", Some("downsample")) => "1",
                ("gamma", _) => "weight",
                ("beta", _) => "bias",
                (name, _) => name,
            };
        }
        names.join(".")
    }
}

impl ModuleMapper for Loader {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.torchvision_name();
        let shape = param.lazy_shape();
        match self.tensors.remove(&name) {
            Some(data) if data.shape().as_slice() == shape.as_slice() => {
                self.report.loaded += 1;
                param.map(|ours| Tensor::from_data(data, (&ours.device(), DType::F32)))
            }
            _ => {
                self.report.missing.push(name);
                param
            }
        }
    }
}
