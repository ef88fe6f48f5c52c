//! Features against PyTorch, with weights under torchvision's names. `goldens/resnet.py` made the numbers.

use burn::tensor::TensorData;
use safetensors::SafeTensors;

use super::*;
use crate::encoder::load_torchvision;

/// Of the largest value; PyTorch computed in double precision, Burn in single, through up to 49 convolutions.
const TOLERANCE: f32 = 1e-4;

/// What PyTorch computed, beside the weights that it computed with.
struct Golden {
    file: &'static [u8],
    config: ResNetConfig,
    /// Weights and running statistics.
    weights: usize,
}

/// A batch norm has four vectors to each convolution.
const CASES: [Golden; 3] = [
    Golden {
        file: include_bytes!("../../../goldens/resnet18.safetensors"),
        config: ResNetConfig { block: BlockKind::Basic, in_channels: 3, width: 4, blocks: [2, 2, 2, 2] },
        weights: 5 * 20,
    },
    Golden {
        file: include_bytes!("../../../goldens/resnet34.safetensors"),
        config: ResNetConfig { block: BlockKind::Basic, in_channels: 3, width: 2, blocks: [3, 4, 6, 3] },
        weights: 5 * 36,
    },
    Golden {
        file: include_bytes!("../../../goldens/resnet50.safetensors"),
        config: ResNetConfig { block: BlockKind::Bottleneck, in_channels: 3, width: 2, blocks: [3, 4, 6, 3] },
        weights: 5 * 53,
    },
];

impl Golden {
    fn values(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let file = SafeTensors::deserialize(self.file).unwrap();
        let view = file.tensor(name).unwrap();
        let (floats, _) = view.data().as_chunks::<4>();
        (floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), view.shape().to_vec())
    }

    fn check<const D: usize>(&self, name: &str, found: Tensor<D>) {
        let (expected, shape) = self.values(&format!("golden.{name}"));
        assert_eq!(found.dims().as_slice(), shape, "{name}");
        let found: Vec<f32> = found.try_into_vec_as().unwrap();
        let farthest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = expected.iter().map(|value| value.abs()).fold(0.0, f32::max);
        assert!(farthest <= TOLERANCE * largest, "{name} of {:?} is off by {farthest} of {largest}", self.config);
    }

    fn loaded(&self, device: &Device) -> ResNet {
        let (encoder, report) = load_torchvision(self.config.init(device), self.file).unwrap();
        assert_eq!(report.loaded, self.weights);
        assert!(report.missing.is_empty(), "{report:?}");
        assert!(report.unused.iter().all(|name| name.starts_with("golden.")), "{report:?}");
        encoder
    }

    fn picture(&self, device: &Device) -> Tensor<4> {
        let (values, shape) = self.values("golden.input");
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

#[test]
fn features_with_running_statistics_equal_pytorch() {
    let device = Device::flex();
    for golden in CASES {
        let encoder = golden.loaded(&device);
        let stages = encoder.stages(golden.picture(&device));
        golden.check("eval.layer4", encoder.last_layer(stages.stride16.clone()));
        golden.check("eval.layer3", stages.stride16);
        golden.check("eval.layer2", stages.stride8);
        golden.check("eval.layer1", stages.stride4);
    }
}

#[test]
fn features_with_batch_statistics_and_what_they_leave_behind_equal_pytorch() {
    let device = Device::flex().autodiff();
    for golden in CASES {
        let encoder = golden.loaded(&device);
        let stages = encoder.stages(golden.picture(&device));
        golden.check("train.layer4", encoder.last_layer(stages.stride16).inner());
        golden.check("train.bn1.running_mean", encoder.bn1.running_mean.value_sync().inner());
        // Burn lets the running variance follow the biased one, PyTorch the unbiased one.
        let values = 2.0 * 32.0 * 32.0;
        let old = Tensor::<1>::from_data(golden.values("bn1.running_var").0.as_slice(), &Device::flex()) * 0.9;
        let followed = encoder.bn1.running_var.value_sync().inner() - old.clone();
        golden.check("train.bn1.running_var", old + followed * (values / (values - 1.0)));
    }
}

#[test]
fn what_trained_judges_as_a_network_that_was_never_on_a_training_device() {
    for golden in CASES {
        let trained = golden.loaded(&Device::flex().autodiff()).valid();
        let stages = trained.stages(golden.picture(&Device::flex()));
        golden.check("eval.layer4", trained.last_layer(stages.stride16));
    }
}

#[test]
fn weights_of_another_shape_are_listed_and_left_alone() {
    let [Golden { file, .. }, ..] = CASES;
    let (_, report) = load_torchvision(ResNetConfig::resnet18(1, 4).init(&Device::flex()), file).unwrap();
    assert_eq!(report.missing, ["conv1.weight"]);
    assert_eq!(report.loaded, 99);
    let refused = load_torchvision(ResNetConfig::resnet18(3, 4).init(&Device::flex()), &file[..1000]);
    assert!(matches!(refused, Err(crate::ModelError::Damaged { what: "weights", .. })));
}
