//! The false-reject promise: "at most α of good parts rejected, with confidence 1−δ".
//!
//! The limit is the (k+1)-th largest of n calibration scores, with the largest k for which
//! P[Binomial(n, α) ≤ k] ≤ δ (distribution-free tolerance limits, Wilks 1941).

use statrs::distribution::{Binomial, DiscreteCDF};

/// What is promised about good parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// α: at most this fraction of good parts is rejected.
    pub false_reject_limit: f64,
    /// 1−δ: how sure that is.
    pub confidence: f64,
    /// Good parts that the limit was set on.
    pub calibration_parts: usize,
    /// k: calibration parts that lie beyond the limit.
    pub allowed_beyond: usize,
}

/// The largest k with P[Binomial(n, α) ≤ k] ≤ δ, or none when even k = 0 is too many.
pub fn allowed_beyond(parts: usize, false_reject_limit: f64, confidence: f64) -> Option<usize> {
    let delta = 1.0 - confidence;
    let binomial = Binomial::new(false_reject_limit, parts as u64).ok()?;
    let mut allowed = None;
    for k in 0..parts {
        if binomial.cdf(k as u64) > delta {
            break;
        }
        allowed = Some(k);
    }
    allowed
}

/// How many good parts are needed for calibration before anything can be promised (k = 0): the smallest n with
/// (1−α)ⁿ ≤ δ.
pub fn parts_needed(false_reject_limit: f64, confidence: f64) -> usize {
    let exact = (1.0 - confidence).ln() / (1.0 - false_reject_limit).ln();
    // A hair below a whole number is that whole number computed with rounding error.
    (exact - 1e-9).ceil().max(1.0) as usize
}

/// Parts beside the calibration that there should be to learn from before calibration takes all it needs.
const LEARNED_AT_LEAST: usize = 40;

/// How many good parts must be held out so that `parts_needed` of them certainly can be used: a twentieth more, because
/// groups do not divide evenly and a few may be unreadable.
pub fn parts_held_out(false_reject_limit: f64, confidence: f64) -> usize {
    let needed = parts_needed(false_reject_limit, confidence);
    needed + needed.div_ceil(20)
}

/// How many good parts a line needs in all before anything can be promised.
pub fn good_parts_needed(false_reject_limit: f64, confidence: f64) -> usize {
    parts_held_out(false_reject_limit, confidence) + LEARNED_AT_LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_parts_agree_with_the_published_table() {
        assert_eq!(parts_needed(0.01, 0.95), 299);
        assert_eq!(allowed_beyond(298, 0.01, 0.95), None);
        assert_eq!(allowed_beyond(299, 0.01, 0.95), Some(0));
        assert_eq!(allowed_beyond(472, 0.01, 0.95), Some(0));
        assert_eq!(allowed_beyond(473, 0.01, 0.95), Some(1));
        assert_eq!(allowed_beyond(627, 0.01, 0.95), Some(1));
        assert_eq!(allowed_beyond(628, 0.01, 0.95), Some(2));
        assert_eq!(parts_needed(0.05, 0.95), 59);
    }
}
