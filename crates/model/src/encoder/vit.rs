//! Vision transformer (Dosovitskiy et al., arXiv 2010.11929), layer by layer as timm names them. Patches of 16 pixels
//! are its only resolution: features of strides 4, 8 and 16 are those after a third, two thirds and all of its blocks,
//! from near the picture to far from it.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::Stages;
use super::position::bicubic;
use crate::cpu::conv2d;
use crate::heads::enlarge;
use crate::precision::{in_precision, layer_norm, linear};

/// Side of a patch in pixels.
const PATCH: usize = 16;

/// Largest number of patches in a row that position embeddings are kept for.
pub(super) const MAX_GRID: usize = 64;

/// Hidden dimensions of a block's perceptron for each of its inputs.
const MLP_RATIO: usize = 4;

/// Shape of a [`Vit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VitConfig {
    /// Colour planes of the input.
    pub in_channels: usize,
    /// Dimensions of a token.
    pub dimensions: usize,
    /// Attention heads of a block.
    pub heads: usize,
    /// Blocks in a row.
    pub blocks: usize,
    /// Rows and columns of patches that position embeddings are kept for; other numbers are interpolated.
    pub grid: usize,
}

impl VitConfig {
    /// ViT-Tiny/16 (DeiT, arXiv 2012.12877).
    pub fn tiny(in_channels: usize) -> Self {
        Self { in_channels, dimensions: 192, heads: 3, blocks: 12, grid: 14 }
    }

    /// ViT-Small/16 (DeiT, arXiv 2012.12877).
    pub fn small(in_channels: usize) -> Self {
        Self { dimensions: 384, heads: 6, ..Self::tiny(in_channels) }
    }

    /// See [`super::EncoderConfig::check`].
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let Self { dimensions, heads, blocks, grid, .. } = *self;
        if !(1..=super::MAX_WIDTH).contains(&dimensions) {
            return Err(super::TOO_WIDE);
        }
        if !(3..=super::MAX_BLOCKS).contains(&blocks) {
            return Err(super::TOO_DEEP);
        }
        if heads == 0 || !dimensions.is_multiple_of(heads) {
            return Err("its dimensions do not divide among its attention heads");
        }
        if !(1..=MAX_GRID).contains(&grid) {
            return Err("its position embeddings are out of range");
        }
        Ok(())
    }

    /// Builds the network with weights drawn from the device's generator, spread as timm does.
    pub fn init(&self, device: &Device) -> Vit {
        let dimensions = self.dimensions;
        let normal = |std: f64| Initializer::Normal { mean: 0.0, std };
        Vit {
            patch_embed: PatchEmbed {
                proj: Conv2dConfig::new([self.in_channels, dimensions], [PATCH, PATCH])
                    .with_stride([PATCH, PATCH])
                    .init(device),
            },
            cls_token: normal(1e-6).init([1, 1, dimensions], device),
            pos_embed: normal(0.02).init([1, 1 + self.grid * self.grid, dimensions], device),
            blocks: (0..self.blocks).map(|_| Block::new(dimensions, self.heads, device)).collect(),
            norm: new_norm(dimensions, device),
            grid: self.grid,
        }
    }
}

/// The encoder. See [`VitConfig`].
#[derive(Module, Debug)]
pub struct Vit {
    patch_embed: PatchEmbed,
    cls_token: Param<Tensor<3>>,
    pos_embed: Param<Tensor<3>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    grid: usize,
}

#[derive(Module, Debug)]
struct PatchEmbed {
    proj: Conv2d,
}

impl Vit {
    /// Features for maps, enlarged to the strides that they stand for.
    ///
    /// # Shapes
    /// - `input`: `[batch, in_channels, height, width]`, height and width multiples of 16
    pub fn stages(&self, input: Tensor<4>) -> Stages {
        let patches = conv2d(&self.patch_embed.proj, input);
        let [_, _, rows, columns] = patches.dims();
        let (first, rest) = self.blocks.split_at(self.blocks.len() / 3);
        let (second, third) = rest.split_at(self.blocks.len() * 2 / 3 - first.len());
        let near = run(first, self.tokens(patches));
        let middle = run(second, near.clone());
        let far = run(third, middle.clone());
        Stages {
            stride4: enlarge(map(near, [rows, columns]), [4 * rows, 4 * columns]),
            stride8: enlarge(map(middle, [rows, columns]), [2 * rows, 2 * columns]),
            stride16: map(far, [rows, columns]),
        }
    }

    /// The last norm, which only the projection needs.
    ///
    /// # Shapes
    /// - `stride16`, output: `[batch, dimensions, height / 16, width / 16]`
    pub fn last_layer(&self, stride16: Tensor<4>) -> Tensor<4> {
        let normed = layer_norm(&self.norm, stride16.permute([0, 2, 3, 1]));
        normed.permute([0, 3, 1, 2])
    }

