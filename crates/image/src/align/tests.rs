//! Parts laid in known ways are found to lie so, and what is no such part is refused.

use sightline_core::{HeatMap, Region};

use super::*;
use crate::{Pixels, Preprocess};

const PICTURE: PictureSize = PictureSize { width: 320, height: 240 };

/// A printed plate, seen where a lie puts it: brightness at any point, so that nothing is interpolated.
fn plate(lie: Lie, salt: u32) -> Frame {
    let mut samples = Vec::new();
    for y in 0..PICTURE.height {
        for x in 0..PICTURE.width {
            let (row, column) = lie.on_reference((y as f32 + 0.5, x as f32 + 0.5), PICTURE);
            let noise = f32::from(noise(x + 1000 * y + 1_000_000 * salt)) / 255.0;
            samples.push((255.0 * (0.9 * print(row, column) + 0.05 * noise)) as u8);
        }
    }
    Frame::new(PICTURE, Pixels::Grey8(samples)).unwrap()
}

/// A disc with a slot, and a bar beside it.
fn print(row: f32, column: f32) -> f32 {
    let (dy, dx) = (row - 120.0, column - 140.0);
    let disc = dy.hypot(dx) < 70.0 && !(dy.abs() < 12.0 && dx > 10.0);
    let bar = (60.0..190.0).contains(&row) && (235.0..255.0).contains(&column);
    if disc || bar { 0.8 } else { 0.3 + 0.0005 * column }
}

fn still() -> Lie {
    Lie { turn: 0.0, down: 0.0, right: 0.0 }
}

/// The top byte of a number that has nothing to do with its neighbours'.
fn noise(number: u32) -> u8 {
    let mixed = (number ^ number >> 16).wrapping_mul(0x7feb_352d);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x846c_a68b);
    (mixed ^ mixed >> 16) as u8
}

fn learned() -> Alignment {
    let lies = [(0.0, 0.0, 0.0), (0.5, 0.01, -0.01), (-1.0, -0.015, 0.01), (0.5, 0.005, 0.0)];
    let parts = lies
        .iter()
        .enumerate()
        .map(|(salt, &(degrees, down, right))| plate(Lie { turn: f32::to_radians(degrees), down, right }, salt as u32));
    Alignment::learn(parts).unwrap()
}

#[test]
fn a_part_is_found_as_it_lies_and_looked_at_as_it_should() {
    let alignment = learned();
    let own = alignment.find(&plate(still(), 9)).unwrap();
    let whole = Preprocess { align: true, ..Preprocess::whole(PICTURE, Channels::Grey) };
    let whole = whole.with_alignment(Some(alignment.clone()));
    let region = Region { left: 0.2, top: 0.1, right: 0.9, bottom: 0.9 };
    let size = PictureSize { width: 160, height: 128 };
    let part_of = Preprocess { size, region, ..whole.clone() };
    let expected = [&whole, &part_of].map(|preprocess| preprocess.apply(&plate(still(), 9)).unwrap());
    for (degrees, down, right) in
        [(0.0, 0.0, 0.0), (3.3, 0.04, -0.06), (-8.0, -0.1, 0.0), (9.5, 0.02, 0.12), (0.0, 0.0, 0.14)]
    {
        let lies = Lie { turn: f32::to_radians(degrees), down, right };
        let part = plate(lies, 10);
        let found = alignment.find(&part).unwrap();
        // Where two points of the print are found, against where they are: the reference lies as `own`. A pixel of the small
        // pictures is two and a half of these.
        for point in [(120.0, 140.0), (60.0, 235.0)] {
            let (at, there) = (found.on_part(own.on_reference(point, PICTURE), PICTURE), lies.on_part(point, PICTURE));
            let off = (at.0 - there.0).hypot(at.1 - there.1);
            assert!(off < 1.5, "{degrees}°, {down}, {right}: {at:?} is {off} pixels from {there:?}");
        }
        for (preprocess, expected) in [&whole, &part_of].into_iter().zip(&expected) {
            let input = preprocess.apply(&part).unwrap();
            assert_eq!((input.height, input.width), (expected.height, expected.width));
            // The print's own edges are blurred a little; the middle of the part is what is compared.
            let rows = input.height / 4..3 * input.height / 4;
            let columns = input.width / 4..3 * input.width / 4;
            let [seen, expected] = [&input, expected].map(|input| input.cut(rows.clone(), columns.clone()).values);
            let off = seen.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum::<f32>() / seen.len() as f32;
            assert!(off < 0.03, "{degrees}°, {down}, {right}: brightness is off by {off}");
        }
    }
}

