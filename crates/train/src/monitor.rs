//! Watches the projections for collapse: an encoder that says the same about every picture has learnt nothing.

use burn::tensor::Tensor;
use sightline_core::{LearnHealth, LearnWarning};

use crate::TrainError;
use crate::nt_xent::normalise;

/// Steps between two looks at the projections.
pub(crate) const LOOK_EVERY: usize = 20;

/// A run that learns by its projections alone is stopped after this many looks in a row at collapsed ones.
pub(crate) const DEAD_LOOKS: usize = 10;

/// Below this share of the spread that independent directions have, features count as collapsed.
const COLLAPSED: f64 = 0.1;

/// State of the projections in one batch, by the measures of Wang and Isola (arXiv 2005.10242, section 4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Health {
    /// Mean squared distance of the two views of a part: 0 when they are told alike.
    pub(crate) alignment: f64,
    /// Logarithm of the mean of exp(−2 · squared distance) over pairs of parts: 0 when all parts are told alike, −4
    /// when they lie as far apart as a sphere allows.
    pub(crate) uniformity: f64,
    /// Mean standard deviation over dimensions of normalised projections, times √dimensions: near 1 when directions
    /// are independent, 0 when all are the same.
    pub(crate) spread: f64,
}

impl Health {
    /// Computed on the host in double precision: a look at a small batch now and then.
    ///
    /// # Shapes
    /// - `first`, `second`: `[batch, dimensions]`, projections of the two views, not normalised, without gradients
    pub(crate) fn of(first: Tensor<2>, second: Tensor<2>) -> Self {
        let [_, dimensions] = first.dims();
        let [first, second] = [first, second].map(|z| {
            let values = normalise(z).into_data();
            values.iter::<f32>().map(f64::from).collect::<Vec<f64>>()
        });
        let [a, b] = [&first, &second].map(|z| z.chunks_exact(dimensions.max(1)).collect::<Vec<_>>());
        let alignment = mean(a.iter().zip(&b).map(|(a, b)| squared_distance(a, b)));
        let uniformity = 0.5 * (uniformity(&a) + uniformity(&b));
        let deviations = (0..dimensions).map(|d| {
            let column = || a.iter().chain(&b).map(|row| row[d]);
            let centre = mean(column());
            mean(column().map(|value| (value - centre).powi(2))).sqrt()
        });
        Self { alignment, uniformity, spread: mean(deviations) * (dimensions as f64).sqrt() }
    }

    fn collapsed(self) -> bool {
        self.spread.is_nan() || self.spread < COLLAPSED
    }

    /// A warning, when there is reason for one.
    pub(crate) fn warning(self) -> Option<LearnWarning> {
        self.collapsed().then(|| LearnWarning::Collapsed((100.0 * self.spread).round() as u32))
    }
}

impl From<Health> for LearnHealth {
    fn from(Health { alignment, uniformity, spread }: Health) -> Self {
        Self { alignment, uniformity, spread }
    }
}

/// What the looks said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Monitor {
    /// The last look.
    pub(crate) health: Option<Health>,
    /// Looks in a row at collapsed projections.
    pub(crate) collapsed: usize,
}

impl Monitor {
    /// Takes in a look. `alone` tells that nothing but the projections is learnt by.
    ///
    /// # Errors
    /// When the run is dead: `alone`, and collapsed for [`DEAD_LOOKS`] looks. Beside a synthetic-defect term, which
    /// goes on learning, collapse is only warned of.
    pub(crate) fn look(&mut self, health: Health, alone: bool, step: usize) -> Result<(), TrainError> {
        self.health = Some(health);
        self.collapsed = if health.collapsed() { self.collapsed + 1 } else { 0 };
        if alone && self.collapsed >= DEAD_LOOKS {
            return Err(TrainError::Collapsed {
                step: step + 1,
                looks: self.collapsed,
                every: LOOK_EVERY,
                spread_percent: 100.0 * health.spread,
            });
        }
        Ok(())
    }

    /// The warning of the last look.
    pub(crate) fn warning(&self) -> Option<LearnWarning> {
        self.health.and_then(Health::warning)
    }
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

fn uniformity(rows: &[&[f64]]) -> f64 {
    let pairs = rows.iter().enumerate().flat_map(|(i, a)| rows[..i].iter().map(move |b| squared_distance(a, b)));
    mean(pairs.map(|squared| (-2.0 * squared).exp())).ln()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0_f64), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests;
