//! Weights from a torchvision ResNet into ours, by name.

use super::ResNet;
use crate::{ModelError, Weights, WeightsReport};

/// Loads torchvision ResNet weights from a `.safetensors` file's bytes.
///
/// # Errors
/// When the bytes are not safetensors or a tensor is not `f32`. What does not fit is listed in the report instead.
pub fn load_torchvision(encoder: ResNet, bytes: &[u8]) -> Result<(ResNet, WeightsReport), ModelError> {
    Ok(Weights::from_bytes(bytes)?.fill(encoder, torchvision_name))
}

/// Our path in torchvision's words: `downsample.conv` is `downsample.0`, batch norm's γ is `weight`.
fn torchvision_name(path: &[String]) -> String {
    let mut names: Vec<&str> = path.iter().map(String::as_str).collect();
    for i in 0..names.len() {
        names[i] = match (names[i], i.checked_sub(1).map(|before| names[before])) {
            ("conv", Some("downsample")) => "0",
            ("bn", Some("downsample")) => "1",
            ("gamma", _) => "weight",
            ("beta", _) => "bias",
            (name, _) => name,
        };
    }
    names.join(".")
}
