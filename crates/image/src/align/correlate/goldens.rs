//! Shifts against scikit-image's phase correlation. `goldens/align.py` made the numbers.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

/// Frequencies down and across, amplitude, phase.
type Wave = (f64, f64, f64, f64);

#[derive(Deserialize)]
struct Case {
    waves: Vec<Wave>,
    /// On the moved picture alone.
    noise: Vec<Wave>,
    by: (f64, f64),
    shift: (f32, f32),
}

/// A sum of waves, moved by rows and columns.
fn picture(waves: &[Wave], by: (f64, f64)) -> Vec<f32> {
    let value = |pixel: usize| -> f64 {
        let (y, x) = ((pixel / SIDE) as f64 - by.0, (pixel % SIDE) as f64 - by.1);
        let wave = |(down, across, amplitude, phase): &Wave| {
            amplitude * (std::f64::consts::TAU * (down * y + across * x) / SIDE as f64 + phase).cos()
        };
        waves.iter().map(wave).sum()
    };
    (0..SIDE * SIDE).map(|pixel| value(pixel) as f32).collect()
}

#[test]
fn shifts_agree_with_scikit_image() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../../goldens/align.json")).unwrap();
    assert!(goldens.cases.len() >= 6);
    for Case { waves, noise, by, shift } in goldens.cases {
        let mut moved = picture(&waves, by);
        moved.iter_mut().zip(picture(&noise, (0.0, 0.0))).for_each(|(value, noise)| *value += noise);
        let [part, moved] = [picture(&waves, (0.0, 0.0)), moved].map(|picture| Spectrum::of(&picture, SIDE));
        let found = part.shift(&moved, (20, 20));
        let near = |found: f32, expected: f32| (found - expected).abs() <= 1.5 / UPSAMPLE as f32;
        assert!(near(found.0, shift.0) && near(found.1, shift.1), "{found:?} is not {shift:?} for {by:?}");
    }
}

#[test]
fn a_shift_beyond_the_reach_is_not_found() {
    let part: Vec<f32> = (0..SIDE * SIDE).map(|i| ((i * i % 7919) as f32).sin()).collect();
    let moved: Vec<f32> = (0..SIDE * SIDE).map(|i| part[(i / SIDE + SIDE - 6) % SIDE * SIDE + i % SIDE]).collect();
    let [part, moved] = [part, moved].map(|picture| Spectrum::of(&picture, SIDE));
    let found = part.shift(&moved, (8, 8));
    assert!((found.0 + 6.0).abs() < 0.06 && found.1.abs() < 0.06, "{found:?}");
    let found = part.shift(&moved, (4, 4));
    assert!(found.0.abs() <= 5.0 && found.1.abs() <= 5.0, "{found:?}");
}