    /// Patches with their positions, behind the class token.
    ///
    /// # Shapes
    /// - `patches`: `[batch, dimensions, rows, columns]`
    /// - output: `[batch, 1 + rows · columns, dimensions]`
    fn tokens(&self, patches: Tensor<4>) -> Tensor<3> {
        let [batch, dimensions, rows, columns] = patches.dims();
        let precision = patches.dtype();
        let positions = self.pos_embed.val();
        let patches = patches.reshape([batch, dimensions, rows * columns]).swap_dims(1, 2)
            + in_precision(
                self.positions(positions.clone().narrow(1, 1, self.grid * self.grid), [rows, columns]),
                precision,
            );
        let class = in_precision(self.cls_token.val() + positions.narrow(1, 0, 1), precision);
        Tensor::cat(vec![class.expand([batch, 1, dimensions]), patches], 1)
    }

    /// Position embeddings for another grid.
    ///
    /// # Shapes
    /// - `positions`: `[1, grid · grid, dimensions]`
    /// - output: `[1, rows · columns, dimensions]`
    fn positions(&self, positions: Tensor<3>, [rows, columns]: [usize; 2]) -> Tensor<3> {
        let (grid, device) = (self.grid, positions.device());
        if [rows, columns] == [grid, grid] {
            return positions;
        }
        let [_, _, dimensions] = positions.dims();
        let weights = |to: usize| Tensor::<3>::from_data(TensorData::new(bicubic(grid, to), [1, to, grid]), &device);
        let along_rows = weights(rows).matmul(positions.reshape([1, grid, grid * dimensions]));
        let along_both =
            weights(columns).expand([rows, columns, grid]).matmul(along_rows.reshape([rows, grid, dimensions]));
        along_both.reshape([1, rows * columns, dimensions])
    }
}

/// Tokens as a map, without the class token.
fn map(tokens: Tensor<3>, [rows, columns]: [usize; 2]) -> Tensor<4> {
    let [batch, _, dimensions] = tokens.dims();
    tokens.narrow(1, 1, rows * columns).swap_dims(1, 2).reshape([batch, dimensions, rows, columns])
}

fn run(blocks: &[Block], tokens: Tensor<3>) -> Tensor<3> {
    blocks.iter().fold(tokens, |tokens, block| block.forward(tokens))
}

#[derive(Module, Debug)]
struct Block {
    norm1: LayerNorm,
    attn: Attention,
    norm2: LayerNorm,
    mlp: Mlp,
}

impl Block {
    fn new(dimensions: usize, heads: usize, device: &Device) -> Self {
        Self {
            norm1: new_norm(dimensions, device),
            attn: Attention {
                qkv: new_linear(dimensions, 3 * dimensions, device),
                proj: new_linear(dimensions, dimensions, device),
                heads,
            },
            norm2: new_norm(dimensions, device),
            mlp: Mlp {
                fc1: new_linear(dimensions, MLP_RATIO * dimensions, device),
                fc2: new_linear(MLP_RATIO * dimensions, dimensions, device),
            },
        }
    }

    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let tokens = tokens.clone() + self.attn.forward(layer_norm(&self.norm1, tokens));
        tokens.clone() + self.mlp.forward(layer_norm(&self.norm2, tokens))
    }
}

/// Burn's multi-head attention has a layer each for queries, keys and values; timm has one for all three.
#[derive(Module, Debug)]
struct Attention {
    qkv: Linear,
    proj: Linear,
    heads: usize,
}

impl Attention {
    /// # Shapes
    /// - `tokens`, output: `[batch, tokens, dimensions]`
    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let [batch, count, dimensions] = tokens.dims();
        let size = dimensions / self.heads;
        let all = linear(&self.qkv, tokens).reshape([batch, count, 3, self.heads, size]).permute([2, 0, 3, 1, 4]);
        let part = |index: usize| -> Tensor<4> { all.clone().narrow(0, index, 1).squeeze_dim(0) };
        // Said, although it is the default: where it is said, Burn's GPU backends take plain matrix products, as training
        // does, and not a fused kernel.
        let options = AttentionModuleOptions { scale: Some(1.0 / (size as f64).sqrt()), ..Default::default() };
        let attended = attention(part(0), part(1), part(2), None, None, options);
        linear(&self.proj, attended.swap_dims(1, 2).reshape([batch, count, dimensions]))
    }
}

#[derive(Module, Debug)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        linear(&self.fc2, gelu(linear(&self.fc1, tokens)))
    }
}

fn new_norm(dimensions: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(dimensions).with_epsilon(1e-6).init(device)
}

fn new_linear(inside: usize, outside: usize, device: &Device) -> Linear {
    let drawn = LinearConfig::new(inside, outside)
        .with_bias(false)
        .with_initializer(Initializer::Normal { mean: 0.0, std: 0.02 })
        .init(device);
    Linear { bias: Some(Initializer::Zeros.init([outside], device)), ..drawn }
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod tests;
