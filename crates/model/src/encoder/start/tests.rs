//! Files that PyTorch wrote, by `goldens/start.py`: what fits, what does not, and that it is said.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::encoder::{ResNetConfig, VitConfig};

fn given(name: &str) -> GivenWeights {
    GivenWeights::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens").join(name)).unwrap()
}

fn resnet18(in_channels: usize, width: usize) -> EncoderConfig {
    EncoderConfig::ResNet(ResNetConfig::resnet18(in_channels, width))
}

#[test]
fn every_kind_of_file_gives_the_same_weights_and_says_what_it_has_no_place_for() {
    let files = [
        ("start.safetensors", vec!["fc.bias", "fc.weight"]),
        ("start-legacy.pt", vec!["fc.bias", "fc.weight"]),
        (
            "start.pth",
            vec!["state_dict.module.fc.bias", "state_dict.module.fc.weight", "optimizer.state.0.momentum_buffer"],
        ),
    ];
    let (expected, _) = resnet18(3, 1).start_from(&given("start.safetensors")).unwrap();
    for (file, mut classifier) in files {
        let (weights, mut report) = resnet18(3, 1).start_from(&given(file)).unwrap();
        assert_eq!(weights, expected);
        // 20 convolutions, and 20 batch norms of four vectors each.
        assert_eq!((report.loaded, report.missing.len(), report.reshaped.len()), (100, 0, 0), "{report:?}");
        classifier.sort();
        report.unused.sort();
        assert_eq!(
            (report.unused, report.unused_count),
            (classifier.iter().map(ToString::to_string).collect(), classifier.len())
        );
        assert_eq!(report.hash, given(file).hash());
    }
}

#[test]
fn a_grey_encoder_gets_the_sum_of_three_planes() {
    let (colour, _) = resnet18(3, 1).start_from(&given("start.pth")).unwrap();
    let (grey, report) = resnet18(1, 1).start_from(&given("start.pth")).unwrap();
    assert_eq!(report.reshaped, ["conv1.weight (the sum of three planes for one)"]);
    assert_eq!((report.loaded, report.missing.len()), (100, 0));
    let device = Device::flex();
    // A grey picture, once as it is and once as a colour picture.
    let values: Vec<f32> = (0..32 * 32).map(|i| ((i as f32) * 0.37).sin()).collect();
    let picture = burn::tensor::Tensor::<1>::from_floats(values.as_slice(), &device).reshape([1, 1, 32, 32]);
    let features = |config: EncoderConfig, weights: &Weights, picture: burn::tensor::Tensor<4>| -> Vec<f32> {
        weights.fill(config.init(&device)).stages(picture).stride16.try_into_vec_as().unwrap()
    };
    let from_grey = features(resnet18(1, 1), &grey, picture.clone());
    let from_colour = features(resnet18(3, 1), &colour, picture.repeat_dim(1, 3));
    for (a, b) in from_grey.iter().zip(&from_colour) {
        assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{a} grey, {b} in colour");
    }
}

#[test]
fn planes_of_local_contrast_change_nothing_at_first() {
    let device = Device::flex();
    let values: Vec<f32> = (0..6 * 32 * 32).map(|i| ((i as f32) * 0.37).sin()).collect();
    let all = burn::tensor::Tensor::<1>::from_floats(values.as_slice(), &device).reshape([1, 6, 32, 32]);
    for channels in [1, 3] {
        let [without, with]: [Vec<f32>; 2] = [channels, 2 * channels].map(|planes| {
            let (weights, report) = resnet18(planes, 1).start_from(&given("start.pth")).unwrap();
            assert_eq!((report.loaded, report.missing.len()), (100, 0), "{planes} planes");
            let encoder = weights.fill(resnet18(planes, 1).init(&device));
            encoder.stages(all.clone().narrow(1, 0, planes)).stride16.try_into_vec_as().unwrap()
        });
        for (a, b) in without.iter().zip(&with) {
            assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{a} without local contrast, {b} with it");
        }
    }
}

