//! The upper tail of a score on good parts, so that scores of different branches can be compared where it matters: how
//! seldom a good part scores so high.

/// An exponential tail: above its start, each mean excess more is e times as seldom. It is the limit law of excesses for
/// scores with a light tail (Pickands, 1975; Balkema and de Haan, 1974, with shape 0), and one number is all that a few
/// dozen parts can tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// The upper quartile of the scores.
    pub start: f64,
    /// Mean distance from the start to the scores above it; the maximum-likelihood scale.
    pub mean_excess: f64,
}

impl Tail {
    /// From scores of good parts; those that are not finite do not count. Without any, a score stands for itself.
    pub fn fit(scores: &[f64]) -> Self {
        let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| score.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else { return Self { start: 0.0, mean_excess: 1.0 } };
        let start = sorted[(last as f64 * 0.75).round() as usize];
        let above: Vec<f64> = sorted.iter().filter(|&&score| score > start).map(|score| score - start).collect();
        let mean_excess = above.iter().sum::<f64>() / above.len().max(1) as f64;
        // Scores that are all alike (a handful of parts) must not blow evidence up to infinity.
        Self { start, mean_excess: mean_excess.max(1e-3 * start.abs()).max(1e-6) }
    }

    /// Evidence against a part: −ln of how seldom a good part scores so high, but for a constant. Not a number where the
    /// score is none.
    pub fn evidence(&self, score: f64) -> f64 {
        (score - self.start) / self.mean_excess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_grows_by_one_where_good_parts_grow_e_times_as_seldom() {
        // Quantiles of an exponential distribution with mean 3 that starts at 10.
        let scores: Vec<f64> = (0..10_000).map(|i| 10.0 - 3.0 * (1.0 - (f64::from(i) + 0.5) / 10_000.0).ln()).collect();
        let tail = Tail::fit(&scores);
        assert!((tail.start - (10.0 + 3.0 * 4.0_f64.ln())).abs() < 0.01, "{tail:?}");
        assert!((tail.mean_excess - 3.0).abs() < 0.01, "{tail:?}");
        assert!((tail.evidence(20.0) - tail.evidence(17.0) - 1.0).abs() < 0.01);
    }

    #[test]
    fn few_equal_or_broken_scores_still_make_a_tail() {
        assert_eq!(Tail::fit(&[]).evidence(2.0), 2.0);
        assert!(Tail::fit(&[3.0, 3.0, 3.0]).evidence(4.0).is_finite());
        assert_eq!(Tail::fit(&[1.0, f64::NAN, f64::INFINITY]), Tail::fit(&[1.0]));
        assert!(Tail::fit(&[1.0, 2.0]).evidence(f64::NAN).is_nan());
    }
}
