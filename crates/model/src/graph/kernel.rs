//! Convolutions with what follows them folded in: a batch norm that judges is a factor and an offset for each channel,
//! and both can be had for nothing from the weights before it.

use crate::{ModelError, Weights};

/// What is added to a variance before its root is taken: the default of Burn's batch norm, and PyTorch's.
const EPSILON: f64 = 1e-5;

/// Weights and bias of a convolution.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    pub(super) name: String,
    /// `[outside, inside, side, side]`
    pub(super) shape: [usize; 4],
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// A factor and an offset for each channel.
pub(super) struct Affine {
    factor: Vec<f64>,
    offset: Vec<f64>,
}

impl Kernel {
    /// The convolution at a path, with its bias if it has one.
    ///
    /// # Errors
    /// When it is missing, or is no convolution with a square kernel.
    pub(super) fn read(weights: &Weights, path: &str) -> Result<Self, ModelError> {
        let (shape, weight) = weights.tensor(&format!("{path}.weight"))?;
        let [outside, inside, side, other] = *shape else { return Err(wrong(path, shape)) };
        if side != other || weight.is_empty() {
            return Err(wrong(path, shape));
        }
        let bias_path = format!("{path}.bias");
        let bias = match weights.has(&bias_path) {
            true => weights.vector(&bias_path, outside)?,
            false => vec![0.0; outside],
        };
        Ok(Self { name: path.to_owned(), shape: [outside, inside, side, side], weight, bias })
    }

    /// The convolution at a path with the batch norm that follows it.
    ///
    /// # Errors
    /// When one of the two is missing, or they do not belong together.
    pub(super) fn folded(weights: &Weights, path: &str, norm: &str) -> Result<Self, ModelError> {
        let kernel = Self::read(weights, path)?;
        let affine = Affine::read(weights, norm, kernel.shape[0])?;
        Ok(kernel.scaled(&affine).shifted(&affine))
    }

    /// The convolution whose output is multiplied by the factors.
    pub(super) fn scaled(mut self, affine: &Affine) -> Self {
        let patch = (self.weight.len() / self.shape[0].max(1)).max(1);
        for (channel, factor) in self.weight.chunks_exact_mut(patch).zip(&affine.factor) {
            channel.iter_mut().for_each(|value| *value = (f64::from(*value) * factor) as f32);
        }
        for (value, factor) in self.bias.iter_mut().zip(&affine.factor) {
            *value = (f64::from(*value) * factor) as f32;
        }
        self
    }

    /// The convolution to whose output the offsets are added.
    pub(super) fn shifted(mut self, affine: &Affine) -> Self {
        for (value, offset) in self.bias.iter_mut().zip(&affine.offset) {
            *value = (f64::from(*value) + offset) as f32;
        }
        self
    }
}

impl Affine {
    /// The batch norm at a path, with its running statistics.
    ///
    /// # Errors
    /// When it is missing or is for another number of channels.
    pub(super) fn read(weights: &Weights, path: &str, channels: usize) -> Result<Self, ModelError> {
        let vector = |name: &str| weights.vector(&format!("{path}.{name}"), channels);
        let (gamma, beta) = (vector("gamma")?, vector("beta")?);
        let (mean, variance) = (vector("running_mean")?, vector("running_var")?);
        let factor: Vec<f64> =
            gamma.iter().zip(&variance).map(|(g, v)| f64::from(*g) / (f64::from(*v) + EPSILON).sqrt()).collect();
        let offset = beta.iter().zip(&mean).zip(&factor).map(|((b, m), factor)| f64::from(*b) - f64::from(*m) * factor);
        Ok(Self { offset: offset.collect(), factor })
    }
}

fn wrong(path: &str, shape: &[usize]) -> ModelError {
    ModelError::Damaged { what: "weights", detail: format!("{path} has the shape {shape:?}") }
}
