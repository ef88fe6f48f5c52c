//! Distances against plain loops in double precision.

use super::*;
use crate::testing::values;

fn by_hand(cells: &[f32], kept: &[f32], mean: &[f32], scale: &[f32]) -> Vec<f64> {
    let standard = |row: &[f32]| -> Vec<f64> {
        row.iter().zip(mean).zip(scale).map(|((x, m), s)| f64::from(x - m) * f64::from(*s)).collect()
    };
    let to = |cell: &[f64], row: &[f32]| -> f64 {
        cell.iter().zip(row).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum::<f64>().sqrt()
    };
    cells
        .chunks_exact(mean.len())
        .map(|cell| {
            let cell = standard(cell);
            kept.chunks_exact(mean.len()).map(|row| to(&cell, row)).fold(f64::INFINITY, f64::min)
        })
        .collect()
}

fn distances(bank: &MemoryBank, cells: &[f32], shape: [usize; 3]) -> Vec<f32> {
    let cells = Tensor::<3>::from_data(TensorData::new(cells.to_vec(), shape), &Device::flex());
    let found = bank.distances(cells);
    assert_eq!(found.dims(), [shape[0], shape[1]]);
    found.try_into_vec_as().unwrap()
}

#[test]
fn distances_are_those_of_the_nearest_kept_cell() {
    // Batches of which the last is smaller than a block, exactly a block, and far larger than one.
    for [batch, count, dimensions, kept] in [[2, 5, 3, 1], [1, BLOCK_ROWS, 6, 9], [3, 900, 17, 40]] {
        let cells = values(batch * count * dimensions, 0.0);
        let rows = values(kept * dimensions, 1.0);
        let mean = values(dimensions, 2.0);
        let scale: Vec<f32> = values(dimensions, 3.0).iter().map(|value| value.abs() + 0.5).collect();
        let bank = MemoryBank::new(&rows, &mean, &scale, &Device::flex());
        let found = distances(&bank, &cells, [batch, count, dimensions]);
        for (index, (found, expected)) in found.iter().zip(by_hand(&cells, &rows, &mean, &scale)).enumerate() {
            // Squares are taken apart in single precision, so small distances are the least exact.
            assert!((f64::from(*found) - expected).abs() < 1e-3, "cell {index}: {found}, expected {expected}");
        }
    }
}

#[test]
fn a_kept_cell_is_at_no_distance_and_never_not_a_number() {
    let rows = values(50 * 16, 0.0);
    let bank = MemoryBank::new(&rows, &[0.0; 16], &[1.0; 16], &Device::flex());
    for found in distances(&bank, &rows, [1, 50, 16]) {
        assert!((0.0..5e-3).contains(&found), "{found}");
    }
}
