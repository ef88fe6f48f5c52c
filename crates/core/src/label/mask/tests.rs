//! Masks against pixels counted one by one.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::label::{as_one_ring, flood, outlines, rasterise};

fn size(width: u32, height: u32) -> PictureSize {
    PictureSize { width, height }
}

/// A mask with speckles, full columns and full rows, and its pixels row by row.
fn speckled(rng: &mut ChaCha8Rng) -> (Mask, Vec<bool>) {
    let picture = size(rng.random_range(1..24), rng.random_range(1..24));
    let share = rng.random_range(0.0..1.0);
    let mut rows: Vec<bool> = (0..picture.width * picture.height).map(|_| rng.random_bool(share)).collect();
    let full = rng.random_range(0..picture.width) as usize;
    if rng.random_bool(0.5) {
        rows.iter_mut().skip(full).step_by(picture.width as usize).for_each(|inside| *inside = true);
    }
    (Mask::from_rows(picture, &rows).unwrap(), rows)
}

#[test]
fn masks_are_their_pixels() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..300 {
        let (mask, rows) = speckled(&mut rng);
        let picture = mask.size();
        assert_eq!(mask.to_rows(), rows);
        assert_eq!(Mask::from_runs(picture, &mask.runs()).unwrap(), mask);
        assert_eq!(mask.area(), rows.iter().filter(|inside| **inside).count() as u64);
        let at = |x: u32, y: u32| rows[(y * picture.width + x) as usize];
        let all = || (0..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y)));
        assert!(all().all(|(x, y)| mask.contains(x, y) == at(x, y)));
        assert!(!mask.contains(picture.width, 0) && !mask.contains(0, picture.height));
        let inside: Vec<(u32, u32)> = all().filter(|&(x, y)| at(x, y)).collect();
        let bounds = mask.bounds().map(|b| (b.left, b.top, b.left + b.width - 1, b.top + b.height - 1));
        let expected = (
            inside.iter().map(|p| p.0).min(),
            inside.iter().map(|p| p.1).min(),
            inside.iter().map(|p| p.0).max(),
            inside.iter().map(|p| p.1).max(),
        );
        assert_eq!(bounds.map(|b| (Some(b.0), Some(b.1), Some(b.2), Some(b.3))), inside.first().map(|_| expected));
    }
}

#[test]
fn sets_of_pixels_follow_the_rules_of_sets() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..300 {
        let (first, a) = speckled(&mut rng);
        let b: Vec<bool> = a.iter().map(|_| rng.random_bool(0.4)).collect();
        let second = Mask::from_rows(first.size(), &b).unwrap();
        let check = |found: Mask, rule: fn(bool, bool) -> bool| {
            let expected: Vec<bool> = a.iter().zip(&b).map(|(a, b)| rule(*a, *b)).collect();
            assert_eq!(found, Mask::from_rows(first.size(), &expected).unwrap());
        };
        check(first.union(&second).unwrap(), |a, b| a || b);
        check(first.intersection(&second).unwrap(), |a, b| a && b);
        check(first.without(&second).unwrap(), |a, b| a && !b);
        check(first.inverse(), |a, _| !a);
    }
    let other = Mask::empty(size(3, 4)).unwrap();
    assert!(matches!(Mask::empty(size(4, 3)).unwrap().union(&other), Err(MaskError::OtherSize { .. })));
}

#[test]
fn growing_and_shrinking_look_at_the_square_around_each_pixel() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..200 {
        let (mask, rows) = speckled(&mut rng);
        let radius = rng.random_range(0..6);
        let (width, height) = (i64::from(mask.size().width), i64::from(mask.size().height));
        let near = |x: i64, y: i64, wanted: bool| {
            let reach = -i64::from(radius)..=i64::from(radius);
            reach.clone().any(|dy| {
                reach.clone().any(|dx| {
                    let (x, y) = (x + dx, y + dy);
                    (0..width).contains(&x) && (0..height).contains(&y) && rows[(y * width + x) as usize] == wanted
                })
            })
        };
        let all = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let grown: Vec<bool> = all().map(|(x, y)| near(x, y, true)).collect();
        let shrunk: Vec<bool> = all().map(|(x, y)| !near(x, y, false)).collect();
        assert_eq!(mask.grown(radius).unwrap().to_rows(), grown, "grown by {radius}");
        assert_eq!(mask.shrunk(radius).unwrap().to_rows(), shrunk, "shrunk by {radius}");
    }
}

#[test]
fn a_mask_is_placed_on_a_larger_picture() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..100 {
        let (mask, _) = speckled(&mut rng);
        let (left, top) = (rng.random_range(0..5), rng.random_range(0..5));
        let picture = size(mask.size().width + left + 2, mask.size().height + top);
        let placed = mask.placed(picture, left, top).unwrap();
        assert_eq!(placed.area(), mask.area());
        let all = || (0..mask.size().height).flat_map(|y| (0..mask.size().width).map(move |x| (x, y)));
        assert!(all().all(|(x, y)| mask.contains(x, y) == placed.contains(x + left, y + top)));
        assert!(mask.placed(picture, left, top + 1).is_err() && mask.placed(picture, u32::MAX, 0).is_err());
    }
}

