//! Features against PyTorch, with weights under torchvision's names. `goldens/resnet.py` made the numbers.

use super::*;
use crate::encoder::testing::Golden;
use crate::encoder::{Encoder, EncoderConfig};

fn cases() -> [(Golden, EncoderConfig); 3] {
    [
        (
            Golden::new("resnet18", include_bytes!("../../../goldens/resnet18.safetensors")),
            EncoderConfig::ResNet(ResNetConfig::resnet18(3, 4)),
        ),
        (
            Golden::new("resnet34", include_bytes!("../../../goldens/resnet34.safetensors")),
            EncoderConfig::ResNet(ResNetConfig::resnet34(3, 2)),
        ),
        (
            Golden::new("resnet50", include_bytes!("../../../goldens/resnet50.safetensors")),
            EncoderConfig::ResNet(ResNetConfig::resnet50(3, 2)),
        ),
    ]
}

#[test]
fn features_with_running_statistics_equal_pytorch() {
    let device = Device::flex();
    for (golden, config) in cases() {
        let encoder = golden.loaded(&config, &device);
        let stages = encoder.stages(golden.picture("input", &device));
        golden.check("eval.layer4", encoder.last_layer(stages.stride16.clone()));
        golden.check("eval.layer3", stages.stride16);
        golden.check("eval.layer2", stages.stride8);
        golden.check("eval.layer1", stages.stride4);
    }
}

#[test]
fn features_with_batch_statistics_and_what_they_leave_behind_equal_pytorch() {
    let device = Device::flex().autodiff();
    for (golden, config) in cases() {
        let Encoder::ResNet(encoder) = golden.loaded(&config, &device) else { panic!("no ResNet") };
        let stages = encoder.stages(golden.picture("input", &device));
        golden.check("train.layer4", encoder.last_layer(stages.stride16).inner());
        golden.check("train.bn1.running_mean", encoder.bn1.running_mean.value_sync().inner());
        // Burn lets the running variance follow the biased one, PyTorch the unbiased one.
        let values = 2.0 * 32.0 * 32.0;
        let old = golden.weight("bn1.running_var") * 0.9;
        let followed = encoder.bn1.running_var.value_sync().inner() - old.clone();
        golden.check("train.bn1.running_var", old + followed * (values / (values - 1.0)));
    }
}

#[test]
fn what_trained_judges_as_a_network_that_was_never_on_a_training_device() {
    for (golden, config) in cases() {
        let trained = golden.loaded(&config, &Device::flex().autodiff()).valid();
        let stages = trained.stages(golden.picture("input", &Device::flex()));
        golden.check("eval.layer4", trained.last_layer(stages.stride16));
    }
}
