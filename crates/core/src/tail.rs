//! The upper tail of a score on good parts, so that scores of different branches can be compared where it matters: how
//! seldom a good part scores so high.

/// An exponential tail: above its start, each mean excess more is e times as seldom. It is the limit law of excesses for
/// scores with a light tail (Pickands, 1975; Balkema and de Haan, 1974, with shape 0), and one number is all that a few
/// dozen parts can tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// The upper quartile: of the scores, or of the distribution that stands for them.
    pub start: f64,
    /// Mean distance from the start to the scores above it.
    pub mean_excess: f64,
}

impl Tail {
    /// From the scores above their upper quartile, by maximum likelihood. Scores of good parts that are not finite do not
    /// count; without any, a score stands for itself.
    pub fn fit(scores: &[f64]) -> Self {
        let mut sorted = finite(scores);
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else { return Self { start: 0.0, mean_excess: 1.0 } };
        let start = sorted[(last as f64 * 0.75).round() as usize];
        let above: Vec<f64> = sorted.iter().filter(|&&score| score > start).map(|score| score - start).collect();
        Self::sound(start, above.iter().sum::<f64>() / above.len().max(1) as f64)
    }

    /// From the mean and the standard deviation of all scores: the exponential distribution that has both. Steadier than
    /// [`Tail::fit`] on few parts, and right for scores that are exponential from their start, as a half's are that says
    /// nothing below it.
    pub fn by_moments(scores: &[f64]) -> Self {
        let scores = finite(scores);
        if scores.is_empty() {
            return Self::fit(&[]);
        }
        let count = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let deviation = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt();
        Self::sound(mean + (4.0_f64.ln() - 1.0) * deviation, deviation)
    }

    /// Scores that are all alike (a handful of parts) must not blow evidence up to infinity.
    fn sound(start: f64, mean_excess: f64) -> Self {
        Self { start, mean_excess: mean_excess.max(1e-3 * start.abs()).max(1e-6) }
    }

    /// Evidence against a part: −ln of how seldom a good part scores so high, but for a constant. Not a number where the
    /// score is none.
    pub fn evidence(&self, score: f64) -> f64 {
        (score - self.start) / self.mean_excess
    }
}

fn finite(scores: &[f64]) -> Vec<f64> {
    scores.iter().copied().filter(|score| score.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_grows_by_one_where_good_parts_grow_e_times_as_seldom() {
        // Quantiles of an exponential distribution with mean 3 that starts at 10.
        let scores: Vec<f64> = (0..10_000).map(|i| 10.0 - 3.0 * (1.0 - (f64::from(i) + 0.5) / 10_000.0).ln()).collect();
        for tail in [Tail::fit(&scores), Tail::by_moments(&scores)] {
            assert!((tail.start - (10.0 + 3.0 * 4.0_f64.ln())).abs() < 0.01, "{tail:?}");
            assert!((tail.mean_excess - 3.0).abs() < 0.01, "{tail:?}");
            assert!((tail.evidence(20.0) - tail.evidence(17.0) - 1.0).abs() < 0.01);
        }
    }

    #[test]
    fn few_equal_or_broken_scores_still_make_a_tail() {
        for fit in [Tail::fit, Tail::by_moments] {
            assert_eq!(fit(&[]).evidence(2.0), 2.0);
            assert!(fit(&[3.0, 3.0, 3.0]).evidence(4.0).is_finite());
            assert_eq!(fit(&[1.0, f64::NAN, f64::INFINITY]), fit(&[1.0]));
            assert!(fit(&[1.0, 2.0]).evidence(f64::NAN).is_nan());
        }
    }
}
