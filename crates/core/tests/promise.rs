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
