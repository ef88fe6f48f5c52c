//! Convolution and batch norm on the CPU, as one operation each with its gradients.
//!
//! Burn's CPU backend makes the gradients of a convolution from a transposed and a swapped convolution, and batch norm
//! from a dozen elementwise passes; together they took most of a training step. Here both gradients of a convolution
//! come from one unfolding and two matrix products, and batch norm, shortcut and ReLU are one pass. Other devices have
//! kernels of their own: for them these functions are what they say.

mod conv;
mod gradients;
mod norm;
mod operations;
mod unfold;

use burn::backend::Dispatch;
use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Tensor};

use crate::precision::{in_precision, in_single};
use operations::{CpuOperations, Geometry, Shortcut};

/// `layer.forward(x)`.
///
/// # Shapes
/// - `x`: `[batch, channels_in, height, width]`
/// - output: `[batch, channels_out, height_out, width_out]`
pub(crate) fn conv2d(layer: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    let weight = layer.weight.val();
    if weight.dtype() != x.dtype() {
        return conv2d_in_its_precision(layer, weight, x);
    }
    let Some(geometry) = is_cpu(&x).then(|| geometry(layer, &x, &weight)).flatten() else {
        return layer.forward(x);
    };
    let y = Dispatch::unfolded_conv2d(x.into_dispatch(), weight.into_dispatch(), geometry);
    let y = Tensor::<4>::from_dispatch(y);
    match &layer.bias {
        Some(bias) => {
            let bias = bias.val();
            let [channels] = bias.dims();
            y + bias.reshape([1, channels, 1, 1])
        }
        None => y,
    }
}

/// `layer.forward(x)` where the weights are kept in another precision than the input's.
fn conv2d_in_its_precision(layer: &Conv2d, weight: Tensor<4>, x: Tensor<4>) -> Tensor<4> {
    let precision = x.dtype();
    let Some(padding) = padding_of(layer) else {
        return in_precision(layer.forward(in_precision(x, weight.dtype())), precision);
    };
    let bias = layer.bias.as_ref().map(|bias| in_precision(bias.val(), precision));
    let options = ConvOptions::new(layer.stride, [padding; 2], layer.dilation, layer.groups);
    burn::tensor::module::conv2d(x, in_precision(weight, precision), bias, options)
}

/// `relu(layer.forward(x))`.
///
/// # Shapes
/// - `x`, output: `[batch, channels, height, width]`
pub(crate) fn norm_relu(layer: &BatchNorm, x: Tensor<4>) -> Tensor<4> {
    normed(layer, x, None, true)
}

/// `layer.forward(x)`.
pub(crate) fn norm(layer: &BatchNorm, x: Tensor<4>) -> Tensor<4> {
    normed(layer, x, None, false)
}

/// `relu(layer.forward(x) + shortcut)`, the end of a residual block.
pub(crate) fn norm_add_relu(layer: &BatchNorm, x: Tensor<4>, shortcut: Tensor<4>) -> Tensor<4> {
    normed(layer, x, Some(shortcut), true)
}

fn normed(layer: &BatchNorm, x: Tensor<4>, shortcut: Option<Tensor<4>>, rectify: bool) -> Tensor<4> {
    let precision = x.dtype();
    if precision != DType::F32 {
        // Statistics over a whole batch are too much for half precision.
        let y = normed(layer, in_single(x), shortcut.map(in_single), rectify);
        return in_precision(y, precision);
    }
    let device = x.device();
    let trains = device.is_autodiff() && layer.training.is_enabled();
    // A frozen layer on a training device still passes gradients on, which `affine` does not.
    if !is_cpu(&x) || (device.is_autodiff() && !trains) {
        let y = layer.forward(x);
        let y = match shortcut {
            Some(shortcut) => y + shortcut,
            None => y,
        };
        return if rectify { relu(y) } else { y };
    }
    let shortcut = match shortcut {
        None => Shortcut::Absent,
        Some(shortcut) => Shortcut::Added(shortcut.into_dispatch()),
    };
    let (gamma, beta) = (layer.gamma.val(), layer.beta.val());
    if !trains {
        let mean = layer.running_mean.value().to_device(&device);
        let variance = layer.running_var.value().to_device(&device);
        let scale = gamma / variance.add_scalar(layer.epsilon).sqrt();
        let offset = beta - mean * scale.clone();
        let y = Dispatch::affine(x.into_dispatch(), scale.into_dispatch(), offset.into_dispatch(), shortcut, rectify);
        return Tensor::from_dispatch(y);
    }
    let epsilon = layer.epsilon as f32;
    let normed = Dispatch::norm_train(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        shortcut,
        epsilon,
        rectify,
    );
    let follow = |running: Tensor<1>, now| {
        let now = Tensor::<1>::from_dispatch(now).detach();
        let running = running.to_device(&device).mul_scalar(1.0 - layer.momentum);
        (running + now.mul_scalar(layer.momentum)).detach()
    };
    layer.running_mean.update(follow(layer.running_mean.value_sync(), normed.mean));
    layer.running_var.update(follow(layer.running_var.value_sync(), normed.variance));
    Tensor::from_dispatch(normed.output)
}

fn is_cpu(x: &Tensor<4>) -> bool {
    x.dtype() == DType::F32 && x.device().without_autodiff() == Device::flex()
}

/// Convolutions that the unfolding covers: one group, no dilation, the same padding on all sides.
fn geometry(layer: &Conv2d, x: &Tensor<4>, weight: &Tensor<4>) -> Option<Geometry> {
    let padding = padding_of(layer)?;
    let plain = layer.groups == 1 && layer.dilation == [1, 1];
    plain.then(|| Geometry::new(x.dims(), weight.dims(), layer.stride, padding)).flatten()
}

/// The padding where it is the same on all sides.
fn padding_of(layer: &Conv2d) -> Option<usize> {
    match layer.padding {
        PaddingConfig2d::Valid => Some(0),
        PaddingConfig2d::Explicit(top, left, bottom, right) if [left, bottom, right] == [top; 3] => Some(top),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
