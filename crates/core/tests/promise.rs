//! The false-reject promise as a whole: the count behind it against SciPy, and whether limits set by it keep it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use sightline_core::promise::{allowed_beyond, parts_needed};
use sightline_core::{Calibration, Limits};

#[derive(Deserialize)]
struct Goldens {
    allowed_beyond: Vec<Allowed>,
    broken_promises: Vec<Broken>,
}

#[derive(Deserialize)]
struct Allowed {
    parts: usize,
    false_reject_limit: f64,
    confidence: f64,
    allowed: Option<usize>,
}

/// How often a limit set on `parts` scores lets more than α of good parts be rejected.
#[derive(Deserialize)]
struct Broken {
    parts: usize,
    false_reject_limit: f64,
    confidence: f64,
    probability: f64,
}

/// Made by `goldens/promise.py`.
fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../goldens/promise.json")).unwrap()
}

#[test]
fn allowed_parts_agree_with_scipy() {
    let cases = goldens().allowed_beyond;
    assert!(cases.len() >= 200);
    for Allowed { parts, false_reject_limit, confidence, allowed } in cases {
        let what = format!("{parts} parts, limit {false_reject_limit}, confidence {confidence}");
        assert_eq!(allowed_beyond(parts, false_reject_limit, confidence), allowed, "{what}");
        assert_eq!(parts >= parts_needed(false_reject_limit, confidence), allowed.is_some(), "{what}");
    }
}

#[test]
fn limits_break_their_promise_as_rarely_as_they_say() {
    const CALIBRATIONS: u32 = 10_000;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for Broken { parts, false_reject_limit, confidence, probability } in goldens().broken_promises {
        let broken = (0..CALIBRATIONS)
            .filter(|_| {
                let scores = (0..parts).map(|_| rng.random::<f64>()).collect();
                let calibration = Calibration::new(scores, false_reject_limit, confidence).unwrap();
                assert!(calibration.promise().is_some());
                // Scores are uniform on 0..1, so exactly this share of all good parts lies above the limit.
                1.0 - Limits::from_calibration(&calibration).reject_above > false_reject_limit
            })
            .count();
        let share = broken as f64 / f64::from(CALIBRATIONS);
        let sigma = |p: f64| (p * (1.0 - p) / f64::from(CALIBRATIONS)).sqrt();
        let delta = 1.0 - confidence;
        let what = format!("{parts} parts, limit {false_reject_limit}: {share} broken");
        assert!(share <= delta + 3.0 * sigma(delta), "{what}, {delta} promised");
        // A limit that is too careful would pass above, and let defects through.
        assert!((share - probability).abs() <= 4.0 * sigma(probability), "{what}, {probability} expected");
    }
}

/// How parts score: a score for a uniform number, and the share of all parts that score above a limit.
struct Shape {
    name: &'static str,
    score: fn(f64) -> f64,
    share_above: fn(f64) -> f64,
}

#[test]
fn ties_break_no_promise() {
    const CALIBRATIONS: u32 = 10_000;
    let shapes = [
        Shape { name: "continuous", score: |u| u, share_above: |limit| 1.0 - limit },
        Shape { name: "seven values", score: |u| (7.0 * u).floor(), share_above: |limit| 1.0 - (limit + 1.0) / 7.0 },
        Shape { name: "eighty values", score: |u| (80.0 * u).floor(), share_above: |limit| 1.0 - (limit + 1.0) / 80.0 },
        Shape { name: "half at one value", score: |u| u.max(0.5), share_above: |limit| 1.0 - limit },
        Shape {
            name: "three in a hundred at the top",
            score: |u| u.min(0.97),
            share_above: |limit| if limit < 0.97 { 1.0 - limit } else { 0.0 },
        },
    ];
    let promises =
        [(30, 0.1, 0.95), (45, 0.05, 0.9), (93, 0.05, 0.95), (100, 0.1, 0.8), (299, 0.01, 0.95), (473, 0.01, 0.95)];
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for Shape { name, score, share_above } in shapes {
        for (parts, false_reject_limit, confidence) in promises {
            let broken = (0..CALIBRATIONS)
                .filter(|_| {
                    let scores = (0..parts).map(|_| score(rng.random())).collect();
                    let calibration = Calibration::new(scores, false_reject_limit, confidence).unwrap();
                    assert!(calibration.promise().is_some());
                    // A hair, because 1 - 79/80 is not exactly 1/80.
                    share_above(Limits::from_calibration(&calibration).reject_above) > false_reject_limit + 1e-12
                })
                .count();
            let (share, delta) = (broken as f64 / f64::from(CALIBRATIONS), 1.0 - confidence);
            let sigma = (delta * (1.0 - delta) / f64::from(CALIBRATIONS)).sqrt();
            let what = format!("{name}, {parts} parts, limit {false_reject_limit}");
            assert!(share <= delta + 3.0 * sigma, "{what}: {share} broken, {delta} promised");
        }
    }
}

#[test]
fn a_p_value_is_as_rare_as_it_says_ties_or_not() {
    const TRIALS: u32 = 10_000;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let shapes: [fn(f64) -> f64; 3] = [|u| u, |u| (4.0 * u).floor(), |u| u.max(0.7)];
    for score in shapes {
        let p_values: Vec<f64> = (0..TRIALS)
            .map(|_| {
                let scores = (0..39).map(|_| score(rng.random())).collect();
                Calibration::new(scores, 0.1, 0.95).unwrap().p_value(score(rng.random()))
            })
            .collect();
        for level in [0.025, 0.05, 0.1, 0.5] {
            let share = p_values.iter().filter(|&&p| p <= level).count() as f64 / f64::from(TRIALS);
            let sigma = (level * (1.0 - level) / f64::from(TRIALS)).sqrt();
            assert!(share <= level + 3.0 * sigma, "{share} of good parts have p <= {level}");
        }
    }
}
