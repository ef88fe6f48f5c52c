//! The loss against PyTorch (`goldens/moco.py` made the numbers), and what the queue holds.

use serde::Deserialize;

use super::*;

/// PyTorch computed in double precision, Burn in single.
const TOLERANCE: f64 = 2e-6;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    rows: usize,
    dim: usize,
    temperature: f32,
    query: Vec<f32>,
    key: Vec<f32>,
    parts: Vec<usize>,
    queue: Vec<f32>,
    queue_parts: Vec<usize>,
    losses: Vec<f64>,
    query_gradient: Vec<f64>,
    key_gradient: Vec<f64>,
}

fn rows(values: &[f32], dim: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / dim, dim]), device)
}

#[track_caller]
fn close(found: Tensor<1>, expected: &[f64], what: &str) {
    let found: Vec<f32> = found.try_into_vec_as().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < TOLERANCE, "{what}: {found}, expected {expected}");
    }
}

#[test]
fn loss_and_gradients_equal_pytorch() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/moco.json")).unwrap();
    assert!(goldens.cases.len() > 2);
    for case in goldens.cases {
        let what = format!("{} keys in the queue, temperature {}", case.queue_parts.len(), case.temperature);
        let device = Device::flex().autodiff();
        let query = rows(&case.query, case.dim, &device).require_grad();
        let key = rows(&case.key, case.dim, &device).require_grad();
        let mut queue = Queue::new(100);
        if !case.queue_parts.is_empty() {
            queue.push(rows(&case.queue, case.dim, &Device::flex()), &case.queue_parts);
        }
        let negatives = queue.negatives(&case.parts, &device);
        let losses = info_nce(query.clone(), key.clone(), negatives, case.temperature);
        let gradients = losses.clone().mean().backward();
        close(losses.inner(), &case.losses, &what);
        let flat = |tensor: &Tensor<2>| tensor.grad(&gradients).unwrap().reshape([case.rows * case.dim]);
        close(flat(&query), &case.query_gradient, &what);
        close(flat(&key), &case.key_gradient, &what);
    }
}

#[test]
fn the_oldest_keys_leave_first() {
    let device = Device::flex();
    let mut queue = Queue::new(5);
    assert!(queue.negatives(&[0], &device).is_none());
    for batch in 0..3 {
        let keys: Vec<f32> = (0..4).flat_map(|row| [(batch * 4 + row + 1) as f32, 0.0]).collect();
        let parts: Vec<usize> = (0..4).map(|row| batch * 4 + row).collect();
        queue.push(rows(&keys, 2, &device), &parts);
    }
    let (parts, keys) = queue.held();
    assert_eq!(parts, [7, 8, 9, 10, 11]);
    let keys: Vec<f32> = keys.unwrap().try_into_vec_as().unwrap();
    assert_eq!(keys, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0], "keys have length one");
    // A batch larger than the queue leaves its last keys.
    queue.push(rows(&[1.0; 14], 2, &device), &[20, 21, 22, 23, 24, 25, 26]);
    assert_eq!(queue.held().0, [22, 23, 24, 25, 26]);
}

#[test]
fn keys_of_the_same_part_are_no_negatives() {
    let device = Device::flex();
    let mut queue = Queue::new(8);
    queue.push(rows(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], 2, &device), &[3, 4, 3]);
    let Negatives { own, .. } = queue.negatives(&[4, 3, 9], &device).unwrap();
    let own: Vec<bool> = own.into_data().iter::<bool>().collect();
    assert_eq!(own, [false, true, false, true, false, true, false, false, false]);
    // A query whose part alone fills the queue has no negative at all.
    let one = rows(&[0.6, 0.8], 2, &device);
    let mut own_only = Queue::new(8);
    own_only.push(rows(&[1.0, 0.0], 2, &device), &[7]);
    let loss = info_nce(one.clone(), one, own_only.negatives(&[7], &device), 0.2).into_scalar::<f32>();
    assert!(loss.abs() < 1e-6, "{loss}");
}
