//! The measures against scikit-learn, SciPy and plain NumPy. `goldens/metrics.py` made the numbers.

use serde::Deserialize;

use super::{PixelMap, PixelTally, auroc, average_precision, detection_rate_at};

/// Both sides work in double precision and sum in another order.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Goldens {
    parts: Vec<Parts>,
    pixels: Vec<Pixels>,
}

#[derive(Deserialize)]
struct Parts {
    name: String,
    scores: Vec<f64>,
    is_defect: Vec<bool>,
    auroc: Option<f64>,
    average_precision: Option<f64>,
    /// (false-reject rate, detection rate)
    detection: Vec<(f64, Option<f64>)>,
}

#[derive(Deserialize)]
struct Pixels {
    name: String,
    maps: Vec<Map>,
    auroc: Option<f64>,
    pro: Option<f64>,
}

#[derive(Deserialize)]
struct Map {
    width: usize,
    height: usize,
    scores: Vec<f32>,
    /// One character per pixel, `#` for a defect.
    mask: String,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../goldens/metrics.json")).unwrap()
}

fn check(actual: Option<f64>, expected: Option<f64>, what: &str) {
    let agree = match (actual, expected) {
        (Some(actual), Some(expected)) => (actual - expected).abs() <= TOLERANCE,
        (actual, expected) => actual == expected,
    };
    assert!(agree, "{what}: {actual:?}, the golden number is {expected:?}");
}

#[test]
fn part_measures_agree_with_scikit_learn() {
    let cases = goldens().parts;
    assert!(cases.len() >= 10);
    for case in cases {
        let name = &case.name;
        check(auroc(&case.scores, &case.is_defect), case.auroc, &format!("{name}: AUROC"));
        let precision = average_precision(&case.scores, &case.is_defect);
        check(precision, case.average_precision, &format!("{name}: average precision"));
        for (rate, expected) in case.detection {
            let found = detection_rate_at(&case.scores, &case.is_defect, rate);
            check(found, expected, &format!("{name}: detection at {rate}"));
        }
    }
}

#[test]
fn pixel_measures_agree_with_numpy() {
    let cases = goldens().pixels;
    assert!(cases.len() >= 7);
    for case in cases {
        let mut tally = PixelTally::default();
        for map in &case.maps {
            let mask: Vec<bool> = map.mask.bytes().map(|pixel| pixel == b'#').collect();
            tally.add(&PixelMap::new(map.width, map.height, &map.scores, &mask).unwrap());
        }
        let quality = tally.finish();
        check(quality.map(|q| q.auroc), case.auroc, &format!("{}: AUROC", case.name));
        check(quality.map(|q| q.pro), case.pro, &format!("{}: PRO", case.name));
    }
}
