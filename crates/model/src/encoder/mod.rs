//! Encoders: pictures → feature maps.

mod resnet;
mod weights;

pub use resnet::{ResNet, ResNetConfig, Stages};
pub use weights::load_torchvision;
