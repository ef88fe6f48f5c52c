//! What stands on the encoder: the projection that contrastive learning compares, and the per-pixel head that learns
//! where a synthetic defect is.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor};

use crate::cpu::{conv2d, norm_relu};
use crate::encoder::Stages;
use crate::precision::in_single;

/// Two-layer projection (SimCLR, arXiv 2002.05709, section 4.2).
#[derive(Module, Debug)]
pub struct Projection {
    hidden: Linear,
    norm: BatchNorm,
    out: Linear,
}

impl Projection {
    /// From `features` channels to `dimensions`.
    pub fn new(features: usize, dimensions: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(features, features).with_bias(false).init(device),
            norm: BatchNormConfig::new(features).init(device),
            out: LinearConfig::new(features, dimensions).init(device),
        }
    }

    /// # Shapes
    /// - `features`: `[batch, features, height, width]`, averaged over the picture
    /// - output: `[batch, dimensions]`, not normalised, in single precision
    pub fn forward(&self, features: Tensor<4>) -> Tensor<2> {
        let pooled: Tensor<2> = in_single(features).mean_dims(&[2, 3]).squeeze_dims(&[2, 3]);
        self.out.forward(relu(self.norm.forward(self.hidden.forward(pooled))))
    }
}

/// A light head that says for each cell at stride 4 how sure it is of a defect.
#[derive(Module, Debug)]
pub struct DefectHead {
    from4: Conv2d,
    from8: Conv2d,
    from16: Conv2d,
    norm: BatchNorm,
    mix: Conv2d,
    mix_norm: BatchNorm,
    out: Conv2d,
}

impl DefectHead {
    /// For an encoder with these channels at strides 4, 8 and 16; `hidden` channels inside.
    pub fn new([stride4, stride8, stride16]: [usize; 3], hidden: usize, device: &Device) -> Self {
        let point = |inside: usize| Conv2dConfig::new([inside, hidden], [1, 1]).with_bias(false).init(device);
        Self {
            from4: point(stride4),
            from8: point(stride8),
            from16: point(stride16),
            norm: BatchNormConfig::new(hidden).init(device),
            mix: Conv2dConfig::new([hidden, hidden], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .with_bias(false)
                .init(device),
            mix_norm: BatchNormConfig::new(hidden).init(device),
            out: Conv2dConfig::new([hidden, 1], [1, 1]).init(device),
        }
    }

    /// # Shapes
    /// - output: `[batch, 1, height / 4, width / 4]`, logits in single precision
    pub fn forward(&self, stages: &Stages) -> Tensor<4> {
        let [_, _, height, width] = stages.stride4.dims();
        // A sum of 1×1 convolutions is one over the stacked features, without the stack at full resolution.
        let sum = conv2d(&self.from4, stages.stride4.clone())
            + enlarge(conv2d(&self.from8, stages.stride8.clone()), [height, width])
            + enlarge(conv2d(&self.from16, stages.stride16.clone()), [height, width]);
        let mixed = norm_relu(&self.mix_norm, conv2d(&self.mix, norm_relu(&self.norm, sum)));
        in_single(conv2d(&self.out, mixed))
    }
}

/// Nearest-neighbour enlargement: its gradient exists on every backend, and a 3×3 convolution follows.
pub fn enlarge(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size);
    interpolate(x, options)
}
