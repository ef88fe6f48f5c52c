//! Encoders: pictures → feature maps at strides 4, 8 and 16, and what the projection compares.

mod given;
mod position;
mod resnet;
mod start;
#[cfg(test)]
mod testing;
mod vit;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

pub use given::GivenWeights;
pub(crate) use position::bicubic;
pub use resnet::{BlockKind, ResNet, ResNetConfig};
pub use start::StartReport;
pub use vit::{Vit, VitConfig};

/// Largest number of channels that an encoder may start with.
const MAX_WIDTH: usize = 1024;

/// Largest number of blocks in a row.
const MAX_BLOCKS: usize = 64;

const TOO_WIDE: &str = "its network is too wide";
const TOO_DEEP: &str = "its network is too deep";

/// Shape of an [`Encoder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum EncoderConfig {
    /// Convolutions.
    ResNet(ResNetConfig),
    /// Attention among patches.
    Vit(VitConfig),
}

impl EncoderConfig {
    /// Colour planes of the input.
    pub fn in_channels(&self) -> usize {
        match self {
            Self::ResNet(config) => config.in_channels,
            Self::Vit(config) => config.in_channels,
        }
    }

    /// Channels at strides 4, 8 and 16, and of what [`Encoder::last_layer`] gives.
    pub fn channels(&self) -> [usize; 4] {
        match self {
            Self::ResNet(config) => config.channels(),
            Self::Vit(config) => [config.dimensions; 4],
        }
    }

    /// Refuses shapes that no encoder of ours has: a configuration may come from a file, and is checked before memory is
    /// set aside for it.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::ResNet(config) => config.check(),
            Self::Vit(config) => config.check(),
        }
    }

    /// Builds the encoder with weights drawn from the device's generator.
    pub fn init(&self, device: &Device) -> Encoder {
        match self {
            Self::ResNet(config) => Encoder::ResNet(config.init(device)),
            Self::Vit(config) => Encoder::Vit(config.init(device)),
        }
    }
}

/// Pictures → features. See [`EncoderConfig`].
#[derive(Module, Debug)]
pub enum Encoder {
    /// Convolutions.
    ResNet(ResNet),
    /// Attention among patches.
    Vit(Vit),
}

/// Features of a batch at three strides.
#[derive(Debug, Clone)]
pub struct Stages {
    /// `[batch, channels()[0], height / 4, width / 4]`
    pub stride4: Tensor<4>,
    /// `[batch, channels()[1], height / 8, width / 8]`
    pub stride8: Tensor<4>,
    /// `[batch, channels()[2], height / 16, width / 16]`
    pub stride16: Tensor<4>,
}

impl Encoder {
    /// Features for maps: what only the projection needs is not computed.
    ///
    /// # Shapes
    /// - `input`: `[batch, in_channels, height, width]`, height and width multiples of 32
    pub fn stages(&self, input: Tensor<4>) -> Stages {
        match self {
            Self::ResNet(encoder) => encoder.stages(input),
            Self::Vit(encoder) => encoder.stages(input),
        }
    }

    /// What the projection averages over the picture.
    ///
    /// # Shapes
    /// - `stride16`: as in [`Stages`]
    /// - output: `[batch, channels()[3], rows, columns]`
    pub fn last_layer(&self, stride16: Tensor<4>) -> Tensor<4> {
        match self {
            Self::ResNet(encoder) => encoder.last_layer(stride16),
            Self::Vit(encoder) => encoder.last_layer(stride16),
        }
    }
}
