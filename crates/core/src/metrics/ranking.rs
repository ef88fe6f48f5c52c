//! Measures over one score per part. Equal scores are taken together everywhere: no order among them is invented.

/// Area under the ROC curve: the probability that a defective part scores above a good one, ties counting one half.
///
/// AUROC = (Σ midranks of defects − D(D+1)/2) / (G·D), the Mann-Whitney statistic (Hanley & McNeil 1982,
/// Radiology 143), for G good and D defective parts. None when a class is missing or the lengths differ.
pub fn auroc(scores: &[f64], is_defect: &[bool]) -> Option<f64> {
    Some(area_under_roc(tied_descending(scores, is_defect)?))
}

/// Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores as thresholds, from the largest down; Pₙ and Rₙ are
/// precision and recall at the n-th. No interpolation (Davis & Goadrich 2006; scikit-learn's definition).
///
/// None when a class is missing or the lengths differ.
pub fn average_precision(scores: &[f64], is_defect: &[bool]) -> Option<f64> {
    let groups = tied_descending(scores, is_defect)?;
    let defects: u64 = groups.iter().map(|tied| tied.defect).sum();
    let (mut found, mut rejected, mut weighted_precision) = (0, 0, 0.0);
    for tied in groups {
        found += tied.defect;
        rejected += tied.defect + tied.good;
        weighted_precision += tied.defect as f64 * found as f64 / rejected as f64;
    }
    Some(weighted_precision / defects as f64)
}

/// Share of defects found at the lowest limit that rejects at most `false_reject_rate` of the good parts.
///
/// The limit is the (k+1)-th largest good score, k the largest count with k/G ≤ `false_reject_rate`; a part is rejected
/// when its score lies strictly above. Good parts tied at the limit are thus all kept and the achieved rate may be lower
/// than asked. With fewer than 1/`false_reject_rate` good parts k is 0: no good part is rejected.
///
/// None when a class is missing, the lengths differ or the rate lies outside 0..=1.
pub fn detection_rate_at(scores: &[f64], is_defect: &[bool], false_reject_rate: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&false_reject_rate) {
        return None;
    }
    let groups = tied_descending(scores, is_defect)?;
    let goods: u64 = groups.iter().map(|tied| tied.good).sum();
    let defects: u64 = groups.iter().map(|tied| tied.defect).sum();
    let (mut good_rejected, mut found) = (0, 0);
    for tied in groups {
        // Compared as a quotient: 0.29 · 100 is below 29 in floating point, 29 / 100 is 0.29.
        if (good_rejected + tied.good) as f64 / goods as f64 > false_reject_rate {
            break;
        }
        good_rejected += tied.good;
        found += tied.defect;
    }
    Some(found as f64 / defects as f64)
}

/// Share of good parts that must be rejected to find at least this share of the defects: the price of a detection rate.
///
/// The limit is lowered from the largest score, ties taken together, until enough defects lie at or above it.
///
/// None when a class is missing, the lengths differ or the rate lies outside 0..=1.
pub fn false_reject_rate_at(scores: &[f64], is_defect: &[bool], detection_rate: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&detection_rate) {
        return None;
    }
    let groups = tied_descending(scores, is_defect)?;
    let goods: u64 = groups.iter().map(|tied| tied.good).sum();
    let defects: u64 = groups.iter().map(|tied| tied.defect).sum();
    let (mut good_rejected, mut found) = (0, 0);
    for tied in groups {
        if found as f64 / defects as f64 >= detection_rate {
            break;
        }
        good_rejected += tied.good;
        found += tied.defect;
    }
    Some(good_rejected as f64 / goods as f64)
}

/// How many good and defective share one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tied {
    pub(super) good: u64,
    pub(super) defect: u64,
}

/// Area under the ROC curve of groups from the largest score down, both classes present. A group of ties is one
/// straight segment of the curve, which is what midranks amount to.
pub(super) fn area_under_roc(descending: impl IntoIterator<Item = Tied>) -> f64 {
    let (mut goods, mut defects, mut pairs_in_order) = (0.0, 0.0, 0.0);
    for tied in descending {
        let (good, defect) = (tied.good as f64, tied.defect as f64);
        pairs_in_order += good * (defects + defect / 2.0);
        goods += good;
        defects += defect;
    }
    pairs_in_order / (goods * defects)
}

