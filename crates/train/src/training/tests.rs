//! Steps: the rate, shares of a batch, and what MoCo and the average keep.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Device;
use sightline_image::{Input, Normalise, Preprocess};
use sightline_model::DeviceInfo;

use super::*;
use crate::memory::{Plan, plan};
use crate::testing::{Plates, config, recipe};
use crate::{EncoderKind, LearnConfig, Precision, PretrainConfig, SampleSource, Stage};

#[test]
fn the_rate_warms_up_and_falls_to_zero() {
    let rates: Vec<f64> = (0..100).map(|step| learning_rate(1.0, 100, step)).collect();
    assert_eq!(rates[0], 0.2);
    assert_eq!(rates[4], 1.0);
    assert!(rates[5..].windows(2).all(|pair| pair[1] <= pair[0]));
    assert!(rates[99] < 0.001);
}

/// Runs `test` with a run that was just made on the CPU.
fn with_training<T>(config: &LearnConfig, test: impl FnOnce(&mut Training, &Drawer<'_>, &Hardware<'_>) -> T) -> T {
    with_devices(config, 1, test)
}

/// The same on a CPU that stands for several devices.
fn with_devices<T>(
    config: &LearnConfig,
    devices: usize,
    test: impl FnOnce(&mut Training, &Drawer<'_>, &Hardware<'_>) -> T,
) -> T {
    let source = Plates::new(12);
    let preprocess = Preprocess::from(&recipe());
    let parts: Vec<Input> =
        (0..12).map(|index| preprocess.apply(&source.load(index).unwrap().frame).unwrap()).collect();
    let drawer = Drawer {
        parts: &parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy: config.views(&recipe()),
        normalise: &Normalise::learn(&parts).unwrap(),
        seed: 5,
    };
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let start = Start { network: config.network(1), encoder: None };
    let Plan { at_once, recompute } = plan(&start.network, &drawer, devices);
    let beside = vec![device.clone(); devices - 1];
    let hardware = Hardware { main: &device, beside: &beside, recompute };
    let mut training = Training::new(&start, &drawer, &hardware, at_once).unwrap();
    training.choose_precision(&drawer, &hardware).unwrap();
    test(&mut training, &drawer, &hardware)
}

struct Values<'a> {
    gradients: Option<&'a GradientsParams>,
    values: Vec<f32>,
}

impl ModuleVisitor for Values<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => gradients.get::<D>(param.id),
            None => Some(param.val()),
        };
        self.values.extend(tensor.into_iter().flat_map(|tensor| tensor.try_into_vec_as::<f32>().unwrap()));
    }
}

