//! A batch depends on the seed and its step alone, and shows what it says.

use super::*;
use crate::SampleSource;
use crate::testing::{Plates, SIDE, config, recipe};
use sightline_core::Region;

fn parts(count: usize) -> Vec<Input> {
    let source = Plates::new(count);
    (0..count).map(|index| Preprocess::from(&recipe()).apply(&source.load(index).unwrap().frame).unwrap()).collect()
}

fn with_drawer<T>(ignore: Option<Region>, seed: u64, test: impl FnOnce(&Drawer<'_>) -> T) -> T {
    let parts = parts(13);
    let preprocess = Preprocess { ignore: ignore.into_iter().collect(), ..Preprocess::from(&recipe()) };
    let config = config();
    let normalise = Normalise::learn(&parts).unwrap();
    let policy = config.views(&recipe());
    test(&Drawer {
        parts: &parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy,
        normalise: &normalise,
        seed,
    })
}

fn pictures(batch: &Batch) -> Vec<&Input> {
    let views = batch.views.iter().flatten().flatten();
    views.chain(batch.drawn.iter().flat_map(|drawn| &drawn.pictures)).collect()
}

#[test]
fn the_same_step_is_the_same_batch_and_another_step_or_seed_another() {
    with_drawer(None, 1, |drawer| {
        let (once, again, later) = (drawer.batch(3).unwrap(), drawer.batch(3).unwrap(), drawer.batch(4).unwrap());
        assert_eq!(pictures(&once), pictures(&again));
        assert_eq!(once.drawn.as_ref().unwrap().cells, again.drawn.as_ref().unwrap().cells);
        assert_ne!(pictures(&once), pictures(&later));
        with_drawer(None, 2, |other| assert_ne!(pictures(&once), pictures(&other.batch(3).unwrap())));
    });
}

#[test]
fn the_thread_draws_the_same_batches_in_order() {
    with_drawer(None, 1, |drawer| {
        let steps = drawer
            .run(1, |batches| {
                batches
                    .iter()
                    .enumerate()
                    .all(|(after, batch)| pictures(&batch.unwrap()) == pictures(&drawer.batch(1 + after).unwrap()))
            })
            .unwrap();
        assert!(steps);
        // A consumer that leaves early ends the thread.
        drawer.run(0, |batches| drop(batches.recv())).unwrap();
    });
}

#[test]
fn the_two_views_of_a_part_differ_and_have_the_views_size() {
    with_drawer(None, 1, |drawer| {
        for step in 0..5 {
            let [first, second] = drawer.batch(step).unwrap().views.unwrap();
            for (first, second) in first.iter().zip(&second) {
                assert_ne!(first.values, second.values);
                assert_eq!((first.height, first.width), (SIDE / 2, SIDE / 2));
            }
        }
    });
}

#[test]
fn a_pass_shows_every_part_at_most_once_and_passes_differ() {
    with_drawer(None, 1, |drawer| {
        let pass = |start: usize| -> Vec<usize> { (start..start + 3).flat_map(|step| drawer.chosen(step)).collect() };
        for start in [0, 3, 6] {
            let mut chosen = pass(start);
            assert_eq!(chosen.len(), 12);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), 12, "a part came twice");
        }
        assert_ne!(pass(0), pass(3));
    });
}

#[test]
fn drawn_defects_are_marked_and_never_in_ignored_areas() {
    let right_half = Region { left: 0.5, ..Region::WHOLE };
    with_drawer(Some(right_half), 1, |drawer| {
        let mut marked = 0;
        for step in 0..30 {
            let drawn = drawer.batch(step).unwrap().drawn.unwrap();
            let columns = SIDE / CELL;
            assert_eq!(drawn.cells.len(), drawn.pictures.len() * columns * columns);
            for (cell, _) in drawn.cells.iter().enumerate().filter(|(_, cell)| **cell > 0.0) {
                assert!(cell % columns < columns / 2, "cell {cell} is ignored");
                marked += 1;
            }
        }
        assert!(marked > 30, "{marked} cells are marked in 120 parts");
    });
}

