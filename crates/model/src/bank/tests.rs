//! Distances against plain loops in double precision, in host memory and through Burn.

use super::host::BLOCK_CELLS;
use super::*;
use crate::PLACE;
use crate::testing::values;

/// One cell reduced, in double precision.
fn reduced(cell: &[f32], Reduction { mean, scale, matrix }: &Reduction) -> Vec<f64> {
    let standard: Vec<f64> =
        cell.iter().zip(mean).zip(scale).map(|((x, m), s)| f64::from(x - m) * f64::from(*s)).collect();
    if matrix.is_empty() {
        return standard;
    }
    let (features, place) = standard.split_at(standard.len() - PLACE);
    let mixed = matrix
        .chunks_exact(features.len())
        .map(|row| row.iter().zip(features).map(|(w, x)| f64::from(*w) * x).sum::<f64>());
    mixed.chain(place.iter().copied()).collect()
}

/// The distance of a cell, the `index`th of its picture.
fn by_hand(cell: &[f32], index: usize, bank: &BankValues) -> f64 {
    let cell = reduced(cell, &bank.reduction);
    match &bank.good {
        Good::Coreset { rows } => {
            let to = |row: &[f32]| cell.iter().zip(row).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum::<f64>();
            rows.chunks_exact(cell.len()).map(to).fold(f64::INFINITY, f64::min).sqrt()
        }
        Good::Gaussians { mean, whiten } => {
            let features = cell.len() - PLACE;
            let place = index % (mean.len() / features);
            let mean = &mean[place * features..];
            let mut whiten = whiten[place * features * (features + 1) / 2..].iter();
            let row = |row: usize| -> f64 {
                (0..=row).map(|d| f64::from(*whiten.next().unwrap()) * (cell[d] - f64::from(mean[d]))).sum()
            };
            (0..features).map(row).map(|value| value * value).sum::<f64>().sqrt()
        }
    }
}

/// Both ways to search, on a CPU.
fn banks(values: &BankValues) -> [MemoryBank; 2] {
    let device = DeviceBank::new(values, &Device::flex());
    let host = MemoryBank::new(values, &Device::flex());
    assert!(matches!(host.kept, Kept::Host(_)));
    [host, MemoryBank { kept: Kept::Device(Box::new(device)) }]
}

fn distances(bank: &MemoryBank, cells: &[f32], shape: [usize; 3]) -> Vec<f32> {
    let cells = Tensor::<3>::from_data(TensorData::new(cells.to_vec(), shape), &Device::flex());
    let found = bank.distances(cells);
    assert_eq!(found.dims(), [shape[0], shape[1]]);
    found.try_into_vec_as().unwrap()
}

fn scale(dimensions: usize) -> Vec<f32> {
    values(dimensions, 3.0).iter().map(|value| value.abs() + 0.5).collect()
}

fn reduction(dimensions: usize, mixed: usize) -> Reduction {
    let matrix = values(mixed * dimensions.saturating_sub(PLACE), 5.0);
    Reduction { matrix, ..Reduction::standardise(values(dimensions, 2.0), scale(dimensions)) }
}

/// Distances of pictures of `count` cells equal those by hand, in a batch and each picture alone.
fn check(bank: &BankValues, [batch, count]: [usize; 2]) {
    let dimensions = bank.reduction.dimensions();
    let cells = values(batch * count * dimensions, 0.0);
    let rows = cells.chunks_exact(dimensions).enumerate();
    let expected: Vec<f64> = rows.map(|(index, cell)| by_hand(cell, index % count, bank)).collect();
    for bank in banks(bank) {
        let found = distances(&bank, &cells, [batch, count, dimensions]);
        assert_eq!(found.len(), expected.len());
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // Squares are taken apart in single precision, so small distances are the least exact.
            assert!((f64::from(*found) - expected).abs() < 1e-3, "cell {index}: {found}, expected {expected}");
        }
        let pictures = cells.chunks_exact(count * dimensions).flat_map(|cells| bank.distances_on_host(cells));
        for (index, (one, all)) in pictures.zip(&found).enumerate() {
            assert!((one - all).abs() < 1e-3, "cell {index}: {one} in its picture, {all} in the batch");
        }
    }
}

