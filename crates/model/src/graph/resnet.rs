//! The nodes of a ResNet, named as its weights are. Depth, width and the kind of block are read from the weights.

use super::Strides;
use super::kernel::Kernel;
use super::nodes::{Nodes, Value, Window};
use crate::{ModelError, Weights};

/// The first three layers of the ResNet whose weights lie under `path`; the fourth only serves learning.
///
/// # Errors
/// When weights are missing or do not fit each other.
pub(super) fn resnet(
    nodes: &mut Nodes,
    weights: &Weights,
    path: &str,
    pictures: &Value,
) -> Result<Strides, ModelError> {
    let stem = Kernel::folded(weights, &format!("{path}.conv1"), &format!("{path}.bn1"))?;
    let stem = nodes.convolution(pictures, &stem, 2)?;
    let stem = nodes.relu(&stem);
    let pooled = nodes.max_pool(&format!("{path}.maxpool"), &stem, Window { side: 3, stride: 2, padding: 1 });
    let stride4 = layer(nodes, weights, &format!("{path}.layer1"), &pooled, 1)?;
    let stride8 = layer(nodes, weights, &format!("{path}.layer2"), &stride4, 2)?;
    let stride16 = layer(nodes, weights, &format!("{path}.layer3"), &stride8, 2)?;
    Ok(Strides { stride4, stride8, stride16 })
}

/// Blocks one after another; the first has the layer's stride.
fn layer(nodes: &mut Nodes, weights: &Weights, path: &str, x: &Value, stride: usize) -> Result<Value, ModelError> {
    let mut x = block(nodes, weights, &format!("{path}.0"), x, stride)?;
    for path in (1..).map(|index| format!("{path}.{index}")) {
        if !weights.has(&format!("{path}.conv1.weight")) {
            break;
        }
        x = block(nodes, weights, &path, &x, 1)?;
    }
    Ok(x)
}

/// Two convolutions, or three in a bottleneck, beside a shortcut. The first that is wider than a point has the stride,
/// as torchvision has it.
fn block(nodes: &mut Nodes, weights: &Weights, path: &str, x: &Value, stride: usize) -> Result<Value, ModelError> {
    let mut kernels = Vec::new();
    for index in 1..=3 {
        let conv = format!("{path}.conv{index}");
        if index < 3 || weights.has(&format!("{conv}.weight")) {
            kernels.push(Kernel::folded(weights, &conv, &format!("{path}.bn{index}"))?);
        }
    }
    let strided = kernels.iter().position(|kernel| kernel.shape[2] > 1).unwrap_or(0);
    let mut y = x.clone();
    for (index, kernel) in kernels.iter().enumerate() {
        if index > 0 {
            y = nodes.relu(&y);
        }
        y = nodes.convolution(&y, kernel, if index == strided { stride } else { 1 })?;
    }
    let downsample = format!("{path}.downsample");
    let shortcut = match weights.has(&format!("{downsample}.conv.weight")) {
        true => {
            let kernel = Kernel::folded(weights, &format!("{downsample}.conv"), &format!("{downsample}.bn"))?;
            nodes.convolution(x, &kernel, stride)?
        }
        false => x.clone(),
    };
    if (y.channels, y.height, y.width) != (shortcut.channels, shortcut.height, shortcut.width) {
        let detail = format!("{path} and its shortcut have different shapes");
        return Err(ModelError::Damaged { what: "weights", detail });
    }
    let sum = nodes.add(&format!("{path}.sum"), &y, &shortcut);
    Ok(nodes.relu(&sum))
}
