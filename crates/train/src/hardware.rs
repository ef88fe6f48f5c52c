//! What a run computes on: one device, or several that each take a share of every batch.

use std::ops::Range;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use sightline_model::DeviceInfo;

/// The devices of a run, and how they learn.
#[derive(Debug, Clone)]
pub(crate) struct Hardware<'a> {
    /// Where the weights are updated, and all that is no training step is computed.
    pub(crate) main: &'a DeviceInfo,
    /// Further devices that take a share of each batch.
    pub(crate) beside: &'a [DeviceInfo],
    /// Whether activations are computed again on the way back instead of kept.
    pub(crate) recompute: bool,
}

impl Hardware<'_> {
    /// All devices, the main one first.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &DeviceInfo> {
        std::iter::once(self.main).chain(self.beside)
    }

    /// How many devices there are.
    pub(crate) fn count(&self) -> usize {
        1 + self.beside.len()
    }

    /// A device with gradients.
    pub(crate) fn learning(&self, device: &DeviceInfo) -> Device {
        let learning = device.device.clone().autodiff();
        if self.recompute { learning.gradient_checkpointing() } else { learning }
    }

    /// Shares of a batch, dealt in their order: the first ones to the main device, the next to the one beside it.
    pub(crate) fn deal(&self, shares: Vec<Range<usize>>) -> Vec<Vec<Range<usize>>> {
        let (count, devices) = (shares.len(), self.count());
        let mut shares = shares.into_iter();
        let end = |device: usize| device * count / devices;
        (0..devices).map(|device| shares.by_ref().take(end(device + 1) - end(device)).collect()).collect()
    }
}

/// A plain tensor among those that learn on `device`: no gradient reaches it.
pub(crate) fn beside_learning<const D: usize>(plain: Tensor<D>, device: &Device) -> Tensor<D> {
    let tensor = plain.autodiff();
    match device.gradient_checkpointing_strategy() {
        Some(strategy) => tensor.with_gradient_checkpointing_strategy(strategy),
        None => tensor,
    }
}

/// A copy that learns on `device` and keeps nothing in common with the module: see
/// [`follower_of`](crate::momentum::follower_of). Parameters keep their numbers, by which gradients find them.
pub(crate) fn learner_on<M: Module>(module: &M, device: &Device) -> M {
    module.valid().fork(&device.clone().without_autodiff()).train().map(&mut Onto { device })
}

/// What meets in an operation must agree on whether activations are kept.
struct Onto<'a> {
    device: &'a Device,
}

impl ModuleMapper for Onto<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let tensor = match self.device.gradient_checkpointing_strategy() {
            Some(strategy) if tensor.is_autodiff() => tensor.with_gradient_checkpointing_strategy(strategy),
            _ => tensor,
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_dealt_in_order_and_evenly() {
        let device = |id: &str| DeviceInfo { id: id.to_owned(), name: String::new(), device: Device::flex() };
        let (main, beside) = (device("a"), [device("b"), device("c")]);
        let check = |beside: &[DeviceInfo], shares: usize, expected: &[usize]| {
            let hardware = Hardware { main: &main, beside, recompute: false };
            let dealt = hardware.deal((0..shares).map(|share| share..share + 1).collect());
            assert_eq!(dealt.iter().map(Vec::len).collect::<Vec<_>>(), expected);
            assert!(dealt.concat().windows(2).all(|pair| pair[0].end == pair[1].start));
        };
        check(&[], 3, &[3]);
        check(&beside[..1], 2, &[1, 1]);
        check(&beside, 6, &[2, 2, 2]);
        check(&beside, 4, &[1, 1, 2]);
        check(&beside, 2, &[0, 1, 1]);
    }
}
