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

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Rows of a shared direction with independent values on top.
    fn spread(shared: f32, own: f32) -> Spread {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let values: Vec<f32> =
            (0..64 * 32).map(|i| shared * ((i % 32) as f32).cos() + own * rng.random_range(-1.0..1.0_f32)).collect();
        Spread::of(Tensor::from_data(TensorData::new(values, [64, 32]), &Device::flex()))
    }

    #[test]
    fn features_that_say_the_same_about_all_pictures_are_told() {
        let collapsed = spread(1.0, 0.0);
        assert!(collapsed.relative < 1e-3, "{collapsed:?}");
        assert!(collapsed.warning().unwrap().contains("collapsed"));
        assert!(spread(1.0, 0.05).warning().is_some());
    }

    #[test]
    fn independent_features_have_a_spread_near_one() {
        let healthy = spread(0.0, 1.0);
        assert!((healthy.relative - 1.0).abs() < 0.05, "{healthy:?}");
        assert_eq!(healthy.warning(), None);
        // The length of a projection says nothing.
        assert!((spread(0.0, 100.0).relative - healthy.relative).abs() < 1e-3);
        assert_eq!(spread(1.0, 1.0).warning(), None);
    }
}
