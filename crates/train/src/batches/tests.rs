//! A batch depends on the seed and its step alone, and shows what it says.

use super::*;
use crate::SampleSource;
use crate::testing::{Plates, SIDE, config, recipe};
use sightline_core::Region;

fn parts(count: usize) -> Vec<Input> {
    let source = Plates::new(count);
    (0..count).map(|index| Preprocess::from(&recipe()).apply(&source.load(index).unwrap().frame)).collect()
}

fn with_drawer<T>(ignore: Option<Region>, seed: u64, test: impl FnOnce(&Drawer<'_>) -> T) -> T {
    let parts = parts(13);
    let preprocess = Preprocess { ignore: ignore.into_iter().collect(), ..Preprocess::from(&recipe()) };
    let config = config();
    let normalise = Normalise::learn(&parts).unwrap();
    let policy = config.views(recipe().poses);
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
