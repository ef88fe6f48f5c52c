//! AdamW over a whole module (arXiv 1711.05101), with its state by path. Burn's own module optimiser keeps its state by
//! random parameter numbers and reads it back onto whichever device it likes best, so a run could not go on elsewhere.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, GradientsParams, Optimizer};
use burn::tensor::Tensor;
use burn::tensor::container::TensorContainer;

use crate::hardware::beside_learning;

/// The rule and its moments.
pub(crate) struct Optimiser {
    rule: AdamW,
    /// `AdamWState` of each parameter that had a gradient, by its path.
    states: TensorContainer<String>,
}

/// The state, in modules of the trained one's shape.
pub(crate) struct Moments<M> {
    /// First moments; parameters without a state keep their values, which mean nothing.
    pub(crate) first: M,
    /// Second moments, likewise.
    pub(crate) second: M,
    /// Updates of each parameter that has a state.
    pub(crate) updates: BTreeMap<String, usize>,
}

impl Optimiser {
    pub(crate) fn new(weight_decay: f32) -> Self {
        let rule = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(weight_decay).build();
        Self { rule, states: TensorContainer::new() }
    }

    /// The module after one update, with the learning rate that each parameter's path gets.
    pub(crate) fn step<M: Module>(&mut self, rate: &dyn Fn(&str) -> f64, module: M, gradients: GradientsParams) -> M {
        module.map(&mut Step { optimiser: self, rate, gradients, path: Vec::new() })
    }

    /// The state, to be written down. `like` is the trained module.
    pub(crate) fn moments<M: Module>(&self, like: &M) -> Moments<M> {
        let mut updates = BTreeMap::new();
        let [first, second] = [0, 1].map(|which| {
            like.valid().map(&mut Show { optimiser: self, which, updates: &mut updates, path: Vec::new() })
        });
        Moments { first, second, updates }
    }

    /// Takes over a state that was written down.
    pub(crate) fn restore<M: Module>(&mut self, moments: Moments<M>) {
        let mut firsts = TensorContainer::new();
        moments.first.map(&mut Collect { into: &mut firsts, path: Vec::new() });
        let mut adopt = Adopt { optimiser: self, firsts, updates: moments.updates, path: Vec::new() };
        moments.second.map(&mut adopt);
    }
}

/// Where a mapper is in the module.
macro_rules! keeps_path {
    () => {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_owned());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
    };
}

struct Step<'a> {
    optimiser: &'a mut Optimiser,
    rate: &'a dyn Fn(&str) -> f64,
    gradients: GradientsParams,
    path: Vec<String>,
}

impl ModuleMapper for Step<'_> {
    keeps_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        let path = self.path.join(".");
        let Optimiser { rule, states } = &mut *self.optimiser;
        let (id, tensor, mapper) = param.consume();
        let (requires, device) = (tensor.is_require_grad(), tensor.device());
        let state = states.remove::<AdamWState<D>>(&path);
        let (updated, state) = rule.step((self.rate)(&path), tensor.inner(), gradient, state);
        if let Some(state) = state {
            states.register(path, state);
        }
        Param::from_mapped_value(id, beside_learning(updated, &device).set_require_grad(requires), mapper)
    }
}

struct Show<'a> {
    optimiser: &'a Optimiser,
    which: usize,
    updates: &'a mut BTreeMap<String, usize>,
    path: Vec<String>,
}

impl ModuleMapper for Show<'_> {
    keeps_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let Some(AdamWState { momentum }) = self.optimiser.states.get::<AdamWState<D>>(&path) else { return param };
        self.updates.insert(path, momentum.time);
        param.map(|_| if self.which == 0 { momentum.moment_1 } else { momentum.moment_2 })
    }
}

struct Collect<'a> {
    into: &'a mut TensorContainer<String>,
    path: Vec<String>,
}

impl ModuleMapper for Collect<'_> {
    keeps_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.into.register(self.path.join("."), param.val());
        param
    }
}

struct Adopt<'a> {
    optimiser: &'a mut Optimiser,
    firsts: TensorContainer<String>,
    updates: BTreeMap<String, usize>,
    path: Vec<String>,
}

impl ModuleMapper for Adopt<'_> {
    keeps_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        if let (Some(&updates), Some(first)) = (self.updates.get(&path), self.firsts.get::<Tensor<D>>(&path)) {
            let momentum = AdaptiveMomentumState::new(updates, first, param.val());
            self.optimiser.states.register(path, AdamWState::new(momentum));
        }
        param
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::{Device, TensorData};

    fn gradients(linear: &Linear, step: usize) -> GradientsParams {
        let values: Vec<f32> = (0..8).map(|i| ((i * 7 + step * 3) % 5) as f32 - 2.0).collect();
        let input = Tensor::<2>::from_data(TensorData::new(values, [2, 4]), &Device::flex().autodiff());
        GradientsParams::from_grads(linear.forward(input).square().mean().backward(), linear)
    }

    fn values(linear: &Linear) -> Vec<f32> {
        linear.weight.val().try_into_vec_as().unwrap()
    }

    #[test]
    fn updates_are_those_of_burns_optimiser_and_go_on_from_what_was_written_down() {
        let device = Device::flex().autodiff();
        let mut ours = sightline_model::drawn(1, &device, || LinearConfig::new(4, 3).init(&device));
        let mut burns = ours.clone();
        let mut optimiser = Optimiser::new(0.01);
        let mut reference = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.01).init();
        for step in 0..6 {
            if step == 3 {
                let moments = optimiser.moments(&ours);
                assert_eq!(moments.updates.values().collect::<Vec<_>>(), [&3, &3]);
                optimiser = Optimiser::new(0.01);
                optimiser.restore(moments);
            }
            let (gradient, again) = (gradients(&ours, step), gradients(&burns, step));
            ours = optimiser.step(&|_| 0.1, ours, gradient);
            burns = reference.step(0.1, burns, again);
            assert_eq!(values(&ours), values(&burns), "step {step}");
        }
    }
}
