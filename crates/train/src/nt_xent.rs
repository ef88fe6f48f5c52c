//! The contrastive loss of SimCLR: normalised-temperature cross entropy (arXiv 2002.05709, equation 1), that is
//! InfoNCE (arXiv 1807.03748) with both views of all other pictures as negatives.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// A similarity that the softmax gives no share: −∞, but without its NaN where a row has nothing else.
pub(crate) const NEVER: f32 = -1e9;

/// Mean NT-Xent loss over all rows.
///
/// A row's similarity with itself is set to −∞ before the softmax. Multiplying it by zero instead would leave exp(0) = 1
/// in the denominator, a negative that does not exist.
///
/// # Shapes
/// - `first`, `second`: `[batch, dimensions]`, projections of the two views, not normalised
/// - output: `[1]`
pub fn nt_xent(first: Tensor<2>, second: Tensor<2>, temperature: f32) -> Tensor<1> {
    let device = first.device();
    let [batch, _] = first.dims();
    let rows = 2 * batch;
    let z = normalise(Tensor::cat(vec![first, second], 0));
    let similarity = z.clone().matmul(z.transpose()).div_scalar(temperature);
    let own = Tensor::<2>::eye(rows, &device.clone().inner()).greater_elem(0.5);
    let own = Tensor::from_data(own.into_data(), &device);
    let log_probability = log_softmax(similarity.mask_fill(own, NEVER), 1);
    // Row i's positive is the other view of the same picture: i + B mod 2B.
    let positives: Vec<i32> = (0..rows).map(|row| ((row + batch) % rows) as i32).collect();
    let positives = Tensor::<1, Int>::from_ints(positives.as_slice(), &device).reshape([rows, 1]);
    log_probability.gather(1, positives).mean().neg()
}

/// Rows of length one.
///
/// # Shapes
/// - `z`: `[rows, dimensions]`
pub fn normalise(z: Tensor<2>) -> Tensor<2> {
    let length = z.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
    z / length
}

#[cfg(test)]
mod goldens;
