//! The search and what is counted of its finds against scikit-learn. `goldens/similar.py` made the numbers.

use serde::Deserialize;
use sightline_core::metrics::retrieval;

use super::*;

#[derive(Deserialize)]
struct Goldens {
    dim: usize,
    kinds: Vec<String>,
    vectors: Vec<f32>,
    neighbours: Vec<Vec<usize>>,
    precision: f64,
    recall: f64,
    chance: f64,
}

#[test]
fn finds_and_recall_equal_scikit_learn() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/similar.json")).unwrap();
    let found: Vec<Vec<usize>> = goldens
        .vectors
        .chunks(goldens.dim)
        .enumerate()
        .map(|(query, wanted)| {
            let found = most_similar(wanted, &goldens.vectors, 11).into_iter().map(|similar| similar.row);
            found.filter(|row| *row != query).take(10).collect()
        })
        .collect();
    assert_eq!(found, goldens.neighbours);
    let kinds: Vec<&str> = goldens.kinds.iter().map(String::as_str).collect();
    let measured = retrieval(&kinds, &found, 10).unwrap();
    assert_eq!(measured.queries, kinds.len());
    assert!((measured.precision - goldens.precision).abs() < 1e-12, "{measured:?}");
    assert!((measured.recall - goldens.recall).abs() < 1e-12, "{measured:?}");
    assert!((measured.recall_by_chance - goldens.chance).abs() < 0.02, "{measured:?}, drawn {}", goldens.chance);
}
