//! Vectors of parts and regions by hand, and the exact search.

use sightline_core::{Channels, Fit, HeatMap};

use super::*;
use crate::testing::{SIDE, cpu, inputs, tiny, values};
use crate::{Good, Judge, ModelError, Places, RawScore, TilesCard};

/// A part of 2 × 3 cells of two features and a place, on an input of 16 × 20 pixels: the last column is half a cell.
fn part(ignore: Vec<Region>) -> PartCells {
    let size = PictureSize { width: 32, height: 32 };
    let whole = Preprocess::whole(size, Channels::Grey);
    let preprocess = Preprocess { fit: Fit::Keep { scale: 1.0 }, ignore, ..whole };
    let features = [[1.0, 0.0], [0.0, 1.0], [2.0, 2.0], [3.0, 1.0], [1.0, 5.0], [-4.0, 0.0]];
    let cells = features.map(|[first, second]| [first, second, 99.0, 99.0]).concat();
    let reduction = Reduction::standardise(vec![1.0, 0.0, 0.0, 0.0], vec![2.0, 1.0, 7.0, 7.0]);
    let input = Input { channels: 1, height: 16, width: 20, values: Vec::new() };
    // Four columns are laid out, three are seen.
    assert_eq!(PartCells::seen(&input, &preprocess), [0, 1, 2, 4, 5, 6]);
    PartCells::new(&cells, &input, &preprocess, &reduction)
}

fn check(found: Option<Vec<f32>>, [x, y]: [f32; 2]) {
    let (found, length) = (found.unwrap(), x.hypot(y));
    let near = |a: f32, b: f32| (a - b).abs() < 1e-5;
    assert!(near(found[0], x / length) && near(found[1], y / length), "{found:?}, expected {x}, {y} at length one");
}

#[test]
fn a_part_is_the_mean_of_its_standardised_cells_at_length_one() {
    // Standardised: (0, 0), (−2, 1), (2, 2) by half; (4, 1), (0, 5), (−10, 0) by half.
    check(part(Vec::new()).whole(), [-2.0 + 1.0 + 4.0 - 5.0, 1.0 + 1.0 + 1.0 + 5.0]);
    let right = Region { left: 0.8, ..Region::WHOLE };
    check(part(vec![right]).whole(), [-2.0 + 4.0, 1.0 + 1.0 + 5.0]);
    assert_eq!(part(vec![Region::WHOLE]).whole(), None, "nothing is judged");
    assert_eq!(part(Vec::new()).dimensions(), 2);
}

#[test]
fn a_region_counts_cells_by_the_area_under_it() {
    let part = part(Vec::new());
    // Half of the first cell of the lower row, and the second one.
    check(part.region(Region { left: 0.2, top: 0.5, right: 0.8, bottom: 1.0 }), [2.0, 0.5 + 5.0]);
    // Within one cell.
    check(part.region(Region { left: 0.5, top: 0.1, right: 0.6, bottom: 0.2 }), [-2.0, 1.0]);
    assert_eq!(part.region(Region { left: 1.5, top: 0.0, right: 2.0, bottom: 1.0 }), None);
    let mut mask = vec![false; 20 * 16];
    (0..8).for_each(|y| mask[y * 20 + 8..y * 20 + 17].fill(true));
    // A column of pixels of the half cell beside a whole cell.
    check(part.under(&mask, PictureSize { width: 20, height: 16 }), [8.0 * -2.0 + 2.0, 8.0 + 2.0]);
    assert_eq!(part.under(&[false; 320], PictureSize { width: 20, height: 16 }), None);
}

#[test]
fn the_window_that_looks_most_alike_is_found() {
    let part = part(Vec::new());
    let one_cell = Region { left: 0.0, top: 0.0, right: 0.4, bottom: 0.5 };
    let (found, cosine) = part.most_alike(&[0.0, 1.0], one_cell).unwrap();
    assert_eq!(found, Region { left: 0.4, top: 0.5, right: 0.8, bottom: 1.0 });
    assert!((cosine - 1.0).abs() < 1e-6);
    // Two rows of one column: (−2, 1) + (0, 5) is nearest to straight up.
    let (found, _) = part.most_alike(&[0.0, 1.0], Region { bottom: 1.0, ..one_cell }).unwrap();
    assert_eq!((found.left, found.top, found.right, found.bottom), (0.4, 0.0, 0.8, 1.0));
    let (found, _) = part.most_alike(&[-1.0, 0.0], one_cell).unwrap();
    assert_eq!((found.left, found.right), (0.8, 1.0), "half a cell ends with the picture");
}

