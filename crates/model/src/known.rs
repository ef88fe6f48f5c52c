//! What was learned from labels: a second network beside the one that never saw a label. It starts as that one's copy, so
//! it too knows synthetic defects; the first stays as it was, bit for bit, so labels cannot make it forget.

mod card;
mod scorer;

use burn::module::Module;
use burn::tensor::Device;
use sightline_core::HeatMap;

use crate::decision::DecisionHead;
use crate::{Network, NetworkConfig};
pub use card::{KnownCard, KnownMade, TailCard};
pub use scorer::KnownScorer;

/// The network that labels train.
#[derive(Module, Debug)]
pub struct KnownNetwork {
    /// Encoder and per-pixel head.
    pub network: Network,
    /// Map and features → defective or not, and which class.
    pub decision: DecisionHead,
}

impl KnownNetwork {
    /// From a network, with a fresh decision head.
    pub fn new(network: Network, config: &NetworkConfig, hidden: usize, classes: usize, device: &Device) -> Self {
        Self { network, decision: DecisionHead::new(config.cell_dimensions(), hidden, classes, device) }
    }
}

/// What the labelled half says about one part, before its evidence is read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawKnown {
    /// Logits of the per-pixel head that labels trained, at the grid of the other maps.
    pub map: HeatMap,
    /// Mean of the map's largest cells.
    pub peak: f64,
    /// Logit of "defective".
    pub decision: f64,
    /// Logits of the classes.
    pub classes: Vec<f32>,
}

#[cfg(test)]
mod tests;
