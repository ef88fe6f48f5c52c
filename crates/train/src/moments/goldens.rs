//! Shrinkage and distances against scikit-learn and NumPy. `goldens/covariance.py` made the numbers.

use serde::Deserialize;

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
    queries: Vec<f32>,
    shrinkage: f64,
    location: Vec<f64>,
    mahalanobis: Vec<f64>,
    whitened: Vec<f64>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Goldens>(include_str!("../../goldens/covariance.json")).unwrap().cases
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-8 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

/// |W·(a − b)|
fn distance(whiten: &Mat<f64>, a: &[f32], b: &[f64]) -> f64 {
    let away: Vec<f64> = a.iter().zip(b).map(|(a, b)| f64::from(*a) - b).collect();
    let row = |row: usize| (0..=row).map(|column| whiten[(row, column)] * away[column]).sum::<f64>();
    (0..away.len()).map(|at| row(at).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn shrinkage_and_distances_equal_scikit_learn() {
    for Case { name, dim, points, queries, shrinkage, location, mahalanobis, whitened } in cases() {
        // In pieces and with a place behind each cell, as banks have them.
        let with_place: Vec<f32> = points.chunks(dim).flat_map(|row| [row, &[9.0, -9.0]].concat()).collect();
        let (first, rest) = with_place.split_at(3 * (dim + 2));
        let [mut moments, mut more] = [(); 2].map(|()| Moments::new(dim));
        moments.add(first, dim + 2);
        rest.chunks(4 * (dim + 2)).for_each(|rows| more.add(rows, dim + 2));
        moments.merge(&more);
        assert_eq!(moments.count(), (points.len() / dim) as f64);
        near(moments.covariance().1, shrinkage, &name);
        moments.mean().iter().zip(&location).for_each(|(found, expected)| near(*found, *expected, &name));

        let whiten = moments.whitening().unwrap();
        for (query, (mahalanobis, whitened)) in queries.chunks(dim).zip(mahalanobis.iter().zip(&whitened)) {
            near(distance(&whiten, query, &location), *mahalanobis, &name);
            let to = |point: &[f32]| {
                distance(&whiten, query, &point.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
            };
            near(points.chunks(dim).take(5).map(to).fold(f64::INFINITY, f64::min), *whitened, &name);
        }
    }
}

#[test]
fn one_cell_and_none_have_the_ridge_alone() {
    for cells in [&[] as &[f32], &[1.0, 2.0]] {
        let mut moments = Moments::new(2);
        moments.add(cells, 2);
        let whiten = moments.whitening().unwrap();
        assert!((whiten[(0, 0)] - 10.0).abs() < 1e-9 && whiten[(1, 0)].abs() < 1e-9, "{whiten:?}");
    }
}
