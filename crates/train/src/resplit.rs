//! Does the promise hold? Scores of good parts that no learning saw are divided anew, many times, between those that set
//! the limit and those that are counted against it; whole groups, as everywhere.

use serde::Serialize;
use sightline_core::{Calibration, Limits, Verdict, split};

/// What so many divisions showed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Resplit {
    /// Divisions.
    pub splits: usize,
    /// Mean share of good parts that the limit rejected.
    pub mean_achieved: f64,
    /// The share that nineteen of twenty divisions stayed at or below.
    pub nineteen_of_twenty_below: f64,
    /// Share of divisions in which more was rejected than promised. The counted side is a sample, too: with a true rate at
    /// the promise about half of the divisions would lie above it.
    pub above_promise: f64,
}

/// Divides `scores` in halves `splits` times by `groups`, sets the limit of the promise on one half and counts on the
/// other. None when half of the parts supports no promise. A score that is no number is rejected, and
/// sets no limit: a division that would calibrate on it is left out.
pub fn resplit(
    scores: &[f64],
    groups: &[String],
    false_reject_limit: f64,
    confidence: f64,
    splits: usize,
) -> Option<Resplit> {
    let mut achieved: Vec<f64> = (0..splits as u64)
        .filter_map(|seed| {
            let sides = split::by_group(groups, &[0.5, 0.5], seed);
            let side = |wanted| -> Vec<f64> {
                scores.iter().zip(&sides).filter(|(_, side)| **side == wanted).map(|(score, _)| *score).collect()
            };
            let calibration = Calibration::new(side(0), false_reject_limit, confidence).ok()?;
            calibration.promise()?;
            let limits = Limits::from_calibration(&calibration);
            let counted = side(1);
            let rejected = counted.iter().filter(|score| limits.decide(**score) == Verdict::Reject).count();
            (!counted.is_empty()).then(|| rejected as f64 / counted.len() as f64)
        })
        .collect();
    achieved.sort_by(f64::total_cmp);
    let count = achieved.len();
    let nineteenth = *achieved.get((count * 19).div_ceil(20).checked_sub(1)?)?;
    Some(Resplit {
        splits: count,
        mean_achieved: achieved.iter().sum::<f64>() / count as f64,
        nineteen_of_twenty_below: nineteenth,
        above_promise: achieved.iter().filter(|share| **share > false_reject_limit).count() as f64 / count as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchangeable_scores_keep_the_promise_and_too_few_promise_nothing() {
        let groups: Vec<String> = (0..700).map(|part| (part / 2).to_string()).collect();
        let scores: Vec<f64> = (0..700).map(|part| f64::from((part * 7919) % 10_007)).collect();
        let shown = resplit(&scores, &groups, 0.05, 0.95, 200).unwrap();
        assert_eq!(shown.splits, 200);
        assert!((0.01..0.05).contains(&shown.mean_achieved), "{shown:?}");
        assert!(shown.nineteen_of_twenty_below >= shown.mean_achieved && shown.above_promise < 0.2, "{shown:?}");
        assert_eq!(resplit(&scores[..100], &groups[..100], 0.01, 0.95, 20), None);
        assert_eq!(resplit(&[], &[], 0.05, 0.95, 20), None);
        let mut unscored = scores.clone();
        unscored[350..].fill(f64::NAN);
        assert_eq!(resplit(&unscored, &groups, 0.05, 0.95, 20), None, "no division calibrates on numbers alone");
    }
}
