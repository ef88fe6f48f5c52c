//! The trained whole: encoder, projection and per-pixel head.

use burn::module::Module;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sightline_core::PictureSize;
use sightline_image::Input;

use crate::Weights;
use crate::encoder::{Encoder, EncoderConfig, Stages};
use crate::heads::{DefectHead, Projection, enlarge};

/// Shape of a [`Network`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkConfig {
    /// The encoder.
    pub encoder: EncoderConfig,
    /// Dimensions that contrastive learning compares.
    pub projection: usize,
    /// Channels inside the per-pixel head.
    pub head: usize,
}

impl NetworkConfig {
    /// A network on `device`, to be filled, or drawn by [`drawn`](crate::drawn): a weight is random when it is looked at.
    pub fn init(&self, device: &Device) -> Network {
        let [stride4, stride8, stride16, last] = self.encoder.channels();
        Network {
            encoder: self.encoder.init(device),
            projection: Projection::new(last, self.projection, device),
            defect_head: DefectHead::new([stride4, stride8, stride16], self.head, device),
        }
    }

    /// Dimensions of a memory bank's cell: features, and its place.
    pub fn cell_dimensions(&self) -> usize {
        let [_, stride8, stride16, _] = self.encoder.channels();
        stride8.saturating_add(stride16).saturating_add(PLACE)
    }
}

/// What learning begins with: random weights, or an encoder that another program trained.
#[derive(Debug, Clone)]
pub struct Start {
    /// Shape of the network.
    pub network: NetworkConfig,
    /// Weights of the encoder, under its own names; what is not among them is random.
    pub encoder: Option<Weights>,
}

impl Start {
    /// The network on `device`; what was not given is to be drawn by [`drawn`](crate::drawn).
    pub fn init(&self, device: &Device) -> Network {
        let network = self.network.init(device);
        match &self.encoder {
            Some(weights) => Network { encoder: weights.fill(network.encoder), ..network },
            None => network,
        }
    }
}

/// See [`NetworkConfig`].
#[derive(Module, Debug)]
pub struct Network {
    /// Pictures → features.
    pub encoder: Encoder,
    /// Features → what contrastive learning compares.
    pub projection: Projection,
    /// Features → where a synthetic defect is.
    pub defect_head: DefectHead,
}

/// Side of one cell of the maps that scoring gives, in pixels of the input.
pub const CELL: usize = 4;

/// The last dimensions of a cell: its column and row as fractions of the picture. The bank weighs them, or not.
pub const PLACE: usize = 2;

/// What the network says about a batch of pictures.
#[derive(Debug, Clone)]
pub struct Maps {
    /// `[batch, height / 4, width / 4]`: logits of the per-pixel head.
    pub defect: Tensor<3>,
    /// `[batch, cells, dimensions]`: cells at stride 8, row by row.
    pub cells: Tensor<3>,
}

impl Network {
    /// Projected features of a batch, for the contrastive loss.
    ///
    /// # Shapes
    /// - `input`: `[batch, channels, height, width]`
    /// - output: `[batch, projection]`, not normalised
    pub fn project(&self, input: Tensor<4>) -> Tensor<2> {
        let stages = self.encoder.stages(input);
        self.projection.forward(self.encoder.last_layer(stages.stride16))
    }

    /// Logits of the per-pixel head.
    ///
    /// # Shapes
    /// - output: `[batch, 1, height / 4, width / 4]`
    pub fn defects(&self, input: Tensor<4>) -> Tensor<4> {
        self.defect_head.forward(&self.encoder.stages(input))
    }

    /// Everything that scoring needs.
    pub fn maps(&self, input: Tensor<4>) -> Maps {
        let stages = self.encoder.stages(input);
        let defect = self.defect_head.forward(&stages).squeeze_dim(1);
        Maps { defect, cells: cells(&stages) }
    }
}

/// Locally averaged features of strides 8 and 16, stacked at stride 8 (PatchCore, arXiv 2106.08265, section 3.1).
fn cells(stages: &Stages) -> Tensor<3> {
    let average = |x: Tensor<4>| {
        let options =
            AvgPoolOptions::new([3, 3]).with_padding([1, 1]).with_stride([1, 1]).with_count_include_pad(false);
        avg_pool2d(x, options)
    };
    let [batch, _, height, width] = stages.stride8.dims();
    let fine = average(stages.stride8.clone());
    let coarse = enlarge(average(stages.stride16.clone()), [height, width]);
    let place = |size: usize, shape: [usize; 4]| {
        let steps = Tensor::<1, Int>::arange(0..size as i64, &fine.device()).float();
        steps.add_scalar(0.5).div_scalar(size as f32).reshape(shape).expand([batch, 1, height, width])
    };
    let (columns, rows) = (place(width, [1, 1, 1, width]), place(height, [1, 1, height, 1]));
    let stacked = Tensor::cat(vec![fine, coarse, columns, rows], 1);
    let [_, dimensions, _, _] = stacked.dims();
    stacked.reshape([batch, dimensions, height * width]).swap_dims(1, 2)
}

/// Stacks normalised pictures, each laid out as [`lay_out`] does.
///
/// # Shapes
/// - output: `[inputs, channels, size.height, size.width]`
pub fn batch_tensor(inputs: &[Input], size: PictureSize, device: &Device) -> Tensor<4> {
    let channels = inputs.first().map_or(0, |input| input.channels);
    let values = inputs.iter().map(|input| lay_out(input, size)).collect::<Vec<_>>().concat();
    let shape = [inputs.len(), channels, size.height as usize, size.width as usize];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A normalised picture at the size that the network sees. A smaller one lies at the upper left; 0, the mean of good
/// parts, fills the rest, as it fills the borders of every convolution.
///
/// # Shapes
/// - output: `[channels, size.height, size.width]`
pub(crate) fn lay_out(input: &Input, size: PictureSize) -> Vec<f32> {
    let (height, width) = (size.height as usize, size.width as usize);
    let mut image = vec![0.0; input.channels * height * width];
    for (rows, plane) in input.planes().zip(image.chunks_exact_mut((height * width).max(1))) {
        let lines = rows.chunks_exact(input.width.max(1));
        lines.zip(plane.chunks_exact_mut(width)).for_each(|(row, line)| line[..row.len()].copy_from_slice(row));
    }
    image
}
