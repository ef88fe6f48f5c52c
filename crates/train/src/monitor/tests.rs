//! Measures against PyTorch (`goldens/monitor.py` made the numbers), and when a run is dead.

use burn::tensor::{Device, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    dim: usize,
    first: Vec<f32>,
    second: Vec<f32>,
    alignment: f64,
    uniformity: f64,
    spread: f64,
}

fn rows(values: &[f32], dim: usize) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / dim, dim]), &Device::flex())
}

#[test]
fn measures_equal_pytorch() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/monitor.json")).unwrap();
    assert!(!goldens.cases.is_empty());
    for case in goldens.cases {
        let found = Health::of(rows(&case.first, case.dim), rows(&case.second, case.dim));
        let pairs =
            [(found.alignment, case.alignment), (found.uniformity, case.uniformity), (found.spread, case.spread)];
        for (found, expected) in pairs {
            assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
        }
    }
}

/// Rows of a shared direction with independent values on top.
fn health(shared: f32, own: f32) -> Health {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut view = || {
        let values: Vec<f32> =
            (0..64 * 32).map(|i| shared * ((i % 32) as f32).cos() + own * rng.random_range(-1.0..1.0_f32)).collect();
        rows(&values, 32)
    };
    Health::of(view(), view())
}

#[test]
fn features_that_say_the_same_about_all_pictures_are_told() {
    let collapsed = health(1.0, 0.0);
    assert!(collapsed.spread < 1e-3 && collapsed.uniformity.abs() < 1e-3, "{collapsed:?}");
    assert!(collapsed.warning().unwrap().to_string().contains("collapsed"));
    assert!(health(1.0, 0.05).warning().is_some());
    assert!(Health { spread: f64::NAN, ..collapsed }.warning().is_some());
}

#[test]
fn independent_features_have_a_spread_near_one() {
    let healthy = health(0.0, 1.0);
    assert!((healthy.spread - 1.0).abs() < 0.05, "{healthy:?}");
    assert_eq!(healthy.warning(), None);
    // The length of a projection says nothing.
    assert!((health(0.0, 100.0).spread - healthy.spread).abs() < 1e-3);
    assert_eq!(health(1.0, 1.0).warning(), None);
}

#[test]
fn a_run_is_dead_when_it_learns_by_its_projections_alone_and_they_stay_collapsed() {
    let (collapsed, healthy) = (health(1.0, 0.0), health(0.0, 1.0));
    let mut monitor = Monitor::default();
    let look = |monitor: &mut Monitor, health| monitor.look(health, true, 199);
    (1..DEAD_LOOKS).for_each(|_| look(&mut monitor, collapsed).unwrap());
    assert!(monitor.warning().is_some());
    look(&mut monitor, healthy).unwrap();
    assert_eq!(monitor.warning(), None);
    (1..DEAD_LOOKS).for_each(|_| look(&mut monitor, collapsed).unwrap());
    monitor.look(collapsed, false, 199).unwrap();
    let error = look(&mut monitor, collapsed).unwrap_err().to_string();
    assert!(error.contains("step 200") && error.contains("collapsed"), "{error}");
}
