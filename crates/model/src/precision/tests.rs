//! Half precision stays near single, for whole encoders, and weights' gradients are single.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Distribution, Tensor};

use super::*;
use crate::encoder::{EncoderConfig, ResNetConfig, VitConfig};
use crate::{NetworkConfig, drawn};

struct Gradients<'a> {
    found: &'a burn::tensor::Gradients,
    values: Vec<f32>,
    without: usize,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        match param.val().grad(self.found) {
            Some(gradient) => {
                assert_eq!(gradient.dtype(), DType::F32);
                self.values.extend(gradient.try_into_vec_as::<f32>().unwrap());
            }
            None => self.without += 1,
        }
    }
}

/// Draws of weights and pictures. Smaller batches or pictures leave batch norm so few values that how far half precision is
/// off varies by a factor of three among draws.
const DRAWS: [u64; 5] = [3, 7, 19, 37, 53];

#[test]
fn a_network_in_half_precision_says_nearly_the_same_and_has_nearly_the_same_gradients() {
    // A gradient that means nothing is 1 or more away. Batch norm makes a ResNet far more sensitive than a ViT.
    let resnet = EncoderConfig::ResNet(ResNetConfig::resnet18(1, 8));
    let vit = EncoderConfig::Vit(VitConfig { dimensions: 24, blocks: 3, ..VitConfig::tiny(1) });
    for (encoder, half, coarsest) in
        [(&resnet, DType::BF16, 0.45), (&resnet, DType::F16, 0.26), (&vit, DType::BF16, 0.05), (&vit, DType::F16, 0.01)]
    {
        let mut off = DRAWS.map(|draw| gradients_off(encoder, half, draw));
        off.sort_by(f32::total_cmp);
        assert!(off[DRAWS.len() / 2] < coarsest, "{half:?}: {off:?}");
    }
}

/// Distance of the gradients in half precision from those in single, as a share of their length.
fn gradients_off(encoder: &EncoderConfig, half: DType, draw: u64) -> f32 {
    let device = Device::flex().autodiff();
    let config = NetworkConfig { encoder: encoder.clone(), projection: 8, head: 8 };
    let network = drawn(draw, &device, || config.init(&device));
    let noise = || Param::from_tensor(Tensor::<4>::random([8, 1, 96, 96], Distribution::Normal(0.0, 1.0), &device));
    let pictures = drawn(draw, &device, noise).val().detach();
    let run = |precision: DType| {
        let pictures = in_precision(pictures.clone(), precision);
        let (z, logits) = (network.project(pictures.clone()), network.defects(pictures));
        assert_eq!([z.dtype(), logits.dtype()], [DType::F32; 2], "losses are made of single precision");
        let loss = z.square().mean() + (logits - 1.0).square().mean();
        let value = loss.clone().into_scalar::<f32>();
        let gradients = loss.backward();
        let mut visitor = Gradients { found: &gradients, values: Vec::new(), without: 0 };
        network.visit(&mut visitor);
        (value, visitor.values, visitor.without)
    };
    let (loss, gradients, without) = run(DType::F32);
    let (near, near_gradients, also_without) = run(half);
    assert!(near != loss && (near - loss).abs() < 0.05 * loss, "{half:?}: {near} of {loss}");
    assert_eq!((near_gradients.len(), also_without), (gradients.len(), without), "{half:?}");
    let length = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>().sqrt();
    let apart: Vec<f32> = near_gradients.iter().zip(&gradients).map(|(a, b)| a - b).collect();
    length(&apart) / length(&gradients)
}
