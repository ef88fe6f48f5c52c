//! Figures against OpenCV, SciPy and NumPy (`goldens/grain.py` made the numbers), and what they must not depend on.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Goldens {
    width: usize,
    height: usize,
    side: u32,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    tilt: f64,
    crack: bool,
    quarter: bool,
    beside: usize,
    figures: [f32; GRAIN_FIGURES],
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../goldens/grain.json")).unwrap()
}

/// A ground part before a dark background, as the script draws it.
fn picture(width: usize, height: usize, tilt: f64, crack: bool) -> Input {
    drawn(width, height, (tilt, crack), 6)
}

fn drawn(width: usize, height: usize, (tilt, crack): (f64, bool), beside: usize) -> Input {
    let value = |pixel: usize| {
        let (x, y) = ((pixel % width) as f64, (pixel / width) as f64);
        let across = x * tilt.cos() - y * tilt.sin();
        let grain = 18.0 * (across * 1.7).sin() + 11.0 * (across * 0.61 + 1.0).sin();
        let mut value = 110.0 + grain + 6.0 * (x * 2.9 + y * 3.3).sin();
        let (left, down) = (0.4 * width as f64, height as f64);
        if crack && (x - left).abs() < 1.5 && y > 0.2 * down && y < 0.6 * down {
            value -= 45.0;
        }
        let (from, to) = (beside as f64, beside as f64 + 2.0);
        let is_beside = x < from || x >= width as f64 - to || y < from - 1.0 || y >= height as f64 - to + 1.0;
        (if is_beside { 4.0 } else { value }.clamp(0.0, 255.0) / 255.0) as f32
    };
    Input { channels: 1, height, width, values: (0..width * height).map(value).collect() }
}

fn quartered(input: &Input) -> Input {
    let (width, height) = (input.height, input.width);
    let value = |pixel: usize| input.values[pixel % width * input.width + input.width - 1 - pixel / width];
    Input { width, height, values: (0..width * height).map(value).collect(), ..*input }
}

fn figures(input: &Input, side: u32) -> GrainFigures {
    grain_figures(input, None, side, 4).unwrap()
}

#[test]
fn figures_are_those_of_the_reference() {
    let Goldens { width, height, side, cases } = goldens();
    for case in cases {
        let drawn = drawn(width, height, (case.tilt, case.crack), case.beside);
        let shown = if case.quarter { quartered(&drawn) } else { drawn };
        let found = figures(&shown, side).figures;
        for (which, (found, expected)) in found.iter().zip(case.figures).enumerate() {
            // OpenCV turns pictures in steps of a 32nd of a pixel.
            let near = if case.tilt == 0.0 { 0.002 } else { 0.03 };
            assert!((found - expected).abs() < near, "{which}: {found} is not {expected}");
        }
    }
}

#[test]
fn neither_light_nor_pose_nor_colour_counts() {
    let Goldens { width, height, side, .. } = goldens();
    let part = picture(width, height, 0.0, true);
    let expected = figures(&part, side).figures;
    let near = |other: &Input, within: f32| {
        let found = figures(other, side).figures;
        let far = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < within, "{found:?} is not {expected:?}");
    };
    let values = part.values.iter().map(|value| value * 0.8).collect();
    near(&Input { values, ..part }, 0.05);
    let values = [&part.values[..], &part.values, &part.values].concat();
    near(&Input { channels: 3, values, ..part }, 1e-3);
    let mirrored = (0..width * height).map(|pixel| part.values[pixel / width * width + width - 1 - pixel % width]);
    near(&Input { values: mirrored.collect(), ..part }, 0.05);
    // What lies above and below is not taken from quite the same rows the other way round.
    near(&quartered(&part), 0.35);
}

#[test]
fn the_maps_point_at_what_interrupts_the_grain_as_the_part_lay() {
    let Goldens { width, height, side, .. } = goldens();
    let part = picture(width, height, 0.06, true);
    for (shown, quarter) in [(part.clone(), false), (quartered(&part), true)] {
        let GrainFigures { figures, columns, maps } = figures(&shown, side);
        assert_eq!((columns, maps[0].len()), (shown.width / 4, shown.width / 4 * (shown.height / 4)));
        let place = |cell: usize| {
            let (row, column) = (cell / columns, cell % columns);
            if quarter { (width - 1 - 4 * row, 4 * column) } else { (4 * column, 4 * row) }
        };
        // The part's border is dark beside the part, too.
        let inner = |cell: &usize| (14..78).contains(&place(*cell).0) && (12..66).contains(&place(*cell).1);
        let cells = (0..maps[0].len()).filter(inner);
        let strongest = cells.max_by(|a, b| maps[0][*a].total_cmp(&maps[0][*b])).unwrap();
        let (x, y) = place(strongest);
        assert!(x.abs_diff(38) <= 6 && (10..54).contains(&y), "{x}, {y}");
        assert!(maps[0][strongest] >= figures[0] - 0.3, "{} of {figures:?}", maps[0][strongest]);
        assert_eq!(maps[0][0], f32::NEG_INFINITY, "nothing of the part is seen in the corner");
    }
}

#[test]
fn a_large_picture_is_measured_as_a_smaller_one() {
    let Goldens { width, height, .. } = goldens();
    let part = picture(width, height, 0.0, true);
    let values = (0..16 * width * height).map(|pixel| {
        let (x, y) = (pixel % (4 * width), pixel / (4 * width));
        part.values[y / 4 * width + x / 4]
    });
    let large = Input { channels: 1, width: 4 * width, height: 4 * height, values: values.collect() };
    let (small, large) = (figures(&part, 288), figures(&large, 4 * 288));
    for (small, large) in small.figures.iter().zip(large.figures) {
        assert!((small - large).abs() < 0.02, "{small} and {large}");
    }
    let cell = |figures: &GrainFigures, row: usize, column: usize| figures.maps[0][row * figures.columns + column];
    assert!((cell(&small, 7, 9) - cell(&large, 28, 37)).abs() < 0.5);
    assert_eq!((large.columns, large.maps[0].len()), (width, width * height));
}

#[test]
fn what_is_not_judged_does_not_count_and_where_no_part_is_nothing_is_said() {
    let Goldens { width, height, side, .. } = goldens();
    let part = picture(width, height, 0.0, true);
    let judged: Vec<bool> = (0..width * height).map(|pixel| !(28..48).contains(&(pixel % width))).collect();
    let found = grain_figures(&part, Some(&judged), side, 4).unwrap();
    assert!(found.figures[0] < figures(&part, side).figures[0] - 1.0, "{found:?}");
    assert_eq!(found.maps[0][10 * 24 + 9], f32::NEG_INFINITY);
    for value in [0.0, f32::NAN] {
        let empty = Input { values: vec![value; width * height], ..part };
        assert_eq!(grain_figures(&empty, None, side, 4), None, "{value}");
    }
    let even = Input { values: vec![0.5; width * height], ..part };
    let found = grain_figures(&even, None, side, 4).map(|found| found.figures);
    assert!(found.is_none_or(|figures| figures.iter().all(|figure| figure.is_finite())), "there is no grain");
    let small = Input { channels: 1, height: 3, width: 5, values: vec![0.5; 15] };
    assert_eq!(grain_figures(&small, None, side, 4), None);
    let nothing = vec![false; width * height];
    assert_eq!(grain_figures(&part, Some(&nothing), side, 4), None);
}
