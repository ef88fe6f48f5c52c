//! Mixed precision by hand: a layer computes in the precision of its input. Its weights stay single and are cast on the
//! way, so that their gradients come back single (arXiv 1710.03740, section 3.1). What half precision is too coarse for,
//! batch norm's statistics and what losses are made of, is computed in single.

use burn::nn::{LayerNorm, Linear};
use burn::tensor::{DType, Tensor};

/// The tensor in a precision; the same tensor when it has it.
pub fn in_precision<const D: usize>(tensor: Tensor<D>, precision: DType) -> Tensor<D> {
    if tensor.dtype() == precision { tensor } else { tensor.cast(burn::tensor::FloatDType::from(precision)) }
}

/// The tensor in single precision.
pub fn in_single<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    in_precision(tensor, DType::F32)
}

/// `layer.forward(x)`.
pub(crate) fn linear<const D: usize>(layer: &Linear, x: Tensor<D>) -> Tensor<D> {
    let precision = x.dtype();
    let weight = layer.weight.val();
    if weight.dtype() == precision {
        return layer.forward(x);
    }
    let bias = layer.bias.as_ref().map(|bias| in_precision(bias.val(), precision));
    burn::tensor::module::linear(x, in_precision(weight, precision), bias)
}

/// `layer.forward(x)`, in single precision whatever the input's.
pub(crate) fn layer_norm<const D: usize>(layer: &LayerNorm, x: Tensor<D>) -> Tensor<D> {
    let precision = x.dtype();
    in_precision(layer.forward(in_single(x)), precision)
}

#[cfg(test)]
mod tests;