#[test]
fn a_piece_shows_what_the_whole_part_shows_there_and_its_cells_are_those_that_changed() {
    // Every place of this part differs from every other one.
    let values = (0..SIDE * SIDE).map(|pixel| 0.2 + 0.6 * pixel as f32 / (SIDE * SIDE) as f32).collect();
    let part = Input { channels: 1, height: SIDE, width: SIDE, values };
    let parts = vec![part; 4];
    let preprocess = Preprocess::from(&recipe());
    let pretrain = PretrainConfig { drawn_share: 0.5, clean_share: 0.75, ..config().pretrain };
    let normalise = Normalise::learn(&parts).unwrap().with_local_contrast(Some(9));
    let mut whole = parts[0].clone();
    normalise.apply(&mut whole).unwrap();
    let policy = ViewPolicy { brightness: 0.0, contrast: 0.0, noise: 0.0, ..config().views(&recipe()) };
    let (preprocess, normalise, config) = (&preprocess, &normalise, &pretrain);
    let drawer = Drawer { parts: &parts, preprocess, config, policy, normalise, seed: 5 };
    let half = SIDE / 2;
    let (mut clean, mut exact, mut marked) = (0, 0, 0);
    for drawn in (0..8).filter_map(|step| drawer.batch(step).unwrap().drawn) {
        let cells_each = (half / CELL).pow(2);
        for (picture, cells) in drawn.pictures.iter().zip(drawn.cells.chunks_exact(cells_each)) {
            assert_eq!((picture.channels, picture.height, picture.width), (2, half, half));
            let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
            let places = (0..=half).flat_map(|top| (0..=half).map(move |left| (top, left)));
            let like = |(top, left): (usize, usize)| {
                let there = whole.cut(top..top + half, left..left + half);
                let same = picture.values.iter().zip(&there.values).take(half * half).filter(|(a, b)| near(**a, **b));
                (same.count(), there)
            };
            let (_, there) = places.map(like).max_by_key(|(same, _)| *same).unwrap();
            if cells.iter().all(|cell| *cell == 0.0) {
                clean += 1;
                // Not all of them: a defect may be too faint to count, or lie in the margin and move the contrast beside it.
                exact += usize::from(picture.values.iter().zip(&there.values).all(|(a, b)| near(*a, *b)));
                continue;
            }
            for (cell, value) in cells.iter().enumerate() {
                let (row, column) = (cell / (half / CELL) * CELL, cell % (half / CELL) * CELL);
                let mut pixels = (row..row + CELL).flat_map(|y| (column..column + CELL).map(move |x| y * half + x));
                let changed = pixels
                    .any(|pixel| (picture.values[pixel] - there.values[pixel]).abs() * normalise.std()[0] > 0.0201);
                assert!(!changed || *value == 1.0, "cell {cell} changed and is not marked");
                marked += usize::from(changed);
            }
        }
    }
    assert!(
        clean > 16 && 4 * exact > 3 * clean,
        "{exact} of {clean} clean pictures show the whole part's brightness and contrast"
    );
    assert!(marked > 20, "{marked} marked cells");
}

#[test]
fn statistics_settle_on_what_the_network_is_shown_of_a_part_and_on_another_place_in_each_pass() {
    let parts = parts(4);
    let tiles = Some(sightline_core::Tiles { side: 32, overlap: 16 });
    let preprocess = Preprocess { tiles, ..Preprocess::from(&recipe()) };
    let config = config();
    let normalise = Normalise::learn(&parts).unwrap();
    let drawer = Drawer {
        parts: &parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy: config.views(&recipe()),
        normalise: &normalise,
        seed: 1,
    };
    let whole: Vec<Input> = parts
        .iter()
        .map(|part| {
            let mut part = part.clone();
            normalise.apply(&mut part).unwrap();
            part
        })
        .collect();
    let mut places = std::collections::BTreeSet::new();
    for pass in 0..8 {
        for shown in drawer.whole_parts(pass).unwrap() {
            assert_eq!((shown.height, shown.width), (32, 32));
            let corners = (0..=SIDE - 32).flat_map(|top| (0..=SIDE - 32).map(move |left| (top, left)));
            let found = corners
                .clone()
                .find(|(top, left)| whole.iter().any(|part| part.cut(*top..top + 32, *left..left + 32) == shown));
            places.insert(found.expect("it is a tile of a part"));
        }
    }
    assert!(places.len() > 8, "{places:?}");
}
