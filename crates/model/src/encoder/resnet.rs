//! ResNet with basic blocks (He et al., arXiv 1512.03385), layer by layer as torchvision names them, with a width
//! multiplier. Features are taken after each of the four layers.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::cpu::{conv2d, norm, norm_add_relu, norm_relu};

/// Shape of a [`ResNet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResNetConfig {
    /// Colour planes of the input.
    pub in_channels: usize,
    /// Channels after the first layer; 64 in the paper. Later layers have 2, 4 and 8 times as many.
    pub width: usize,
    /// Basic blocks in each layer.
    pub blocks: [usize; 4],
}

impl ResNetConfig {
    /// ResNet-18 with `width` channels in the first layer.
    pub fn resnet18(in_channels: usize, width: usize) -> Self {
        Self { in_channels, width, blocks: [2, 2, 2, 2] }
    }

    /// Channels after layer 1 to 4.
    pub fn channels(&self) -> [usize; 4] {
        [self.width, 2 * self.width, 4 * self.width, 8 * self.width]
    }

    /// Builds the network with weights drawn from the device's generator.
    pub fn init(&self, device: &Device) -> ResNet {
        let channels = self.channels();
        let layer = |index: usize| {
            let inside = if index == 0 { self.width } else { channels[index - 1] };
            let stride = if index == 0 { 1 } else { 2 };
            (0..self.blocks[index])
                .map(|block| match block {
                    0 => BasicBlock::new(inside, channels[index], stride, device),
                    _ => BasicBlock::new(channels[index], channels[index], 1, device),
                })
                .collect()
        };
        ResNet {
            conv1: conv(self.in_channels, self.width, 7, 2, device),
            bn1: BatchNormConfig::new(self.width).init(device),
            maxpool: MaxPool2dConfig::new([3, 3])
                .with_strides([2, 2])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(),
            layer1: layer(0),
            layer2: layer(1),
            layer3: layer(2),
            layer4: layer(3),
        }
    }
}

/// The encoder. See [`ResNetConfig`].
#[derive(Module, Debug)]
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm,
    maxpool: MaxPool2d,
    layer1: Vec<BasicBlock>,
    layer2: Vec<BasicBlock>,
    layer3: Vec<BasicBlock>,
    layer4: Vec<BasicBlock>,
}

/// Features after each layer.
#[derive(Debug, Clone)]
pub struct Stages {
    /// `[batch, width, height / 4, width / 4]`
    pub stride4: Tensor<4>,
    /// `[batch, 2 · width, height / 8, width / 8]`
    pub stride8: Tensor<4>,
    /// `[batch, 4 · width, height / 16, width / 16]`
    pub stride16: Tensor<4>,
}

impl ResNet {
    /// Features for maps: the last layer, which only the projection needs, is not computed.
    ///
    /// # Shapes
    /// - `input`: `[batch, in_channels, height, width]`, height and width multiples of 32
    pub fn stages(&self, input: Tensor<4>) -> Stages {
        let stem = self.maxpool.forward(norm_relu(&self.bn1, conv2d(&self.conv1, input)));
        let stride4 = run(&self.layer1, stem);
        let stride8 = run(&self.layer2, stride4.clone());
        let stride16 = run(&self.layer3, stride8.clone());
        Stages { stride4, stride8, stride16 }
    }

    /// The last layer.
    ///
    /// # Shapes
    /// - `stride16`: as in [`Stages`]
    /// - output: `[batch, 8 · width, height / 32, width / 32]`
    pub fn last_layer(&self, stride16: Tensor<4>) -> Tensor<4> {
        run(&self.layer4, stride16)
    }
}

fn run(blocks: &[BasicBlock], input: Tensor<4>) -> Tensor<4> {
    blocks.iter().fold(input, |x, block| block.forward(x))
}

#[derive(Module, Debug)]
struct BasicBlock {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    downsample: Option<Downsample>,
}

impl BasicBlock {
    fn new(inside: usize, outside: usize, stride: usize, device: &Device) -> Self {
        let downsample = (stride != 1 || inside != outside).then(|| Downsample {
            conv: conv(inside, outside, 1, stride, device),
            bn: BatchNormConfig::new(outside).init(device),
        });
        Self {
            conv1: conv(inside, outside, 3, stride, device),
            bn1: BatchNormConfig::new(outside).init(device),
            conv2: conv(outside, outside, 3, 1, device),
            bn2: BatchNormConfig::new(outside).init(device),
            downsample,
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some(downsample) => norm(&downsample.bn, conv2d(&downsample.conv, input.clone())),
            None => input.clone(),
        };
        let x = norm_relu(&self.bn1, conv2d(&self.conv1, input));
        norm_add_relu(&self.bn2, conv2d(&self.conv2, x), shortcut)
    }
}

#[derive(Module, Debug)]
struct Downsample {
    conv: Conv2d,
    bn: BatchNorm,
}

/// A convolution as torchvision's ResNet has it: no bias, "same" padding, Kaiming normal weights (fan out).
fn conv(inside: usize, outside: usize, kernel: usize, stride: usize, device: &Device) -> Conv2d {
    let padding = kernel / 2;
    Conv2dConfig::new([inside, outside], [kernel, kernel])
        .with_stride([stride, stride])
        .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
        .with_bias(false)
        .with_initializer(Initializer::KaimingNormal { gain: std::f64::consts::SQRT_2, fan_out_only: true })
        .init(device)
}

#[cfg(test)]
mod goldens;
