//! What tiles say together is what the network would say of the whole picture.

use burn::tensor::Device;

use super::*;
use crate::BankValues;
use crate::testing::{cpu, tiny, values};

/// The tiny network sees 137 pixels far at most; the quarter of this overlap that is left out is wider.
const FAR: Tiles = Tiles { side: 1536, overlap: 640 };

/// Cut in two by [`FAR`], and only as high as one patch is.
const LONG: PictureSize = PictureSize { width: 2432, height: 64 };

fn picture(width: usize) -> Input {
    Input { channels: 1, height: 64, width, values: values(64 * width, 0.4) }
}

/// The same network, shown pictures whole and in tiles.
fn both() -> [ReadyNetwork; 2] {
    let artefact = tiny(Vec::new());
    let config = &artefact.card.network;
    let network = artefact.weights.fill_all(config.init(&Device::flex())).unwrap();
    [None, Some(FAR)].map(|tiles| ReadyNetwork::tiled(config, network.clone(), LONG, tiles, &cpu()))
}

fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4 * largest, "{found} is not {expected} at {place}, of {largest}");
    }
}

#[test]
fn tiles_say_what_the_whole_picture_says_at_every_place() {
    let [whole, tiled] = both();
    assert!(tiled.tiling().is_some() && whole.tiling().is_none());
    let dimensions = whole.dimensions();
    // Places count, so that a cell that tells a wrong one is seen.
    let scale = values(dimensions, 0.2).into_iter().map(|value| value.abs() + 0.5).collect::<Vec<_>>();
    let bank = BankValues::coreset(values(dimensions, 0.1), scale, values(5 * dimensions, 0.3));
    let bank = MemoryBank::new(&bank, &Device::flex());
    // The second keeps its shape and ends in the middle of the second tile.
    for width in [2432, 1000, 2000] {
        let input = [picture(width)];
        let [found, expected] = [&tiled, &whole].map(|network| network.scores(&input, &bank).unwrap().remove(0));
        let seen = |map: &[f32]| -> Vec<f32> {
            map.chunks_exact(LONG.width as usize / CELL).flat_map(|row| row[..width / CELL].to_vec()).collect()
        };
        assert_near(&seen(&found.defect), &seen(&expected.defect));
        assert_near(&seen(&found.bank), &seen(&expected.bank));
    }
}

#[test]
fn chosen_cells_are_those_of_the_whole_picture_in_the_order_they_were_asked_for() {
    let [whole, tiled] = both();
    let across = LONG.width as usize / STRIDE;
    let chosen = vec![vec![5 * across + 300, 0, across - 1, 2 * across + 150, 2 * across + 151]];
    let input = [picture(2432)];
    let [found, expected] = [&tiled, &whole].map(|network| network.cells_at(&input, &chosen).unwrap().remove(0));
    assert_near(&found, &expected);
    let place = |row: usize| &found[(row + 1) * tiled.dimensions() - PLACE..][..PLACE];
    assert!((place(0)[0] - 300.5 / across as f32).abs() < 1e-5, "{:?}", place(0));
    assert!((place(0)[1] - 5.5 / 8.0).abs() < 1e-5, "{:?}", place(0));
}

#[test]
fn each_tile_is_decided_by_itself_and_what_does_not_count_is_left_out_of_it() {
    let [_, tiled] = both();
    let (input, tiling) = (picture(2432), tiled.tiling().unwrap());
    let across = LONG.width as usize / CELL;
    let second = (LONG.width - FAR.side) as usize;
    let mut counted = HeatMap { width: across, height: 16, values: vec![0.0; tiling.cells()] };
    // A column in the second tile alone.
    counted.values.iter_mut().skip(across - 1).step_by(across).for_each(|value| *value = f32::NEG_INFINITY);
    let hear = |logits: &[f32], columns: usize, cells: &[f32]| (logits.to_vec(), columns, cells.len());
    let (map, said) = tiled.decided_by_tile(&input, (tiling, &counted), hear).unwrap();
    let bank = BankValues::coreset(
        vec![0.0; tiled.dimensions()],
        vec![1.0; tiled.dimensions()],
        vec![0.0; tiled.dimensions()],
    );
    let expected = tiled.scores(std::slice::from_ref(&input), &MemoryBank::new(&bank, &Device::flex())).unwrap();
    assert_eq!(map, expected[0].defect);
    assert_eq!(said.len(), 2);
    for ((logits, columns, cells), start) in said.iter().zip([0, second]) {
        let alone = tiled.maps(&[input.cut(0..64, start..start + FAR.side as usize)]).unwrap().remove(0);
        assert_eq!((*columns, *cells), (FAR.side as usize / CELL, alone.cells.len()));
        for (place, (found, expected)) in logits.iter().zip(&alone.defect).enumerate() {
            let is_left_out = start > 0 && place % columns == columns - 1;
            assert_eq!(*found, if is_left_out { f32::NEG_INFINITY } else { *expected }, "{place} from {start}");
        }
    }
    // Nothing of the first tile counts.
    for row in counted.values.chunks_exact_mut(across) {
        row[..FAR.side as usize / CELL].fill(f32::NEG_INFINITY);
    }
    assert_eq!(tiled.decided_by_tile(&input, (tiling, &counted), hear).unwrap().1.len(), 1);
}

#[test]
fn a_constant_stays_constant_on_every_size() {
    for tiles in [Tiles::of_side(64), Tiles::of_side(96), Tiles { side: 128, overlap: 32 }] {
        for (width, height) in [(160, 96), (96, 352), (64, 64), (544, 32)] {
            let picture = PictureSize { width, height };
            let tiling = Tiling::new(picture, tiles);
            let input = Input { channels: 1, height: height as usize, width: width as usize, values: Vec::new() };
            let mut map = vec![0.0; tiling.cells()];
            for tile in tiling.of(&input) {
                let cells = tile.rows.shares.len() * tile.columns.shares.len();
                tile.lay_over(&mut map, &vec![0.7; cells], picture);
            }
            assert!(map.iter().all(|value| (value - 0.7).abs() < 1e-5), "{tiles:?} on {picture:?}");
        }
    }
}

#[test]
fn what_a_tile_says_at_its_inner_edge_is_left_out_and_what_is_no_number_elsewhere_is_not() {
    let (picture, tiles) = (PictureSize { width: 224, height: 64 }, Tiles { side: 128, overlap: 32 });
    let tiling = Tiling::new(picture, tiles);
    let input = Input { channels: 1, height: 64, width: 224, values: Vec::new() };
    let laid = |wrong: usize| {
        let mut map = vec![0.0; tiling.cells()];
        for tile in tiling.of(&input) {
            let across = tile.columns.shares.len();
            let mut said = vec![1.0; 16 * across];
            if tile.columns.pixels.start == 0 {
                said[across - wrong] = f32::NAN;
            }
            tile.lay_over(&mut map, &said, picture);
        }
        map
    };
    assert!(laid(1).iter().all(|value| (value - 1.0).abs() < 1e-6));
    assert!(laid(2).iter().all(|value| (value - 1.0).abs() < 1e-6), "eight pixels of 32 are left out");
    assert_eq!(laid(4).iter().filter(|value| value.is_nan()).count(), 1);
}
