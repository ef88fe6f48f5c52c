//! Steps: the rate, shares of a batch, and what MoCo and the average keep.

use burn::module::{Module, ModuleVisitor, Param};
use sightline_image::{Input, Normalise, Preprocess};

use super::*;
use crate::testing::{Plates, alone, config, recipe};
use crate::{LearnConfig, SampleSource, Stage};

#[test]
fn the_rate_warms_up_and_falls_to_zero() {
    let rates: Vec<f64> = (0..100).map(|step| learning_rate(1.0, 100, step)).collect();
    assert_eq!(rates[0], 0.2);
    assert_eq!(rates[4], 1.0);
    assert!(rates[5..].windows(2).all(|pair| pair[1] <= pair[0]));
    assert!(rates[99] < 0.001);
}

/// Runs `test` with a run that was just made on the CPU.
fn with_training<T>(config: &LearnConfig, test: impl FnOnce(&mut Training, &Drawer<'_>, &DeviceInfo) -> T) -> T {
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
    let _alone = alone();
    let start = Start { network: config.network(1), encoder: None };
    let mut training = Training::new(&start, &drawer, &device).unwrap();
    test(&mut training, &drawer, &device)
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
    with_training(&config, |training, drawer, device| {
        let mut batch = drawer.batch(0).unwrap();
        // Both halves show the same: batch norm has the same statistics in each half as in all.
        let drawn = batch.drawn.as_mut().unwrap();
        let cells = drawn.cells.len() / 2;
        drawn.pictures = [&drawn.pictures[..4], &drawn.pictures[..4]].concat();
        drawn.cells = [&drawn.cells[..cells], &drawn.cells[..cells]].concat();
        let terms = Terms { drawer, weights: config.pretrain.weights(0), look: false, keys: None };
        let of = |at_once: usize| {
            let gathered = gather(&training.student, &terms, &batch, shares(8, at_once), &device.device);
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
    with_training(&config, |training, drawer, device| {
        let start = values_of(&training.student, None);
        let mut held: Vec<usize> = Vec::new();
        for step in 0..25 {
            let batch = drawer.batch(step).unwrap();
            training.step(&batch, drawer, device).unwrap();
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
