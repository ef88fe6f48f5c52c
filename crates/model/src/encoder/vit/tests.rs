//! A vision transformer learns: gradients reach all of it, and steps along them lower a loss.

use burn::module::ModuleVisitor;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Gradients, TensorData};

use super::*;
use crate::drawn;
use crate::testing::values;

fn small(device: &Device) -> Vit {
    let config = VitConfig { dimensions: 12, blocks: 3, grid: 4, ..VitConfig::tiny(1) };
    drawn(1, device, || config.init(device))
}

fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values(shape.iter().product(), shape[1] as f32), shape), device)
}

#[test]
fn gradients_reach_every_weight() {
    let device = Device::flex().autodiff();
    let vit = small(&device);
    // Patches are not those that positions are kept for.
    let stages = vit.stages(noise([2, 1, 64, 96], &device));
    let weighted = |x: Tensor<4>| (x.clone() * noise(x.dims(), &device)).mean();
    let loss = weighted(vit.last_layer(stages.stride16)) + weighted(stages.stride4) + weighted(stages.stride8);
    let gradients = loss.backward();
    let mut unreached = Unreached { gradients: &gradients, path: Vec::new(), found: Vec::new() };
    vit.visit(&mut unreached);
    assert_eq!(unreached.found, Vec::<String>::new());
}

#[test]
fn a_few_steps_lower_a_loss() {
    let device = Device::flex().autodiff();
    let mut vit = small(&device);
    let (pictures, target) = (noise([4, 1, 64, 64], &device), noise([4, 12, 4, 4], &device));
    let mut optimiser = AdamWConfig::new().init();
    let mut losses = Vec::new();
    for _ in 0..60 {
        let found = vit.last_layer(vit.stages(pictures.clone()).stride16);
        let loss = (found - target.clone()).square().mean();
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &vit);
        vit = optimiser.step(1e-2, vit, gradients);
    }
    assert!(losses[59] < 0.5 * losses[0], "{losses:?}");
}

/// Finds weights whose gradient is missing, zero or no number.
struct Unreached<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    found: Vec<String>,
}

impl ModuleVisitor for Unreached<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let sum = param.val().grad(self.gradients).map(|gradient| gradient.abs().sum().into_scalar::<f32>());
        if !sum.is_some_and(|sum| sum.is_finite() && sum > 0.0) {
            self.found.push(self.path.join("."));
        }
    }
}
