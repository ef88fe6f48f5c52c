//! Refined areas against the truth that was drawn and against OpenCV's grabCut, and what has no border to find.

use serde::Deserialize;

use super::*;
use crate::split::split_mix;

#[derive(Deserialize)]
struct Golden {
    name: String,
    width: u32,
    height: u32,
    samples: String,
    truth: Vec<u32>,
    tries: Vec<Try>,
}

#[derive(Deserialize)]
struct Try {
    rough: Vec<u32>,
    beyond: bool,
    opencv: Vec<u32>,
}

fn samples(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Shared pixels over all pixels of both.
fn overlap(a: &Mask, b: &Mask) -> f64 {
    a.intersection(b).unwrap().area() as f64 / a.union(b).unwrap().area().max(1) as f64
}

#[test]
fn refined_areas_are_no_worse_than_those_of_opencv() {
    let goldens: Vec<Golden> = serde_json::from_str(include_str!("../../../goldens/refine.json")).unwrap();
    let tries = || goldens.iter().flat_map(|golden| golden.tries.iter().map(move |one| (golden, one)));
    assert!(tries().count() >= 20);
    let (mut ours, mut theirs) = (0.0, 0.0);
    for (golden, Try { rough, beyond, opencv }) in tries() {
        let size = PictureSize { width: golden.width, height: golden.height };
        let [rough, truth, opencv] = [rough, &golden.truth, opencv].map(|runs| Mask::from_runs(size, runs).unwrap());
        let found = refine(&samples(&golden.samples), &rough, *beyond).unwrap();
        let [found, opencv, rough] = [&found, &opencv, &rough].map(|mask| overlap(mask, &truth));
        println!("{} beyond {beyond}: rough {rough:.3}, refined {found:.3}, OpenCV {opencv:.3}", golden.name);
        assert!(found > opencv - 0.05, "{} beyond {beyond}: {found} against {opencv}", golden.name);
        (ours, theirs) = (ours + found, theirs + opencv);
    }
    assert!(ours > theirs - 0.01 * tries().count() as f64, "{ours} against {theirs}");
}

/// A noisy picture with a dark square from `from` to `to` in both directions.
fn with_square(size: PictureSize, from: u32, to: u32) -> Vec<u8> {
    let pixel = |at: u32| {
        let (x, y) = (at % size.width, at / size.width);
        let inside = (from..to).contains(&x) && (from..to).contains(&y);
        (if inside { 60 } else { 150 }) + (split_mix(u64::from(at)) % 12) as u8
    };
    (0..size.width * size.height).map(pixel).collect()
}

#[test]
fn a_large_area_is_found_by_cells_and_never_beyond_its_box() {
    let size = PictureSize { width: 1600, height: 1400 };
    let truth = Mask::of_box(size, [400.0, 400.0, 1000.0, 1000.0]).unwrap();
    let rough = Mask::of_box(size, [350.0, 330.0, 1060.0, 1040.0]).unwrap();
    let picture = with_square(size, 400, 1000);
    let found = refine(&picture, &rough, false).unwrap();
    assert!(overlap(&found, &truth) > 0.97, "{}", overlap(&found, &truth));
    let cut_off = Mask::of_box(size, [300.0, 300.0, 801.0, 900.0]).unwrap();
    let within = refine(&picture, &cut_off, false).unwrap();
    assert_eq!(within.without(&cut_off).unwrap().area(), 0);
    let beyond = refine(&picture, &cut_off, true).unwrap();
    assert!(beyond.area() > within.area() && beyond.contains(850, 850), "{:?}", beyond.bounds());
}

#[test]
fn where_nothing_stands_out_the_area_stays_as_it_was() {
    let size = PictureSize { width: 50, height: 40 };
    let rough = Mask::of_box(size, [10.0, 10.0, 20.0, 20.0]).unwrap();
    assert_eq!(refine(&[90; 2000], &rough, false).unwrap(), rough);
    let whole = Mask::empty(size).unwrap().inverse();
    assert_eq!(refine(&with_square(size, 5, 15), &whole, false).unwrap(), whole);
    let empty = Mask::empty(size).unwrap();
    assert_eq!(refine(&[90; 2000], &empty, true).unwrap(), empty);
    assert!(matches!(refine(&[90; 2001], &rough, true), Err(MaskError::WrongLength { found: 2001, .. })));
}
