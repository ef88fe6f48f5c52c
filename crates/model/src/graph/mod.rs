//! The network as an ONNX graph: other programs run the exported file, and a CPU judges with the very same graph.
//!
//! An encoder is one function from weights to nodes that gives its features at strides 4, 8 and 16. What stands on them
//! is the same for all encoders.

mod facts;
mod file;
mod kernel;
mod nodes;
mod outputs;
mod resnet;
mod run;
mod seats;
mod vit;

use sightline_core::{PictureSize, Recipe};
use sightline_image::Preprocess;

pub(crate) use run::{Graph, PictureMaps, thread_count};

use crate::encoder::EncoderConfig;
use crate::judge::check_sizes;
use crate::{Artefact, ModelError, NetworkConfig, Weights};
use nodes::{Nodes, Value};

/// Names of what goes in and what comes out.
const PICTURES: &str = "pictures";
const DEFECT: &str = "defect";
const CELLS: &str = "cells";

/// An encoder's features.
struct Strides {
    stride4: Value,
    stride8: Value,
    stride16: Value,
}

impl NetworkConfig {
    /// The network as an ONNX file, for any number of pictures of one size:
    ///
    /// - `pictures`: `[batch, channels, height, width]`, prepared and normalised
    /// - `defect`: `[batch, height / 4, width / 4]`, logits of the per-pixel head
    /// - `cells`: `[batch, cells, dimensions]`, what the memory bank compares
    ///
    /// Batch norms are folded into the convolutions before them. `facts` become the file's metadata.
    ///
    /// # Errors
    /// When weights are missing or have other shapes than the network.
    pub fn to_onnx(
        &self,
        weights: &Weights,
        size: PictureSize,
        facts: &[(&str, String)],
    ) -> Result<Vec<u8>, ModelError> {
        let mut nodes = Nodes::default();
        let shape = [self.encoder.in_channels(), size.height as usize, size.width as usize];
        let pictures = nodes.input(PICTURES, shape);
        let strides = match &self.encoder {
            EncoderConfig::ResNet(_) => resnet::resnet(&mut nodes, weights, "encoder", &pictures)?,
            EncoderConfig::Vit(config) => vit::vit(&mut nodes, weights, "encoder", config, &pictures)?,
        };
        outputs::defect(&mut nodes, weights, "defect_head", &strides, DEFECT)?;
        outputs::cells(&mut nodes, &pictures, &strides, CELLS);
        file::write(nodes.into_graph(), facts)
    }
}

impl Artefact {
    /// The model's network as an ONNX file, for pictures of the judged size or tiles of them, whose metadata tell how a picture is prepared. `id` names the model file.
    /// Shapes: [`NetworkConfig::to_onnx`].
    ///
    /// # Errors
    /// When the card claims sizes out of range, or the weights are not those of its network.
    pub fn to_onnx(&self, id: &str) -> Result<Vec<u8>, ModelError> {
        check_sizes(&self.card)?;
        let size = Preprocess::from(&Recipe::from(&self.card.recipe)).shown();
        self.card.network.to_onnx(&self.weights, size, &facts::of(&self.card, id)?)
    }
}

#[cfg(test)]
mod tests;
