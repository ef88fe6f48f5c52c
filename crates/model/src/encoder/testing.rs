//! Golden files: what PyTorch computed, beside the weights that it computed with.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

use super::{Encoder, EncoderConfig, GivenWeights, StartReport};

/// PyTorch computed in double precision, Burn in single, through up to 53 layers.
const TOLERANCE: f32 = 1e-4;

pub(super) struct Golden {
    file: SafeTensors<'static>,
    weights: GivenWeights,
}

impl Golden {
    pub(super) fn new(name: &str, bytes: &'static [u8]) -> Self {
        let file = SafeTensors::deserialize(bytes).unwrap();
        Self { file, weights: GivenWeights::from_safetensors(Path::new(name), bytes.to_vec()).unwrap() }
    }

    pub(super) fn values(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let view = self.file.tensor(&format!("golden.{name}")).unwrap();
        let (floats, _) = view.data().as_chunks::<4>();
        (floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), view.shape().to_vec())
    }

    pub(super) fn weight(&self, name: &str) -> Tensor<1> {
        let values = self.weights.values(self.weights.get(name).unwrap()).unwrap();
        Tensor::from_data(values.as_slice(), &Device::flex())
    }

    pub(super) fn picture(&self, name: &str, device: &Device) -> Tensor<4> {
        let (values, shape) = self.values(name);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Compares relative to the largest value.
    pub(super) fn check<const D: usize>(&self, name: &str, found: Tensor<D>) {
        let (expected, shape) = self.values(name);
        assert_eq!(found.dims().as_slice(), shape, "{name}");
        let found: Vec<f32> = found.try_into_vec_as().unwrap();
        let farthest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = expected.iter().map(|value| value.abs()).fold(0.0, f32::max);
        assert!(farthest <= TOLERANCE * largest, "{name} is off by {farthest} of {largest}");
    }

    /// An encoder with the file's weights.
    pub(super) fn start(&self, config: &EncoderConfig, device: &Device) -> (Encoder, StartReport) {
        let (weights, report) = config.start_from(&self.weights).unwrap();
        (weights.fill(config.init(device)), report)
    }

    /// The same, where all of it fits.
    pub(super) fn loaded(&self, config: &EncoderConfig, device: &Device) -> Encoder {
        let (encoder, report) = self.start(config, device);
        assert_eq!((report.missing.as_slice(), report.reshaped.as_slice()), ([].as_slice(), [].as_slice()));
        assert!(report.unused.iter().all(|name| name.starts_with("golden.")), "{report:?}");
        encoder
    }
}