#[test]
fn the_search_is_exact_and_best_first() {
    let dimensions = 7;
    let rows = values(3000 * dimensions, 0.4);
    let among: Vec<f32> = rows
        .chunks(dimensions)
        .flat_map(|row| unit(&row.iter().map(|value| f64::from(*value)).collect::<Vec<_>>()).unwrap())
        .collect();
    let wanted = &among[2100 * dimensions..2101 * dimensions];
    let found = most_similar(wanted, &among, 10);
    assert_eq!((found.len(), found[0].row), (10, 2100));
    let mut all: Vec<f32> = among.chunks(dimensions).map(|row| dot(row, wanted)).collect();
    all.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(found.iter().map(|found| found.cosine).collect::<Vec<_>>(), all[..10]);
    let same = [0.6, 0.8, f32::NAN, 0.0, 0.6, 0.8];
    let rows: Vec<usize> = most_similar(&[0.6, 0.8], &same, 5).iter().map(|found| found.row).collect();
    assert_eq!(rows, [0, 2]);
    assert_eq!(most_similar(&[1.0], &[], 5), []);
}

#[test]
fn a_judge_gives_cells_that_are_the_same_for_the_same_part() {
    let judge = Judge::load(&tiny(Vec::new()), &cpu()).unwrap();
    let cells = judge.part_cells(&inputs(2)).unwrap();
    let [first, second] = [0, 1].map(|at| cells[at].whole().unwrap());
    assert_eq!(first.len(), cells[0].dimensions());
    assert!((dot(&first, &first) - 1.0).abs() < 1e-5 && dot(&first, &second) < 0.9999);
    assert_eq!(judge.part_cells(&inputs(1)).unwrap()[0].whole().unwrap(), first);
    // A window in its own picture is found again.
    let own = Region { left: 0.25, top: 0.5, right: 0.5, bottom: 0.875 };
    let (found, cosine) = cells[1].most_alike(&cells[1].region(own).unwrap(), own).unwrap();
    assert_eq!(found, own);
    assert!((cosine - 1.0).abs() < 1e-5);
    let wrong = Input { channels: 1, height: SIDE, width: 2 * SIDE, values: vec![0.0; 2 * SIDE * SIDE] };
    assert!(judge.part_cells(&[wrong]).is_err());
    assert!(judge.part_cells(&[]).unwrap().is_empty());
}

#[test]
fn a_part_in_tiles_has_cells_everywhere_and_no_gaussian_of_each_place() {
    let mut artefact = tiny(Vec::new());
    artefact.card.recipe.width = 2 * SIDE as u32;
    artefact.card.recipe.tiles = Some(TilesCard { side: 64, overlap: 32 });
    let map = HeatMap { width: SIDE / 2, height: SIDE / 4, values: values(SIDE * SIDE / 8, 0.1) };
    artefact.card.places = Places::fit(&[RawScore { bank: map.clone(), synthetic: map, grain: None }]);
    let judge = Judge::load(&artefact, &cpu()).unwrap();
    let wide = Input { channels: 1, height: SIDE, width: 2 * SIDE, values: values(2 * SIDE * SIDE, 0.7) };
    let cells = judge.part_cells(std::slice::from_ref(&wide)).unwrap().remove(0);
    let right = Region { left: 0.75, top: 0.25, right: 0.875, bottom: 0.5 };
    let (found, cosine) = cells.most_alike(&cells.region(right).unwrap(), right).unwrap();
    assert_eq!(found, right);
    assert!((cosine - 1.0).abs() < 1e-5);

    let features = artefact.bank.reduction.features();
    let gaussians = |places: usize| Good::Gaussians {
        mean: values(places * features, 0.3),
        whiten: values(places * features * (features + 1) / 2, 0.7),
    };
    for (places, loads) in [(1, true), (8 * 16, false)] {
        artefact.bank.good = gaussians(places);
        artefact.card.bank = artefact.bank.card();
        match Judge::load(&artefact, &cpu()) {
            Ok(judge) => assert!(loads && judge.score(std::slice::from_ref(&wide)).unwrap()[0].bank.is_finite()),
            Err(error) => assert!(!loads && matches!(error, ModelError::Damaged { what: "model card", .. }), "{error}"),
        }
    }
}
