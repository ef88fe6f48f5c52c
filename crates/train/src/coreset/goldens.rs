//! Choice, covering radii and nearest distances against NumPy. `goldens/coreset.py` made the numbers.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;
use sightline_model::{BankValues, MemoryBank};

use super::*;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    dim: usize,
    points: Vec<f32>,
    start: usize,
    choose: usize,
    chosen: Vec<usize>,
    radius: Vec<f32>,
    queries: Vec<f32>,
    query_distance: Vec<f32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Goldens>(include_str!("../../goldens/coreset.json")).unwrap().cases
}

#[test]
fn choice_and_radii_equal_numpy() {
    for Case { name, dim, points, start, choose, chosen, radius, .. } in cases() {
        let points = Points { values: &points, dimensions: dim };
        let (found, squared) = greedy_k_centre(points, choose, start, |_| true);
        assert_eq!(found, chosen, "{name}");
        for (step, (squared, expected)) in squared.iter().zip(&radius).enumerate() {
            let off = (squared.sqrt() - expected).abs();
            assert!(off < 1e-5 * expected.max(1.0), "{name}, step {step}: the radius is off by {off}");
        }
        assert_eq!(squared.len(), radius.len());
    }
}

#[test]
fn distances_to_what_was_chosen_equal_numpy() {
    let device = Device::flex();
    for Case { name, dim, points, chosen, queries, query_distance, .. } in cases() {
        let points = Points { values: &points, dimensions: dim };
        let kept: Vec<f32> = chosen.iter().flat_map(|&index| points.row(index).iter().copied()).collect();
        let bank = MemoryBank::new(&BankValues::coreset(vec![0.0; dim], vec![1.0; dim], kept), &device);
        let count = queries.len() / dim;
        let queries = Tensor::<3>::from_data(TensorData::new(queries, [1, count, dim]), &device);
        let found: Vec<f32> = bank.distances(queries).try_into_vec_as().unwrap();
        assert_eq!(found.len(), query_distance.len());
        for (query, (found, expected)) in found.iter().zip(&query_distance).enumerate() {
            // The bank takes squares apart in single precision.
            assert!((found - expected).abs() < 1e-4, "{name}, query {query}: {found}, expected {expected}");
        }
    }
}

#[test]
fn what_was_chosen_so_far_is_kept_when_nobody_wants_more() {
    let values: Vec<f32> = (0..10).map(|i| i as f32).collect();
    let points = Points { values: &values, dimensions: 1 };
    assert_eq!(greedy_k_centre(points, 10, 0, |chosen| chosen < 3).0, [0, 9, 4]);
    assert!(greedy_k_centre(points, 3, 99, |_| true).0.is_empty());
    let same = Points { values: &[2.0; 6], dimensions: 2 };
    assert_eq!(greedy_k_centre(same, 3, 1, |_| true), (vec![1], vec![0.0]));
}