#[test]
fn what_lies_too_far_off_or_is_no_such_part_is_refused() {
    let alignment = learned();
    let turned = plate(Lie { turn: f32::to_radians(40.0), ..still() }, 1);
    let away = plate(Lie { right: 0.45, down: 0.4, ..still() }, 1);
    let blank = Frame::new(PICTURE, Pixels::Grey8(vec![120; 320 * 240])).unwrap();
    let noise = Frame::new(PICTURE, Pixels::Grey8((0..320 * 240).map(noise).collect())).unwrap();
    for (name, frame) in [("turned", turned), ("away", away), ("blank", blank), ("noise", noise)] {
        match alignment.find(&frame) {
            Err(AlignError::Unlike { found, needed }) => assert!(found < needed, "{name}"),
            Err(AlignError::TooFar) => assert!(["turned", "away"].contains(&name), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        let preprocess = Preprocess { align: true, ..Preprocess::whole(PICTURE, Channels::Grey) };
        assert_eq!(preprocess.apply(&frame), Err(AlignError::NoReference), "{name} is not judged as it lies");
        assert!(preprocess.with_alignment(Some(alignment.clone())).apply(&frame).is_err(), "{name}");
    }
}

#[test]
fn parts_with_nothing_in_common_have_no_reference() {
    // In spots, so that the small picture is not grey all over.
    let spots = |salt: u32| {
        let samples = (0..320 * 240_u32).map(|i| noise(i / 320 / 20 * 16 + i % 320 / 20 + 1000 * salt)).collect();
        Frame::new(PICTURE, Pixels::Grey8(samples)).unwrap()
    };
    let outcome = Alignment::learn((0..12).map(spots));
    assert!(matches!(outcome, Err(AlignError::NothingInCommon { .. })), "{outcome:?}");
    assert_eq!(Alignment::learn::<Frame>([]).unwrap_err(), AlignError::NoReference);
}

#[test]
fn a_rectangle_goes_with_the_part_and_back_and_is_cut_at_the_edge() {
    let lie = Lie { turn: 0.0, down: 0.1, right: -0.05 };
    let spot = Region { left: 0.2, top: 0.3, right: 0.3, bottom: 0.5 };
    let close = |a: Region, b: Region| {
        [(a.left, b.left), (a.top, b.top), (a.right, b.right), (a.bottom, b.bottom)]
            .iter()
            .all(|(a, b)| (a - b).abs() < 1e-5)
    };
    let straight = lie.region_on_reference(spot, PICTURE).unwrap();
    assert!(close(straight, Region { left: 0.15, top: 0.4, right: 0.25, bottom: 0.6 }), "{straight:?}");
    assert!(close(lie.region_on_part(straight, PICTURE).unwrap(), spot));
    let low = lie.region_on_reference(Region { top: 0.85, bottom: 0.95, ..spot }, PICTURE).unwrap();
    assert!((low.top - 0.95).abs() < 1e-5 && low.bottom == 1.0, "{low:?}");
    assert!(lie.region_on_reference(Region { top: 0.92, bottom: 1.0, ..spot }, PICTURE).is_none());
    // A quarter turn of a square picture brings its left to its top.
    let square = PictureSize { width: 100, height: 100 };
    let quarter = Lie { turn: std::f32::consts::FRAC_PI_2, down: 0.0, right: 0.0 };
    let left = Region { left: 0.0, top: 0.4, right: 0.2, bottom: 0.6 };
    let turned = quarter.region_on_reference(left, square).unwrap();
    assert!(close(quarter.region_on_part(turned, square).unwrap(), left) && !close(turned, left), "{turned:?}");
}

#[test]
fn a_kept_reference_finds_the_same_and_a_damaged_one_is_none() {
    let alignment = learned();
    let kept = |size, pixels: Vec<u8>, needed| Alignment::kept(size, pixels, needed);
    let again = kept(alignment.size(), alignment.reference().to_vec(), alignment.needed()).unwrap();
    assert_eq!(again, alignment);
    let part = plate(Lie { turn: 0.05, down: 0.02, right: -0.03 }, 3);
    assert_eq!(again.find(&part), alignment.find(&part));
    assert!(kept(alignment.size(), alignment.reference()[1..].to_vec(), 0.5).is_none());
    assert!(kept(alignment.size(), alignment.reference().to_vec(), f32::NAN).is_none());
    assert!(kept(PictureSize { width: u32::MAX, height: u32::MAX }, Vec::new(), 0.5).is_none());
}

#[test]
fn the_way_to_the_part_and_back_is_the_same_and_a_map_goes_with_it() {
    let lie = Lie { turn: 0.12, down: 0.05, right: -0.08 };
    for point in [(0.0, 0.0), (120.0, 160.0), (33.0, 290.0)] {
        let back = lie.on_reference(lie.on_part(point, PICTURE), PICTURE);
        assert!((back.0 - point.0).hypot(back.1 - point.1) < 1e-3, "{point:?} and {back:?}");
    }
    let region = Region { left: 0.25, top: 0.0, right: 1.0, bottom: 1.0 };
    let mut map = HeatMap { width: 60, height: 60, values: vec![0.0; 3600] };
    map.values[40 * 60 + 20] = 5.0;
    let over = lie.map_on_part(&map, &region, PICTURE);
    // The hot cell's middle on the reference, and where that lies on the part.
    let (y, x) = lie.on_part((40.5 / 60.0 * 240.0, (0.25 + 0.75 * 20.5 / 60.0) * 320.0), PICTURE);
    let (row, column) = ((y / 240.0 * 60.0) as usize, ((x / 320.0 - 0.25) / 0.75 * 60.0) as usize);
    let hot: Vec<usize> = (0..3600).filter(|&cell| over.values[cell] == 5.0).collect();
    assert!(
        !hot.is_empty() && hot.iter().all(|cell| (cell / 60).abs_diff(row) <= 1 && (cell % 60).abs_diff(column) <= 1),
        "{hot:?}"
    );
    assert!(over.values.contains(&f32::NEG_INFINITY), "what came from beside the region was not judged");
}