#[test]
fn distances_are_those_of_the_nearest_kept_cell() {
    // Fewer cells than a block, whole blocks, and more; kept cells likewise.
    let shapes =
        [[2, 5, 3, 1], [1, BLOCK_CELLS, 6, 9], [1, device::BLOCK_ROWS, 6, 16], [3, 900, 17, 40], [1, 300, 26, 1300]];
    for [batch, count, dimensions, kept] in shapes {
        let rows = values(kept * dimensions, 1.0);
        check(&BankValues::coreset(values(dimensions, 2.0), scale(dimensions), rows), [batch, count]);
    }
}

#[test]
fn features_are_mixed_before_they_are_compared_and_the_place_is_not() {
    for (batch, count, dimensions, mixed) in [(2, 300, 11, 4), (1, BLOCK_CELLS, 8, 6), (1, 20, 3, 1)] {
        let reduction = reduction(dimensions, mixed);
        assert_eq!((reduction.mixed(), reduction.reduced()), (Some(mixed), mixed + PLACE));
        let good = Good::Coreset { rows: values(30 * reduction.reduced(), 1.0) };
        let bank = BankValues { reduction, good };
        check(&bank, [batch, count]);
        let cells = values(count * dimensions, 0.0);
        let found = bank.reduction.apply(&cells);
        let expected = cells.chunks_exact(dimensions).flat_map(|cell| reduced(cell, &bank.reduction));
        assert_eq!(found.len(), count * (mixed + PLACE));
        found.iter().zip(expected).for_each(|(a, b)| assert!((f64::from(*a) - b).abs() < 1e-5, "{a} and {b}"));
    }
}

#[test]
fn a_gaussian_measures_from_its_mean_by_its_covariance() {
    // One for all cells, and one for each place; with and without mixing; more features than are summed side by side.
    for (count, dimensions, mixed, places) in [(300, 9, 0, 1), (300, 9, 4, 300), (140, 41, 0, 140), (5, 3, 0, 1)] {
        let reduction = reduction(dimensions, mixed);
        let features = reduction.reduced() - PLACE;
        let whiten = values(places * features * (features + 1) / 2, 4.0);
        let bank = BankValues { reduction, good: Good::Gaussians { mean: values(places * features, 1.0), whiten } };
        check(&bank, [2, count]);
    }
}

#[test]
fn a_kept_cell_is_at_no_distance_and_never_not_a_number() {
    let rows = values(50 * 16, 0.0);
    for bank in banks(&BankValues::coreset(vec![0.0; 16], vec![1.0; 16], rows.clone())) {
        for found in distances(&bank, &rows, [1, 50, 16]) {
            assert!((0.0..5e-3).contains(&found), "{found}");
        }
    }
}

#[test]
fn a_cell_that_is_not_a_number_is_at_no_number() {
    let mut cells = values(3 * 16, 4.0);
    (cells[3], cells[40]) = (f32::NAN, f32::INFINITY);
    let gaussian = Good::Gaussians { mean: vec![0.0; 14], whiten: vec![0.5; 14 * 15 / 2] };
    let banks = [
        BankValues::coreset(vec![0.0; 16], vec![1.0; 16], values(50 * 16, 0.0)),
        BankValues { reduction: reduction(16, 9), good: Good::Coreset { rows: values(50 * 11, 0.0) } },
        BankValues { reduction: reduction(16, 0), good: gaussian },
    ];
    for bank in banks {
        let found = MemoryBank::new(&bank, &Device::flex()).distances_on_host(&cells);
        assert!(found[0].is_nan() && found[1].is_finite() && !found[2].is_finite(), "{found:?}");
    }
}

#[test]
fn an_empty_bank_knows_nothing() {
    let bank = BankValues::coreset(vec![0.0; 4], vec![1.0; 4], Vec::new());
    assert_eq!(MemoryBank::new(&bank, &Device::flex()).distances_on_host(&[0.5; 8]), [f32::INFINITY; 2]);
}