#[test]
fn an_outline_drawn_again_is_the_mask() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..300 {
        let (mask, _) = speckled(&mut rng);
        let ring = as_one_ring(&mask);
        assert_eq!(ring.is_none(), mask.area() == 0);
        let rings: Vec<_> = ring.into_iter().collect();
        assert_eq!(rasterise(&rings, mask.size()).unwrap(), mask);
        let area: f64 = outlines(&mask).iter().map(|ring| ring.doubled_area() / 2.0).sum();
        assert_eq!(area, mask.area() as f64, "holes count against");
    }
}

#[test]
fn a_box_holds_the_pixels_whose_centre_it_holds() {
    let check = |edges: [f64; 4], expected: Option<(u32, u32, u32, u32)>| {
        let mask = Mask::of_box(size(10, 8), edges).unwrap();
        let found = mask.bounds().map(|b| (b.left, b.top, b.width, b.height));
        assert_eq!(found, expected, "{edges:?}");
        assert_eq!(mask.area(), expected.map_or(0, |(_, _, w, h)| u64::from(w * h)));
    };
    check([2.0, 3.0, 5.0, 4.0], Some((2, 3, 3, 1)));
    check([2.4, 3.5, 5.6, 4.51], Some((2, 3, 4, 2)));
    check([2.6, 3.6, 3.4, 7.0], None);
    check([-1e9, f64::NEG_INFINITY, 1e9, f64::INFINITY], Some((0, 0, 10, 8)));
    check([20.0, 0.0, 30.0, 8.0], None);
}

#[test]
fn runs_that_do_not_fill_the_picture_are_refused() {
    let check = |runs: &[u32], found: u64| {
        assert_eq!(Mask::from_runs(size(3, 2), runs), Err(MaskError::WrongLength { found, size: size(3, 2) }));
    };
    check(&[], 0);
    check(&[5], 5);
    check(&[u32::MAX, u32::MAX], 2 * u64::from(u32::MAX));
    let spread = Mask::from_runs(size(3, 2), &[0, 1, 0, 1, 2, 0, 2]).unwrap();
    assert_eq!(spread.runs(), [0, 2, 4]);
    for (width, height) in [(0, 5), (5, 0), (u32::MAX, u32::MAX), (100_000_001, 1)] {
        assert!(matches!(Mask::empty(size(width, height)), Err(MaskError::TooLarge { .. })), "{width} × {height}");
    }
}

#[test]
fn the_wand_takes_what_is_connected_and_alike() {
    // Two dark areas, one of them around a corner; a light wall between.
    let picture = [[10, 12, 90, 11], [90, 14, 90, 10], [13, 15, 90, 12]];
    let samples: Vec<u8> = picture.concat();
    let taken = |x, y, tolerance| flood(&samples, size(4, 3), x, y, tolerance).unwrap().to_rows();
    let expected = |rows: [[u8; 4]; 3]| rows.concat().iter().map(|&inside| inside == 1).collect::<Vec<bool>>();
    assert_eq!(taken(0, 0, 5), expected([[1, 1, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0]]));
    assert_eq!(taken(3, 1, 2), expected([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]]));
    assert_eq!(taken(0, 0, 1), expected([[1, 0, 0, 0], [0; 4], [0; 4]]));
    assert_eq!(taken(0, 0, 255), vec![true; 12]);
    assert_eq!(taken(4, 0, 9), vec![false; 12]);
    // Of three channels each must be alike.
    let colours = [[10, 10, 10], [10, 10, 60], [10, 10, 11]].concat();
    assert_eq!(flood(&colours, size(3, 1), 0, 0, 5).unwrap().to_rows(), [true, false, false]);
    assert!(flood(&samples, size(5, 3), 0, 0, 5).is_err());
}

#[test]
fn the_wand_finds_what_a_slow_search_finds() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..100 {
        let (mask, rows) = speckled(&mut rng);
        let (width, height) = (mask.size().width as i64, mask.size().height as i64);
        let samples: Vec<u8> = rows.iter().map(|&inside| if inside { 200 } else { 0 }).collect();
        let (x, y) = (rng.random_range(0..width), rng.random_range(0..height));
        let wanted = rows[(y * width + x) as usize];
        let mut found = vec![false; rows.len()];
        let mut waiting = vec![(x, y)];
        while let Some((x, y)) = waiting.pop() {
            let at = (y * width + x) as usize;
            if (0..width).contains(&x) && (0..height).contains(&y) && !found[at] && rows[at] == wanted {
                found[at] = true;
                waiting.extend([(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]);
            }
        }
        assert_eq!(flood(&samples, mask.size(), x as u32, y as u32, 3).unwrap().to_rows(), found);
    }
}
