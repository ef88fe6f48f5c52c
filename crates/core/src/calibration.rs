//! Scores of held-out good parts, and the p-value they give to a new part.

use crate::promise::{Promise, allowed_beyond};

/// Why a calibration cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// No good part was left to calibrate on.
    #[error("no good part was held out to calibrate on")]
    Empty,
    /// A score is not a number.
    #[error("calibration score {index} is not a finite number")]
    NotFinite {
        /// Which score, from 0.
        index: usize,
    },
    /// α or the confidence lies outside 0..1.
    #[error("the {name} must lie between 0 and 1, both excluded; it is {value}")]
    OutOfRange {
        /// Which setting.
        name: &'static str,
        /// What it was.
        value: f64,
    },
}

/// Scores of good parts that no stage of learning saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    ascending: Vec<f64>,
    false_reject_limit: f64,
    confidence: f64,
}

impl Calibration {
    /// Keeps the scores sorted.
    ///
    /// # Errors
    /// When there is no score, one is not finite, or a setting lies outside 0..1.
    pub fn new(mut scores: Vec<f64>, false_reject_limit: f64, confidence: f64) -> Result<Self, CalibrationError> {
        if scores.is_empty() {
            return Err(CalibrationError::Empty);
        }
        if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
            return Err(CalibrationError::NotFinite { index });
        }
        for (name, value) in [("false-reject limit", false_reject_limit), ("confidence", confidence)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(CalibrationError::OutOfRange { name, value });
            }
        }
        scores.sort_by(f64::total_cmp);
        Ok(Self { ascending: scores, false_reject_limit, confidence })
    }

    /// The scores, smallest first.
    pub fn scores(&self) -> &[f64] {
        &self.ascending
    }

    /// α of the promise that is asked for.
    pub fn false_reject_limit(&self) -> f64 {
        self.false_reject_limit
    }

    /// 1−δ of the promise that is asked for.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    /// Conformal p-value: p = (1 + #{calibration scores ≥ s}) / (n + 1). Not-a-number gets the smallest p-value.
    pub fn p_value(&self, score: f64) -> f64 {
        let n = self.ascending.len();
        let at_least = if score.is_nan() { 0 } else { n - self.ascending.partition_point(|&s| s < score) };
        (1 + at_least) as f64 / (n + 1) as f64
    }

    /// The promise that these scores support; none when there are too few.
    pub fn promise(&self) -> Option<Promise> {
        let parts = self.ascending.len();
        allowed_beyond(parts, self.false_reject_limit, self.confidence).map(|allowed_beyond| Promise {
            false_reject_limit: self.false_reject_limit,
            confidence: self.confidence,
            calibration_parts: parts,
            allowed_beyond,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(scores: &[f64]) -> Calibration {
        Calibration::new(scores.to_vec(), 0.2, 0.9).unwrap()
    }

    #[test]
    fn p_values_count_ties_against_the_part() {
        let check = |score: f64, expected: f64| {
            assert_eq!(calibration(&[1.0, 2.0, 2.0, 3.0]).p_value(score), expected, "score {score}");
        };
        check(0.0, 1.0);
        check(1.0, 1.0);
        check(2.0, 0.8);
        check(2.5, 0.4);
        check(3.0, 0.4);
        check(3.1, 0.2);
        check(f64::NAN, 0.2);
        check(f64::INFINITY, 0.2);
    }

    #[test]
    fn bad_scores_and_settings_are_refused() {
        assert_eq!(Calibration::new(vec![], 0.1, 0.9), Err(CalibrationError::Empty));
        assert_eq!(Calibration::new(vec![1.0, f64::NAN], 0.1, 0.9), Err(CalibrationError::NotFinite { index: 1 }));
        assert!(matches!(Calibration::new(vec![1.0], 0.0, 0.9), Err(CalibrationError::OutOfRange { .. })));
        assert!(matches!(Calibration::new(vec![1.0], 0.1, 1.0), Err(CalibrationError::OutOfRange { .. })));
    }

    #[test]
    fn too_few_parts_promise_nothing() {
        let few = Calibration::new((0..20).map(f64::from).collect(), 0.01, 0.95).unwrap();
        assert_eq!(few.promise(), None);
        let enough = Calibration::new((0..300).map(f64::from).collect(), 0.01, 0.95).unwrap();
        assert_eq!(enough.promise().map(|p| p.allowed_beyond), Some(0));
    }
}