#[test]
fn what_does_not_fit_is_listed_with_the_reason_and_a_file_of_which_nothing_fits_is_refused() {
    let (_, report) =
        EncoderConfig::ResNet(ResNetConfig::resnet34(3, 1)).start_from(&given("start.safetensors")).unwrap();
    // Blocks that ResNet-18 has not: (16 - 8) of two convolutions and two batch norms.
    assert_eq!((report.loaded, report.missing.len()), (100, 80));
    assert!(report.missing.contains(&"layer3.5.conv2.weight (not in the file)".to_owned()), "{report:?}");
    let said = report.to_string();
    assert!(said.starts_with("100 of 180 weights of the encoder start with the file's values\nat random: layer1.2."));
    assert!(said.contains(" and 72 more\nnot used: fc.bias, fc.weight"), "{said}");

    let error = resnet18(3, 4).start_from(&given("start.safetensors")).unwrap_err().to_string();
    assert!(error.contains("conv1.weight (1 × 3 × 7 × 7 in the file, 4 × 3 × 7 × 7 in the encoder)"), "{error}");
    let error = EncoderConfig::Vit(VitConfig::tiny(3)).start_from(&given("start.pth")).unwrap_err().to_string();
    assert!(error.ends_with("none of its tensors fits the encoder"), "{error}");
}

#[test]
fn position_embeddings_for_another_number_of_patches_are_interpolated() {
    let config = |grid| VitConfig { dimensions: 12, grid, ..VitConfig::tiny(3) };
    let (weights, report) = EncoderConfig::Vit(config(6)).start_from(&given("vit.safetensors")).unwrap();
    assert_eq!(report.reshaped, ["pos_embed (interpolated from 4 × 4 patches to 6 × 6)"]);
    assert_eq!((report.loaded, report.missing.len()), (150, 0));
    // What was interpolated on the way in gives what is interpolated on the way through.
    let (as_they_are, _) = EncoderConfig::Vit(config(4)).start_from(&given("vit.safetensors")).unwrap();
    let device = Device::flex();
    let values: Vec<f32> = (0..3 * 96 * 96).map(|i| ((i as f32) * 0.37).sin()).collect();
    let picture = burn::tensor::Tensor::<1>::from_floats(values.as_slice(), &device).reshape([1, 3, 96, 96]);
    let [resized, interpolated]: [Vec<f32>; 2] = [(6, weights), (4, as_they_are)].map(|(grid, weights)| {
        let encoder = weights.fill(EncoderConfig::Vit(config(grid)).init(&device));
        encoder.stages(picture.clone()).stride16.try_into_vec_as().unwrap()
    });
    for (a, b) in resized.iter().zip(&interpolated) {
        assert!((a - b).abs() < 1e-3, "{a} on the way in, {b} on the way through");
    }
}

#[test]
fn names_and_shapes_are_torchvisions_and_timms() {
    let layouts: BTreeMap<String, BTreeMap<String, Vec<usize>>> =
        serde_json::from_str(include_str!("../../../goldens/layouts.json")).unwrap();
    let check = |name: &str, config: EncoderConfig| {
        let slots = Slot::of(&config.init(&Device::flex()));
        let ours: BTreeMap<String, Vec<usize>> =
            slots.iter().map(|slot| (torch_name(slot), torch_shape(slot))).collect();
        assert_eq!(ours, layouts[name], "{name}");
    };
    check("resnet18", resnet18(3, 64));
    check("resnet34", EncoderConfig::ResNet(ResNetConfig::resnet34(3, 64)));
    check("resnet50", EncoderConfig::ResNet(ResNetConfig::resnet50(3, 64)));
    check("vit_tiny_patch16_224", EncoderConfig::Vit(VitConfig::tiny(3)));
    check("vit_small_patch16_224", EncoderConfig::Vit(VitConfig::small(3)));
}