fn values_of(student: &Student, gradients: Option<&GradientsParams>) -> Vec<f32> {
    let mut values = Values { gradients, values: Vec::new() };
    student.valid().visit(&mut values);
    values.values
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

#[test]
fn shares_of_a_batch_add_up_to_the_batch() {
    let mut config = config();
    (config.pretrain.batch, config.pretrain.contrastive_weight) = (8, 0.0);
    with_training(&config, |training, drawer, hardware| {
        let mut batch = drawer.batch(0).unwrap();
        // Both halves show the same: batch norm has the same statistics in each half as in all.
        let drawn = batch.drawn.as_mut().unwrap();
        let cells = drawn.cells.len() / 2;
        drawn.pictures = [&drawn.pictures[..4], &drawn.pictures[..4]].concat();
        drawn.cells = [&drawn.cells[..cells], &drawn.cells[..cells]].concat();
        let terms = training.terms(drawer, 0, false);
        let of = |at_once: usize| {
            let shares = shares(8, at_once).collect();
            let gathered = gather(&training.student, &terms, &batch, shares, hardware).unwrap();
            (gathered.loss, values_of(&training.student, Some(&gathered.gradients)))
        };
        let ((whole_loss, whole), (loss, halves)) = (of(8), of(4));
        let length = distance(&whole, &vec![0.0; whole.len()]);
        // Dice's smoothing counts once a share.
        assert!((whole_loss - loss).abs() < 0.01 * whole_loss, "{whole_loss} and {loss}");
        assert!(distance(&whole, &halves) < 0.02 * length, "{} of {length}", distance(&whole, &halves));
    });
}

#[test]
fn little_memory_makes_shares_and_asks_for_mocos_queue() {
    let check = |memory_mib: usize, batch: usize, at_once: usize, moco: bool| {
        let mut config = config();
        (config.pretrain.memory_mib, config.pretrain.batch, config.head) = (memory_mib, batch, 32);
        with_training(&config, |training, _, _| {
            assert_eq!((training.at_once, training.keys.is_some()), (at_once, moco), "{memory_mib} MiB");
        });
    };
    check(8192, 8, 8, false);
    check(1, 8, 2, true);
    check(1, 7, 2, true);
}

#[test]
fn keys_fill_the_queue_and_the_key_encoder_and_the_average_trail_the_network() {
    let mut config = config();
    let pretrain = &mut config.pretrain;
    (pretrain.method, pretrain.queue, pretrain.dense_weight, pretrain.steps) = (Method::MoCo, 6, 1.0, 40);
    pretrain.stages = vec![
        Stage { share: 1.0, contrastive: 1.0, dense: 1.0, synthetic: 0.0 },
        Stage { share: 1.0, contrastive: 0.0, dense: 0.0, synthetic: 1.0 },
    ];
    with_training(&config, |training, drawer, hardware| {
        let start = values_of(&training.student, None);
        let mut held: Vec<usize> = Vec::new();
        for step in 0..25 {
            let batch = drawer.batch(step).unwrap();
            training.step(&batch, drawer, hardware).unwrap();
            let queue = training.keys.as_ref().unwrap().queue.held().0;
            if step < 20 {
                held.extend(&batch.parts);
                assert_eq!(queue, held[held.len().saturating_sub(6)..], "step {step}");
            }
        }
        assert_eq!(training.keys.as_ref().unwrap().queue.held().0, held[held.len() - 6..], "no views, no keys");
        let now = values_of(&training.student, None);
        let moved = distance(&start, &now);
        for follower in [&training.keys.as_ref().unwrap().encoder, training.average.as_ref().unwrap()] {
            let behind = distance(&values_of(follower, None), &now);
            assert!(behind > 0.0 && behind < moved, "{behind} behind, {moved} moved");
        }
    });
}

/// Every term, MoCo's keys, and the average.
fn everything() -> LearnConfig {
    let mut config = config();
    let pretrain = &mut config.pretrain;
    (pretrain.batch, pretrain.method, pretrain.queue, pretrain.dense_weight) = (8, Method::MoCo, 16, 0.5);
    config
}

/// Losses of some steps, and the weights after them.
fn losses_and_weights(config: &LearnConfig, devices: usize, steps: usize) -> (Vec<f64>, Vec<f32>) {
    with_devices(config, devices, |training, drawer, hardware| {
        let losses = (0..steps).map(|step| training.step(&drawer.batch(step).unwrap(), drawer, hardware).unwrap());
        let losses = losses.collect();
        (losses, values_of(&training.student, None))
    })
}

#[test]
fn two_devices_do_what_one_does_with_the_same_shares() {
    for (mut config, method) in [(everything(), Method::MoCo), (config(), Method::SimClr)] {
        (config.pretrain.batch, config.pretrain.method) = (8, method);
        let of = |devices: usize| {
            with_devices(&config, devices, |training, drawer, hardware| {
                // A step before, so that there are keys.
                training.at_once = 4;
                training.step(&drawer.batch(0).unwrap(), drawer, hardware).unwrap();
                let (batch, terms) = (drawer.batch(1).unwrap(), training.terms(drawer, 1, true));
                let shares = shares(8, 4).collect();
                let gathered = gather(&training.student, &terms, &batch, shares, hardware).unwrap();
                let keys: Vec<Vec<f32>> =
                    gathered.keys.iter().map(|keys| keys.clone().try_into_vec_as().unwrap()).collect();
                assert!(gathered.health.is_some());
                (gathered.loss, values_of(&training.student, Some(&gathered.gradients)), keys)
            })
        };
        let (one, two) = (of(1), of(2));
        assert!(one.1.iter().any(|&value| value != 0.0));
        assert_eq!((one.0.to_bits(), one.2.len()), (two.0.to_bits(), two.2.len()));
        // The sum of two has one order.
        assert!(one.1 == two.1 && one.2 == two.2, "gradients and keys, to the bit");
    }
}

#[test]
fn a_batch_is_divided_among_devices_and_weights_stay_one() {
    let mut config = config();
    config.pretrain.batch = 8;
    let (losses, weights) = losses_and_weights(&config, 3, 4);
    assert!(losses.iter().all(|loss| loss.is_finite()));
    assert_eq!(weights.len(), losses_and_weights(&config, 1, 1).1.len());
    with_devices(&config, 3, |training, _, hardware| {
        assert_eq!((training.at_once, hardware.deal(shares(8, training.at_once).collect()).len()), (3, 3));
        assert!(training.keys.is_some(), "the batch's own negatives would be a share's");
    });
    // Threads end in any order; the sum does not.
    assert!(losses_and_weights(&config, 3, 4).1 == weights);
}

#[test]
fn activations_that_are_computed_again_change_nothing() {
    let transformer = LearnConfig { ..everything() }.with_encoder(EncoderKind::VitTiny);
    for (config, steps) in [(everything(), 3), (config(), 3), (transformer, 1)] {
        let again =
            LearnConfig { pretrain: PretrainConfig { recompute: true, ..config.pretrain.clone() }, ..config.clone() };
        let (kept, computed) = (losses_and_weights(&config, 1, steps), losses_and_weights(&again, 1, steps));
        assert_eq!(kept.0, computed.0);
        assert!(kept.1 == computed.1, "weights to the bit");
    }
}

#[test]
fn activations_are_computed_again_before_a_batch_is_divided() {
    let planned = |memory_mib: usize| {
        let mut config = config();
        (config.pretrain.memory_mib, config.pretrain.batch, config.head) = (memory_mib, 12, 32);
        with_training(&config, |training, _, hardware| (training.at_once, hardware.recompute))
    };
    let found: Vec<(usize, bool)> = (1..=12).map(planned).collect();
    assert_eq!(planned(8192), (12, false));
    assert!(found.contains(&(12, true)), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 >= pair[1].1), "{found:?}");
}

