//! Each operation against Burn's own composition of it, forward and gradients.

use burn::module::Param;
use burn::nn::BatchNormConfig;
use burn::nn::conv::Conv2dConfig;
use burn::tensor::{TensorData, Tolerance};

use super::*;
use crate::drawn;
use crate::testing::values;

fn noise<const D: usize>(shape: [usize; D], salt: f32, device: &Device) -> Tensor<D> {
    let values = values(shape.iter().product(), salt).iter().map(|value| 1.4 * value + 0.3).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn close<const D: usize>(ours: Tensor<D>, theirs: Tensor<D>, what: &str) {
    let (ours, theirs): (TensorData, TensorData) = (ours.into_data(), theirs.into_data());
    assert_eq!(ours.shape(), theirs.shape(), "{what}");
    ours.assert_approx_eq::<f32>(&theirs, Tolerance::rel_abs(2e-4, 2e-4));
}

/// Output and gradients by x and by the weights, of one way to do the convolution.
fn run_conv(layer: &Conv2d, x: &Tensor<4>, ours: bool) -> [Tensor<4>; 3] {
    let (layer, x) = (layer.clone(), x.clone().detach().require_grad());
    let y = if ours { conv2d(&layer, x.clone()) } else { layer.forward(x.clone()) };
    // A gradient that differs from cell to cell.
    let weights = Tensor::<1, burn::tensor::Int>::arange(0..y.shape().num_elements() as i64, &x.device());
    let gradients = (y.clone() * weights.float().sin().reshape(y.dims())).sum().backward();
    let by_x = x.grad(&gradients).unwrap();
    let by_weight = layer.weight.grad(&gradients).unwrap();
    [y.inner(), by_x, by_weight]
}

#[test]
fn a_convolution_and_its_gradients_are_burns() {
    let device = Device::flex().autodiff();
    let check = |batch: usize, channels: [usize; 2], size: [usize; 2], kernel: usize, stride: usize, padding: usize| {
        let what = format!("{batch} of {channels:?} {size:?}, kernel {kernel}, stride {stride}, padding {padding}");
        let config = Conv2dConfig::new(channels, [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_bias(false);
        let layer = drawn(3, &device, || config.init(&device));
        let x = noise([batch, channels[0], size[0], size[1]], 1.0, &device);
        let theirs = run_conv(&layer, &x, false);
        for (ours, theirs) in run_conv(&layer, &x, true).into_iter().zip(theirs) {
            close(ours, theirs, &what);
        }
    };
    check(2, [3, 5], [7, 9], 3, 1, 1);
    check(9, [4, 6], [8, 6], 3, 2, 1);
    check(3, [1, 8], [33, 20], 7, 2, 3);
    check(2, [6, 4], [5, 8], 1, 1, 0);
    check(2, [6, 4], [5, 8], 1, 2, 0);
    check(1, [2, 3], [1, 1], 3, 1, 1);
    // More than one tile of rows.
    check(1, [32, 8], [64, 64], 3, 1, 1);
}

#[test]
fn what_is_not_covered_goes_to_burn_and_a_bias_is_added() {
    let device = Device::flex();
    let x = noise([2, 4, 9, 9], 2.0, &device);
    let configs = [
        Conv2dConfig::new([4, 6], [3, 3]).with_dilation([2, 2]),
        Conv2dConfig::new([4, 6], [3, 3]).with_groups(2),
        Conv2dConfig::new([4, 6], [3, 3]).with_stride([2, 1]),
        Conv2dConfig::new([4, 6], [3, 3]).with_padding(PaddingConfig2d::Same),
        Conv2dConfig::new([4, 6], [1, 1]),
    ];
    for config in configs {
        let layer = drawn(3, &device, || config.init(&device));
        close(conv2d(&layer, x.clone()), layer.forward(x.clone()), &format!("{layer:?}"));
    }
}

/// Output, gradients by x, γ, β and the shortcut, and running mean and variance.
fn run_norm(
    x: &Tensor<4>,
    shortcut: Option<&Tensor<4>>,
    rectify: bool,
    ours: bool,
) -> (Vec<Tensor<4>>, Vec<Tensor<1>>) {
    let device = x.device();
    let mut layer = BatchNormConfig::new(3).init(&device);
    layer.gamma = Param::from_data([0.5, -1.5, 2.0], &device);
    layer.beta = Param::from_data([0.1, 0.2, -0.3], &device);
    let x = x.clone().detach().require_grad();
    let shortcut = shortcut.map(|shortcut| shortcut.clone().detach().require_grad());
    let y = match ours {
        true => normed(&layer, x.clone(), shortcut.clone(), rectify),
        false => {
            let y = layer.forward(x.clone());
            let y = shortcut.clone().map_or(y.clone(), |shortcut| y + shortcut);
            if rectify { relu(y) } else { y }
        }
    };
    let weights = Tensor::<1, burn::tensor::Int>::arange(0..y.shape().num_elements() as i64, &device);
    let gradients = (y.clone() * weights.float().sin().reshape(y.dims())).sum().backward();
    let mut maps = vec![y.inner(), x.grad(&gradients).unwrap()];
    maps.extend(shortcut.map(|shortcut| shortcut.grad(&gradients).unwrap()));
    let by = [layer.gamma.grad(&gradients).unwrap(), layer.beta.grad(&gradients).unwrap()];
    let running = [layer.running_mean.value_sync().inner(), layer.running_var.value_sync().inner()];
    (maps, by.into_iter().chain(running).collect())
}

#[test]
fn batch_norm_with_shortcut_and_relu_and_its_gradients_are_burns() {
    let device = Device::flex().autodiff();
    let (x, shortcut) = (noise([5, 3, 6, 7], 3.0, &device), noise([5, 3, 6, 7], 4.0, &device));
    for (shortcut, rectify) in [(None, false), (None, true), (Some(&shortcut), true), (Some(&shortcut), false)] {
        let what = format!("shortcut {}, rectify {rectify}", shortcut.is_some());
        let (our_maps, our_vectors) = run_norm(&x, shortcut, rectify, true);
        let (their_maps, their_vectors) = run_norm(&x, shortcut, rectify, false);
        our_maps.into_iter().zip(their_maps).for_each(|(ours, theirs)| close(ours, theirs, &what));
        our_vectors.into_iter().zip(their_vectors).for_each(|(ours, theirs)| close(ours, theirs, &what));
    }
}

#[test]
fn a_judging_layer_uses_its_running_statistics_and_a_frozen_one_passes_gradients_on() {
    let device = Device::flex();
    let mut layer = BatchNormConfig::new(3).init(&device);
    layer.gamma = Param::from_data([0.5, -1.5, 2.0], &device);
    layer.running_mean.update(Tensor::from_data([0.2, -0.1, 0.4], &device));
    layer.running_var.update(Tensor::from_data([0.5, 2.0, 1.1], &device));
    let x = noise([2, 3, 4, 4], 5.0, &device);
    close(norm(&layer, x.clone()), layer.forward(x.clone()), "judging");
    let shortcut = noise([2, 3, 4, 4], 6.0, &device);
    let expected = relu(layer.forward(x.clone()) + shortcut.clone());
    close(norm_add_relu(&layer, x, shortcut), expected, "judging with a shortcut");

    let training = Device::flex().autodiff();
    let frozen = burn::module::Module::freeze(BatchNormConfig::new(3).init(&training));
    let x = noise([2, 3, 4, 4], 7.0, &training).require_grad();
    let gradients = norm_relu(&frozen, x.clone()).sum().backward();
    assert!(x.grad(&gradients).is_some());
}
