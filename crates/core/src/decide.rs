//! From a score to a verdict.

use crate::{Calibration, Verdict};

/// The review band reaches down to the score that this many times α of good parts exceed.
const REVIEW_BAND: f64 = 3.0;

/// The scores at which a part is rejected or shown to a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Scores above it are rejected.
    pub reject_above: f64,
    /// Scores above it, up to the reject limit, are for review.
    pub review_above: f64,
}

impl Limits {
    /// The limits that a calibration sets.
    ///
    /// With enough calibration parts the reject limit is the one of the promise. With fewer it is the largest score
    /// that a good part reached, and nothing is promised.
    pub fn from_calibration(calibration: &Calibration) -> Self {
        let scores = calibration.scores();
        let largest = |beyond: usize| scores[scores.len() - 1 - beyond.min(scores.len() - 1)];
        let beyond = calibration.promise().map_or(0, |promise| promise.allowed_beyond);
        let in_band = (REVIEW_BAND * calibration.false_reject_limit() * scores.len() as f64).floor() as usize;
        Self { reject_above: largest(beyond), review_above: largest(in_band.max(beyond + 1)) }
    }

    /// The verdict for a score. A score that is not a number is never a pass.
    pub fn decide(&self, score: f64) -> Verdict {
        if score.is_nan() || score > self.reject_above {
            Verdict::Reject
        } else if score > self.review_above {
            Verdict::Review
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_the_promise() {
        let hundred = Calibration::new((1..=100).map(f64::from).collect(), 0.05, 0.95).unwrap();
        // k = 1 for n = 100, α = 5 %, δ = 5 %: the second largest score.
        assert_eq!(hundred.promise().map(|p| p.allowed_beyond), Some(1));
        let limits = Limits::from_calibration(&hundred);
        assert_eq!(limits.reject_above, 99.0);
        assert_eq!(limits.review_above, 85.0);
        assert_eq!(limits.decide(99.5), Verdict::Reject);
        assert_eq!(limits.decide(99.0), Verdict::Review);
        assert_eq!(limits.decide(85.0), Verdict::Pass);
        assert_eq!(limits.decide(f64::NAN), Verdict::Reject);
    }

    #[test]
    fn few_parts_still_give_ordered_limits() {
        for n in 1..20 {
            let few = Calibration::new((0..n).map(f64::from).collect(), 0.01, 0.95).unwrap();
            let limits = Limits::from_calibration(&few);
            assert_eq!(limits.reject_above, f64::from(n - 1));
            assert!(limits.review_above <= limits.reject_above);
        }
    }
}
