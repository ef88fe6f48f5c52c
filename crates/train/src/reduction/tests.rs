//! Cells are standardised, whitened and projected as the settings say.

use super::*;
use crate::testing::config;

fn settings(bank_whiten: BankWhiten) -> LearnConfig {
    LearnConfig { bank_whiten, bank_place_weight: 8.0, ..config() }
}

/// Cells of two features that go along with each other, one that never changes, and a place.
fn cells() -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    (0..4000)
        .flat_map(|_| {
            let [a, b, x, y] = [(); 4].map(|()| rng.random_range(-1.0..1.0_f32));
            [3.0 * a + 7.0, a + 0.5 * b, 2.5, x, y]
        })
        .collect()
}

/// Means, and mean products of each two of the reduced features.
fn statistics(reduction: &Reduction, cells: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let (width, features) = (reduction.reduced(), reduction.reduced() - PLACE);
    let rows: Vec<Vec<f64>> =
        reduction.apply(cells).chunks_exact(width).map(|row| row.iter().map(|v| f64::from(*v)).collect()).collect();
    let mean = |of: &dyn Fn(&Vec<f64>) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
    let means = (0..features).map(|d| mean(&|row| row[d])).collect();
    let products = (0..features * features).map(|at| mean(&|row| row[at / features] * row[at % features])).collect();
    (means, products)
}

#[test]
fn standardised_cells_have_mean_zero_and_deviation_one_and_dead_channels_are_silent() {
    let values = vec![1.0, 5.0, 0.0, 0.5, 3.0, 5.0, 0.5, 0.5, 5.0, 5.0, 1.0, 0.5];
    let reduction = learn_reduction(&values, 4, 0, &settings(BankWhiten::Standardise)).unwrap();
    assert_eq!(reduction.mean[..2], [3.0, 5.0]);
    assert_eq!(reduction.scale[1..], [0.0, 8.0, 8.0]);
    assert_eq!(reduction.mixed(), None);
    let found = reduction.apply(&values);
    assert_eq!(found[10], 4.0, "half a picture to the right, weighed by eight");
    let first: Vec<f32> = found.iter().step_by(4).copied().collect();
    assert!((first.iter().map(|v| v * v).sum::<f32>() / 3.0 - 1.0).abs() < 1e-5);
    assert!(found.iter().skip(1).step_by(4).all(|&v| v == 0.0));
}

#[test]
fn without_whitening_features_keep_their_scale_and_lose_their_mean() {
    let reduction = learn_reduction(&cells(), 5, 0, &settings(BankWhiten::None)).unwrap();
    assert_eq!(reduction.scale, [1.0, 1.0, 1.0, 8.0, 8.0]);
    let (means, products) = statistics(&reduction, &cells());
    assert!(means.iter().all(|mean| mean.abs() < 1e-5), "{means:?}");
    assert!((products[0] - 3.0).abs() < 0.1 && (products[1] - 1.0).abs() < 0.05, "{products:?}");
}

#[test]
fn whitened_features_go_along_with_none_and_the_place_stays_apart() {
    let cells = cells();
    let reduction = learn_reduction(&cells, 5, 0, &settings(BankWhiten::Whiten)).unwrap();
    assert_eq!(reduction.reduced(), 5);
    let (_, products) = statistics(&reduction, &cells);
    // The ridge of 0.01 takes a little from a variance of 1, and more from what is left of the second feature: 0.2.
    for (at, expected) in [(0, 0.99), (1, 0.0), (3, 0.0), (4, 0.92), (8, 0.0)] {
        assert!((products[at] - expected).abs() < 0.06, "{at}: {products:?}");
    }
    let (place, reduced) = (&cells[3..5], reduction.apply(&cells[..5]));
    for (axis, value) in place.iter().enumerate() {
        assert!((reduced[3 + axis] - 8.0 * (value - reduction.mean[3 + axis])).abs() < 1e-5);
    }
}

#[test]
fn values_that_are_no_numbers_have_no_covariance() {
    let mut cells = cells();
    cells[3001] = f32::NAN;
    let outcome = learn_reduction(&cells, 5, 0, &settings(BankWhiten::Whiten));
    assert!(matches!(outcome, Err(TrainError::Covariance)), "{outcome:?}");
}

#[test]
fn a_projection_sees_every_feature_and_keeps_distances_on_average() {
    let (rows, columns) = (64, 300);
    let matrix = sparse_projection(rows, columns, 1);
    assert_eq!(matrix, sparse_projection(rows, columns, 1));
    assert_ne!(matrix, sparse_projection(rows, columns, 2));
    for column in 0..columns {
        let length: f32 = matrix.iter().skip(column).step_by(columns).map(|v| v * v).sum();
        assert!((length - 1.0).abs() < 1e-5, "column {column} has length² {length}");
    }
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let ratios: Vec<f64> = (0..200)
        .map(|_| {
            let x: Vec<f64> = (0..columns).map(|_| rng.random_range(-1.0..1.0)).collect();
            let projected = matrix
                .chunks_exact(columns)
                .map(|row| row.iter().zip(&x).map(|(w, x)| f64::from(*w) * x).sum::<f64>().powi(2));
            projected.sum::<f64>() / x.iter().map(|x| x * x).sum::<f64>()
        })
        .collect();
    let mean = ratios.iter().sum::<f64>() / 200.0;
    assert!((mean - 1.0).abs() < 0.05, "squared lengths are {mean} times what they were");
    // √(2 / rows) is what a dense projection scatters by.
    assert!(ratios.iter().all(|ratio| (ratio - 1.0).abs() < 5.0 * (2.0 / rows as f64).sqrt()), "{ratios:?}");
}

#[test]
fn whitening_and_projection_are_one_matrix() {
    let cells = cells();
    let [whitened, both, projected, all] =
        [(BankWhiten::Whiten, 0), (BankWhiten::Whiten, 2), (BankWhiten::Standardise, 2), (BankWhiten::Standardise, 3)]
            .map(|(whiten, project)| learn_reduction(&cells, 5, project, &settings(whiten)).unwrap());
    assert_eq!([&whitened, &both, &projected, &all].map(|one| one.mixed()), [Some(3), Some(2), Some(2), None]);
    let after = |one: &Reduction, cell: usize| one.apply(&cells[5 * cell..5 * cell + 5]);
    let projection = sparse_projection(2, 3, config().seed);
    for cell in 0..20 {
        let (first, then) = (after(&whitened, cell), after(&both, cell));
        for (row, value) in projection.chunks_exact(3).zip(then) {
            let expected: f32 = row.iter().zip(&first).map(|(w, x)| w * x).sum();
            assert!((value - expected).abs() < 1e-4, "{value}, expected {expected}");
        }
    }
}
