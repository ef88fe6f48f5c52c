//! Networks that follow another one slowly: MoCo's key encoder, and the average of the weights that a run ends with.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use burn::tensor::container::TensorContainer;

/// Momentum of MoCo's key encoder: from `start` to 1 along half a cosine (BYOL, arXiv 2006.07733, section 3.2).
/// In the first steps [`early`] bounds it: in a run of a few hundred steps 0.99 would keep the random start for long.
pub(crate) fn key_momentum(start: f64, step: usize, steps: usize) -> f64 {
    let share = step as f64 / steps.max(1) as f64;
    (1.0 - (1.0 - start) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())).min(early(step))
}

/// Decay of the average of the weights: what was wished, less in the first steps.
pub(crate) fn average_decay(decay: f64, step: usize) -> f64 {
    decay.min(early(step))
}

/// The largest decay after this many steps: the average of a short past is not spread over a long one.
fn early(step: usize) -> f64 {
    (1 + step) as f64 / (10 + step) as f64
}

/// A copy that keeps nothing in common with its original: `clone` and `fork` share batch norm's running statistics,
/// and a forward pass of one would move the other's. It stands on the device without gradients and judges by its
/// running statistics; parameters keep their numbers, by which [`follow`] finds them.
pub(crate) fn follower_of<M: Module>(leader: &M) -> M {
    leader.valid()
}

/// `decay · follower + (1 − decay) · leader`, for parameters and for batch norm's running statistics.
///
/// A follower that normalises by averaged statistics instead of its batch's cannot tell from them which keys belong to
/// which queries, so the batch needs no shuffling (EMAN, arXiv 2101.08482, section 3.2).
pub(crate) fn follow<M: Module>(follower: &mut M, leader: &M, decay: f64) {
    let mut values = Values { tensors: TensorContainer::new() };
    // `valid` takes in the statistics of the last forward pass, which `visit` alone would miss.
    leader.valid().visit(&mut values);
    *follower = follower.clone().map(&mut Mixer { leader: values.tensors, decay });
}

struct Values {
    tensors: TensorContainer<ParamId>,
}

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.register(param.id, param.val());
    }
}

struct Mixer {
    leader: TensorContainer<ParamId>,
    decay: f64,
}

impl ModuleMapper for Mixer {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.leader.get::<Tensor<D>>(&param.id) {
            Some(leader) => param.map(|own| own.mul_scalar(self.decay).add(leader.mul_scalar(1.0 - self.decay))),
            None => param,
        }
    }
}

#[cfg(test)]
mod tests;
