//! What is trained: the network that the model keeps, and what only training needs.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use sightline_model::encoder::Stages;
use sightline_model::{Network, Start};

use crate::PretrainConfig;
use crate::dense::DenseHead;

/// A network with the dense term's head.
#[derive(Module, Debug)]
pub(crate) struct Student {
    /// What the model keeps.
    pub(crate) network: Network,
    /// What the dense term compares; none when no stage has that term.
    pub(crate) dense: Option<DenseHead>,
}

impl Student {
    /// A run's start on `device`. The network's are drawn first: it starts the same with and without a dense term.
    pub(crate) fn new(start: &Start, config: &PretrainConfig, device: &Device) -> Self {
        let [_, fine, coarse, _] = start.network.encoder.channels();
        let network = start.init(device);
        let dense = config
            .any_stage(|weights| weights.dense > 0.0)
            .then(|| DenseHead::new([fine, coarse], start.network.projection, device));
        Self { network, dense }
    }

    /// Feature maps of views.
    ///
    /// # Shapes
    /// - `views`: `[batch, channels, height, width]`
    pub(crate) fn stages(&self, views: Tensor<4>) -> Stages {
        self.network.encoder.stages(views)
    }

    /// What the contrastive term compares.
    ///
    /// # Shapes
    /// - output: `[batch, projection]`, not normalised
    pub(crate) fn project(&self, stages: &Stages) -> Tensor<2> {
        self.network.projection.forward(self.network.encoder.last_layer(stages.stride16.clone()))
    }

    /// What the dense term compares, for chosen cells of each picture; none without that term.
    ///
    /// # Shapes
    /// - output: `[all cells, projection]`, not normalised
    pub(crate) fn cells<'a>(&self, stages: &Stages, cells: impl Iterator<Item = &'a [usize]>) -> Option<Tensor<2>> {
        self.dense.as_ref().map(|head| head.forward(stages, cells))
    }
}