#[test]
fn steps_in_half_precision_come_out_near_single() {
    let of = |precision: Precision| {
        let config = LearnConfig { pretrain: PretrainConfig { precision, ..everything().pretrain }, ..everything() };
        losses_and_weights(&config, 1, 4)
    };
    let single = of(Precision::Auto);
    assert_eq!(single.0, of(Precision::F32).0, "a CPU computes in single precision");
    for half in [Precision::Bf16, Precision::F16] {
        let (losses, weights) = of(half);
        let near = losses.iter().zip(&single.0).all(|(half, single)| (half - single).abs() < 0.05 * single);
        assert!(near && losses != single.0, "{half:?}: {losses:?} and {:?}", single.0);
        assert!(weights.iter().all(|weight| weight.is_finite()));
    }
}

#[test]
fn a_step_without_numbers_in_half_precision_is_done_in_single() {
    let mut config = config();
    config.pretrain.precision = Precision::F16;
    let run = |spoiled: usize| {
        with_training(&config, |training, drawer, hardware| {
            let mut done = Vec::new();
            for step in 0..3 {
                let mut batch = drawer.batch(step).unwrap();
                if step == spoiled {
                    // More than half precision holds. Batch norm takes it out again in single.
                    let pictures = &mut batch.drawn.as_mut().unwrap().pictures;
                    pictures.iter_mut().flat_map(|picture| &mut picture.values).for_each(|value| *value *= 1e5);
                }
                let loss = training.step(&batch, drawer, hardware).unwrap();
                done.push((loss.is_finite(), training.precision, training.left_half_at));
            }
            assert!(values_of(&training.student, None).iter().all(|value| value.is_finite()), "statistics too");
            done
        })
    };
    let half = (true, DType::F16, None);
    assert_eq!(run(9), [half; 3]);
    assert_eq!(run(1), [half, (true, DType::F32, Some(1)), (true, DType::F32, Some(1))]);
}
