//! The update against PyTorch (`goldens/momentum.py` made the numbers), and that nothing is shared.

use burn::module::RunningState;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, TensorData};
use serde::Deserialize;
use sightline_model::drawn;

use super::*;

#[derive(Module, Debug)]
struct Layer {
    linear: Linear,
    norm: BatchNorm,
}

#[derive(Deserialize)]
struct Goldens {
    start: f64,
    steps: usize,
    weight: Vec<f32>,
    inputs: Vec<Vec<f32>>,
    shifts: Vec<Vec<f32>>,
    after: Vec<After>,
}

#[derive(Deserialize)]
struct After {
    momentum: f64,
    weight: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

const IN: usize = 3;
const OUT: usize = 4;
const ROWS: usize = 8;

fn tensor(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn layer(device: &Device) -> Layer {
    drawn(1, device, || Layer {
        linear: LinearConfig::new(IN, OUT).with_bias(false).init(device),
        norm: BatchNormConfig::new(OUT).init(device),
    })
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().unwrap()
}

fn statistics(state: &RunningState<Tensor<1>>) -> Vec<f32> {
    values(state.value_sync())
}

#[track_caller]
fn close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-6, "{what}: {found}, expected {expected}");
    }
}

#[test]
fn parameters_and_statistics_follow_as_in_pytorch() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/momentum.json")).unwrap();
    let device = Device::flex().autodiff();
    let mut leader = layer(&device);
    leader.linear.weight = leader.linear.weight.map(|_| tensor(&goldens.weight, [IN, OUT], &device));
    let mut key = follower_of(&leader);
    for (step, after) in goldens.after.iter().enumerate() {
        leader.norm.forward(leader.linear.forward(tensor(&goldens.inputs[step], [ROWS, IN], &device)));
        let shift = tensor(&goldens.shifts[step], [IN, OUT], &device);
        leader.linear.weight = leader.linear.weight.map(|weight| weight.detach() + shift);
        let momentum = key_momentum(goldens.start, step, goldens.steps);
        assert!((momentum - after.momentum).abs() < 1e-12, "step {step}: momentum {momentum}");
        follow(&mut key, &leader, momentum);
        close(&values(key.linear.weight.val()), &after.weight, &format!("step {step}, weight"));
        close(&statistics(&key.norm.running_mean), &after.mean, &format!("step {step}, mean"));
        close(&statistics(&key.norm.running_var), &after.variance, &format!("step {step}, variance"));
    }
}

#[test]
fn a_follower_shares_nothing_with_its_leader() {
    let device = Device::flex().autodiff();
    let leader = layer(&device);
    let key = follower_of(&leader);
    let before = statistics(&key.norm.running_mean);
    let input = tensor(&[3.0; ROWS * IN], [ROWS, IN], &device);
    leader.norm.forward(leader.linear.forward(input.clone()));
    assert_ne!(statistics(&leader.norm.running_mean), before, "the leader's statistics moved");
    assert_eq!(statistics(&key.norm.running_mean), before);
    key.norm.forward(key.linear.forward(input.inner()));
    assert_eq!(statistics(&key.norm.running_mean), before, "a follower judges, it does not train");
}

#[test]
fn followers_are_quick_at_first_and_slow_at_last() {
    assert_eq!(average_decay(0.99, 0), 0.1);
    assert_eq!(average_decay(0.99, 10_000), 0.99);
    assert_eq!(average_decay(0.0, 5), 0.0);
    let momenta: Vec<f64> = (0..=4000).map(|step| key_momentum(0.99, step, 4000)).collect();
    assert!(momenta.windows(2).all(|pair| pair[0] <= pair[1]), "it rises");
    assert!((momenta[2000] - 0.995).abs() < 1e-9 && momenta[4000] > 0.997, "{} {}", momenta[2000], momenta[4000]);
}