/// One group per distinct score, from the largest down. None unless both classes are present.
fn tied_descending(scores: &[f64], is_defect: &[bool]) -> Option<Vec<Tied>> {
    if scores.len() != is_defect.len() || !is_defect.contains(&true) || !is_defect.contains(&false) {
        return None;
    }
    // Adding zero makes −0 the 0 that it equals; `total_cmp` would set them apart.
    let comparable = |score: f64| if score.is_nan() { f64::INFINITY } else { score + 0.0 };
    let mut parts: Vec<(f64, bool)> =
        scores.iter().map(|&score| comparable(score)).zip(is_defect.iter().copied()).collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = |group: &[(f64, bool)]| {
        let defect = group.iter().filter(|(_, is_defect)| *is_defect).count();
        Tied { good: (group.len() - defect) as u64, defect: defect as u64 }
    };
    Some(parts.chunk_by(|a, b| a.0 == b.0).map(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_OF_EACH: [bool; 4] = [false, true, false, true];

    #[test]
    fn a_detection_rate_costs_the_good_parts_that_lie_above_its_limit() {
        let scores = [9.0, 8.0, 7.0, 7.0, 5.0, 4.0, 3.0, 2.0];
        let is_defect = [true, true, true, false, false, true, false, false];
        let check = |rate, expected| assert_eq!(false_reject_rate_at(&scores, &is_defect, rate), expected, "{rate}");
        check(0.0, Some(0.0));
        check(0.5, Some(0.0));
        // The third defect ties with a good part.
        check(0.75, Some(0.25));
        check(0.76, Some(0.5));
        check(1.0, Some(0.5));
        check(1.1, None);
        assert_eq!(false_reject_rate_at(&scores, &[true; 8], 0.5), None);
    }

    #[test]
    fn undefined_measures_are_none() {
        let cases: [&[bool]; 4] = [&[], &[true, true], &[false, false], &[true, false, true]];
        for is_defect in cases {
            assert_eq!(auroc(&[1.0, 2.0], is_defect), None);
            assert_eq!(average_precision(&[1.0, 2.0], is_defect), None);
            assert_eq!(detection_rate_at(&[1.0, 2.0], is_defect, 0.1), None);
        }
        for rate in [-0.01, 1.01, f64::NAN] {
            assert_eq!(detection_rate_at(&[0.0, 1.0, 2.0, 3.0], &TWO_OF_EACH, rate), None);
        }
    }

    #[test]
    fn unusual_scores_are_ranked_as_documented() {
        let check = |scores: [f64; 4], expected: f64| {
            assert_eq!(auroc(&scores, &TWO_OF_EACH), Some(expected), "{scores:?}");
        };
        check([0.0, f64::NAN, 1.0, f64::INFINITY], 1.0);
        check([f64::NAN, f64::INFINITY, f64::INFINITY, f64::NAN], 0.5);
        check([0.0, -0.0, -0.0, 0.0], 0.5);
        check([f64::NAN, 0.0, f64::NAN, 1.0], 0.0);
        check([f64::NEG_INFINITY, f64::MIN, -1.0, 1.0], 0.75);
    }

    #[test]
    fn a_rate_that_floating_point_rounds_down_still_allows_its_whole_count() {
        // Good parts score 0..100; the defect at 70.5 lies below the 29 best good parts and above the others.
        let mut scores: Vec<f64> = (0..100).map(f64::from).collect();
        scores.push(70.5);
        let mut is_defect = vec![false; 100];
        is_defect.push(true);
        assert_eq!(detection_rate_at(&scores, &is_defect, 0.29), Some(1.0));
        assert_eq!(detection_rate_at(&scores, &is_defect, 0.28), Some(0.0));
    }

    #[test]
    fn good_parts_tied_at_the_limit_are_kept() {
        let scores = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0];
        let is_defect = [false, false, false, false, true, true];
        assert_eq!(detection_rate_at(&scores, &is_defect, 0.5), Some(0.5));
        assert_eq!(detection_rate_at(&scores, &is_defect, 1.0), Some(1.0));
    }
}
