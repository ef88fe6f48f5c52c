//! Loss and gradient against PyTorch. `goldens/nt_xent.py` made the numbers.

use burn::tensor::{Device, TensorData};
use serde::Deserialize;

use super::*;

/// PyTorch computed in double precision, Burn in single. Losses are near 0.02 to 0.7, gradients up to 0.2.
const TOLERANCE: f64 = 2e-6;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    batch: usize,
    dim: usize,
    temperature: f32,
    z: Vec<f32>,
    loss: f64,
    gradient: Vec<f64>,
}

#[test]
fn loss_and_gradient_equal_pytorch() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/nt_xent.json")).unwrap();
    assert!(!goldens.cases.is_empty());
    for Case { batch, dim, temperature, z, loss, gradient } in goldens.cases {
        let what = format!("batch {batch}, temperature {temperature}");
        let device = Device::flex().autodiff();
        let z = Tensor::<2>::from_data(TensorData::new(z, [2 * batch, dim]), &device).require_grad();
        let [first, second] = [0, batch].map(|start| z.clone().slice([start..start + batch, 0..dim]));
        let found = nt_xent(first, second, temperature);
        let gradients = found.backward();
        let off = (f64::from(found.into_scalar::<f32>()) - loss).abs();
        assert!(off < TOLERANCE, "{what}: the loss is off by {off}");
        let found: Vec<f32> = z.grad(&gradients).unwrap().try_into_vec_as().unwrap();
        assert_eq!(found.len(), gradient.len());
        for (index, (found, expected)) in found.iter().zip(gradient).enumerate() {
            let off = (f64::from(*found) - expected).abs();
            assert!(off < TOLERANCE, "{what}: gradient {index} is off by {off}");
        }
    }
}
