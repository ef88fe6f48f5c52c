//! Features against PyTorch, with weights under torchvision's names. `goldens/resnet18.py` made the numbers.

use burn::tensor::TensorData;
use safetensors::SafeTensors;

use super::*;
use crate::encoder::load_torchvision;

const FILE: &[u8] = include_bytes!("../../../goldens/resnet18.safetensors");

/// PyTorch computed in double precision, Burn in single, through seventeen convolutions.
const TOLERANCE: f32 = 1e-4;

fn golden(name: &str) -> (Vec<f32>, Vec<usize>) {
    let file = SafeTensors::deserialize(FILE).unwrap();
    let view = file.tensor(&format!("golden.{name}")).unwrap();
    let (floats, _) = view.data().as_chunks::<4>();
    (floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), view.shape().to_vec())
}

fn check<const D: usize>(name: &str, found: Tensor<D>) {
    let (expected, shape) = golden(name);
    assert_eq!(found.dims().as_slice(), shape, "{name}");
    let found: Vec<f32> = found.try_into_vec_as().unwrap();
    let farthest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(farthest < TOLERANCE, "{name} is off by {farthest}");
}

fn loaded(device: &Device) -> ResNet {
    let (encoder, report) = load_torchvision(ResNetConfig::resnet18(3, 4).init(device), FILE).unwrap();
    // 20 convolutions, and 20 batch norms of four vectors each.
    assert_eq!(report.loaded, 20 + 20 * 4);
    assert!(report.missing.is_empty(), "{report:?}");
    assert!(report.unused.iter().all(|name| name.starts_with("golden.")), "{report:?}");
    encoder
}

fn picture(device: &Device) -> Tensor<4> {
    let (values, shape) = golden("input");
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[test]
fn features_with_running_statistics_equal_pytorch() {
    let device = Device::flex();
    let encoder = loaded(&device);
    let stages = encoder.stages(picture(&device));
    check("eval.layer4", encoder.last_layer(stages.stride16.clone()));
    check("eval.layer3", stages.stride16);
    check("eval.layer2", stages.stride8);
    check("eval.layer1", stages.stride4);
}

#[test]
fn features_with_batch_statistics_and_what_they_leave_behind_equal_pytorch() {
    let device = Device::flex().autodiff();
    let encoder = loaded(&device);
    let stages = encoder.stages(picture(&device));
    check("train.layer4", encoder.last_layer(stages.stride16).inner());
    check("train.bn1.running_mean", encoder.bn1.running_mean.value_sync().inner());
    check("train.bn1.running_var", encoder.bn1.running_var.value_sync().inner());
}

#[test]
fn what_trained_judges_as_a_network_that_was_never_on_a_training_device() {
    let trained = loaded(&Device::flex().autodiff()).valid();
    let stages = trained.stages(picture(&Device::flex()));
    check("eval.layer4", trained.last_layer(stages.stride16));
}

#[test]
fn weights_of_another_shape_are_listed_and_left_alone() {
    let (_, report) = load_torchvision(ResNetConfig::resnet18(1, 4).init(&Device::flex()), FILE).unwrap();
    assert_eq!(report.missing, ["conv1.weight"]);
    assert_eq!(report.loaded, 99);
    let refused = load_torchvision(ResNetConfig::resnet18(3, 4).init(&Device::flex()), &FILE[..1000]);
    assert!(matches!(refused, Err(crate::ModelError::Damaged { what: "weights", .. })));
}
