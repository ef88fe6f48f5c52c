//! Random weights that follow a run's seed, whatever else draws in the process.

use std::sync::{Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

/// Held while weights are drawn: a device has one generator, which all runs of a process share.
static DRAWING: Mutex<()> = Mutex::new(());

/// The module with its weights drawn on `device` from `seed`. All that draws weights goes through here.
pub fn drawn<M: Module>(seed: u64, device: &Device, module: impl FnOnce() -> M) -> M {
    // Who panicked in here left nothing half done: the generator is seeded anew.
    let _alone = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    let module = module();
    module.visit(&mut LookedAt);
    module
}

/// Burn draws a weight when it is first looked at; those that were filled before are left alone.
struct LookedAt;

impl ModuleVisitor for LookedAt {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let _ = param.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Weights;
    use crate::testing::tiny;

    #[test]
    fn runs_side_by_side_begin_as_their_seeds_say() {
        let (config, device) = (tiny(Vec::new()).card.network, Device::flex());
        let start = |seed| Weights::of(&drawn(seed, &device, || config.init(&device))).to_bytes().unwrap();
        let alone: Vec<_> = (0..4).map(start).collect();
        assert!(alone[1..].iter().all(|other| *other != alone[0]));
        for _ in 0..5 {
            let together: Vec<_> = std::thread::scope(|scope| {
                let runs: Vec<_> = (0..4).map(|seed| scope.spawn(move || start(seed))).collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            assert!(together == alone);
        }
    }
}
