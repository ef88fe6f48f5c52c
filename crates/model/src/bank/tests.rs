//! Distances against plain loops in double precision, in host memory and through Burn.

use super::host::BLOCK_CELLS;
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

/// Both ways to search, on a CPU.
fn banks(kept: &[f32], mean: &[f32], scale: &[f32]) -> [MemoryBank; 2] {
    let device = DeviceBank::new(kept, mean, scale, &Device::flex());
    let host = MemoryBank::new(kept, mean, scale, &Device::flex());
    assert!(matches!(host.kept, Kept::Host(_)));
    [host, MemoryBank { kept: Kept::Device(Box::new(device)) }]
}

fn distances(bank: &MemoryBank, cells: &[f32], shape: [usize; 3]) -> Vec<f32> {
    let cells = Tensor::<3>::from_data(TensorData::new(cells.to_vec(), shape), &Device::flex());
    let found = bank.distances(cells);
    assert_eq!(found.dims(), [shape[0], shape[1]]);
    found.try_into_vec_as().unwrap()
}

#[test]
fn distances_are_those_of_the_nearest_kept_cell() {
    // Fewer cells than a block, whole blocks, and more; kept cells likewise.
    let shapes =
        [[2, 5, 3, 1], [1, BLOCK_CELLS, 6, 9], [1, device::BLOCK_ROWS, 6, 16], [3, 900, 17, 40], [1, 300, 26, 1300]];
    for [batch, count, dimensions, kept] in shapes {
        let cells = values(batch * count * dimensions, 0.0);
        let rows = values(kept * dimensions, 1.0);
        let mean = values(dimensions, 2.0);
        let scale: Vec<f32> = values(dimensions, 3.0).iter().map(|value| value.abs() + 0.5).collect();
        let expected = by_hand(&cells, &rows, &mean, &scale);
        for bank in banks(&rows, &mean, &scale) {
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
}

#[test]
fn a_kept_cell_is_at_no_distance_and_never_not_a_number() {
    let rows = values(50 * 16, 0.0);
    for bank in banks(&rows, &[0.0; 16], &[1.0; 16]) {
        for found in distances(&bank, &rows, [1, 50, 16]) {
            assert!((0.0..5e-3).contains(&found), "{found}");
        }
    }
}

#[test]
fn a_cell_that_is_not_a_number_is_at_no_number() {
    let rows = values(50 * 16, 0.0);
    let mut cells = values(3 * 16, 4.0);
    (cells[3], cells[40]) = (f32::NAN, f32::INFINITY);
    let found = MemoryBank::new(&rows, &[0.0; 16], &[1.0; 16], &Device::flex()).distances_on_host(&cells);
    assert!(found[0].is_nan() && found[1].is_finite() && !found[2].is_finite(), "{found:?}");
}

#[test]
fn an_empty_bank_knows_nothing() {
    let found = MemoryBank::new(&[], &[0.0; 4], &[1.0; 4], &Device::flex()).distances_on_host(&[0.5; 8]);
    assert_eq!(found, [f32::INFINITY; 2]);
}
