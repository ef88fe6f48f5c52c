//! Watches the projections for collapse: an encoder that says the same about every picture has learnt nothing.

use burn::tensor::Tensor;

use crate::nt_xent::normalise;

/// Below this share of the spread that independent directions have, features count as collapsed.
const COLLAPSED: f64 = 0.1;

/// State of the projections in one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// Mean standard deviation over dimensions of normalised projections, times √dimensions: near 1 when directions
    /// are independent, 0 when all are the same.
    pub(crate) relative: f64,
}

impl Spread {
    /// # Shapes
    /// - `z`: `[batch, dimensions]`
    pub(crate) fn of(z: Tensor<2>) -> Self {
        let [_, dimensions] = z.dims();
        let z = normalise(z.detach());
        let deviation = z.var_bias(0).sqrt().mean().into_scalar::<f32>();
        Self { relative: f64::from(deviation) * (dimensions as f64).sqrt() }
    }

    /// A warning in words, when there is reason for one.
    pub(crate) fn warning(self) -> Option<String> {
        (self.relative < COLLAPSED).then(|| {
            format!(
                "the features look collapsed: their spread is {:.0} % of that of independent ones",
                100.0 * self.relative
            )
        })
    }
}
