//! ResNet (He et al., arXiv 1512.03385), layer by layer as torchvision names them, with a width multiplier. Features are
//! taken after each of the four layers.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::Stages;
use crate::cpu::{conv2d, norm, norm_add_relu, norm_relu};

/// What a layer of a [`ResNet`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockKind {
    /// Two 3×3 convolutions, as in ResNet-18 and ResNet-34.
    Basic,
    /// A 3×3 convolution between two 1×1, as in ResNet-50. The 3×3 has the stride, as in torchvision ("v1.5").
    Bottleneck,
}

impl BlockKind {
    /// Channels that a block gives for each channel of its 3×3 convolution.
    fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }
}

/// Shape of a [`ResNet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResNetConfig {
    /// What its layers are made of.
    pub block: BlockKind,
    /// Colour planes of the input.
    pub in_channels: usize,
    /// Channels of the 3×3 convolutions of the first layer; 64 in the paper. Later layers have 2, 4 and 8 times as many.
    pub width: usize,
    /// Blocks in each layer.
    pub blocks: [usize; 4],
}

impl ResNetConfig {
    /// ResNet-18 with `width` channels in the first layer.
    pub fn resnet18(in_channels: usize, width: usize) -> Self {
        Self { block: BlockKind::Basic, in_channels, width, blocks: [2, 2, 2, 2] }
    }

    /// ResNet-34 with `width` channels in the first layer.
    pub fn resnet34(in_channels: usize, width: usize) -> Self {
        Self { block: BlockKind::Basic, in_channels, width, blocks: [3, 4, 6, 3] }
    }

    /// ResNet-50 with `width` channels in the 3×3 convolutions of the first layer, and four times as many after it.
    pub fn resnet50(in_channels: usize, width: usize) -> Self {
        Self { block: BlockKind::Bottleneck, in_channels, width, blocks: [3, 4, 6, 3] }
    }

    /// Channels after layer 1 to 4.
    pub fn channels(&self) -> [usize; 4] {
        // Saturating: a card may claim any width before it is checked.
        [1, 2, 4, 8].map(|multiple: usize| self.width.saturating_mul(multiple * self.block.expansion()))
    }

    /// See [`super::EncoderConfig::check`].
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self { width, .. } if !(1..=super::MAX_WIDTH).contains(width) => Err(super::TOO_WIDE),
            Self { blocks, .. } if blocks.iter().any(|blocks| !(1..=super::MAX_BLOCKS).contains(blocks)) => {
                Err(super::TOO_DEEP)
            }
            Self { .. } => Ok(()),
        }
    }

    /// Builds the network with weights drawn from the device's generator.
    pub fn init(&self, device: &Device) -> ResNet {
        let channels = self.channels();
        let layer = |index: usize| {
            let inside = if index == 0 { self.width } else { channels[index - 1] };
            let (middle, stride) = (self.width << index, if index == 0 { 1 } else { 2 });
            (0..self.blocks[index])
                .map(|block| match block {
                    0 => Block::new(self.block, inside, middle, stride, device),
                    _ => Block::new(self.block, channels[index], middle, 1, device),
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
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    layer4: Vec<Block>,
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
    /// - output: `[batch, channels()[3], height / 32, width / 32]`
    pub fn last_layer(&self, stride16: Tensor<4>) -> Tensor<4> {
        run(&self.layer4, stride16)
    }
}

fn run(blocks: &[Block], input: Tensor<4>) -> Tensor<4> {
    blocks.iter().fold(input, |x, block| block.forward(x))
}

/// A block of either kind: a basic one has no third convolution.
#[derive(Module, Debug)]
struct Block {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    conv3: Option<Conv2d>,
    bn3: Option<BatchNorm>,
    downsample: Option<Downsample>,
}

impl Block {
    /// From `inside` channels through `middle` ones to `middle` times the kind's expansion.
    fn new(kind: BlockKind, inside: usize, middle: usize, stride: usize, device: &Device) -> Self {
        let outside = middle * kind.expansion();
        let norm = |channels: usize| BatchNormConfig::new(channels).init(device);
        let downsample = (stride != 1 || inside != outside)
            .then(|| Downsample { conv: conv(inside, outside, 1, stride, device), bn: norm(outside) });
        let (conv1, conv2, conv3, bn3) = match kind {
            BlockKind::Basic => {
                (conv(inside, middle, 3, stride, device), conv(middle, middle, 3, 1, device), None, None)
            }
            BlockKind::Bottleneck => (
                conv(inside, middle, 1, 1, device),
                conv(middle, middle, 3, stride, device),
                Some(conv(middle, outside, 1, 1, device)),
                Some(norm(outside)),
            ),
        };
        Self { conv1, bn1: norm(middle), conv2, bn2: norm(middle), conv3, bn3, downsample }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some(downsample) => norm(&downsample.bn, conv2d(&downsample.conv, input.clone())),
            None => input.clone(),
        };
        let x = conv2d(&self.conv2, norm_relu(&self.bn1, conv2d(&self.conv1, input)));
        match (&self.conv3, &self.bn3) {
            (Some(conv3), Some(bn3)) => norm_add_relu(bn3, conv2d(conv3, norm_relu(&self.bn2, x)), shortcut),
            _ => norm_add_relu(&self.bn2, x, shortcut),
        }
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
