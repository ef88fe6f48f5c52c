//! From two maps to one score: each branch is standardised on good parts, then they are added with weights.

use serde::{Deserialize, Serialize};
use sightline_core::{HeatMap, Scored};
use sightline_image::GrainFigures;

use crate::GrainBranch;

/// Share of a map's cells whose mean is the part's score: steadier than the single largest cell.
const PEAK_SHARE: f64 = 0.002;

/// How one branch is standardised and weighed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Median of the branch's peak over good parts that the network did not learn from.
    pub median: f64,
    /// Distance from the median to the upper decile of the same peaks.
    pub spread: f64,
    /// Share in the sum.
    pub weight: f64,
}

impl Branch {
    /// Standardises on the peaks of good parts. With none, raw values are used.
    pub fn fit(peaks: &[f64], weight: f64) -> Self {
        let mut sorted: Vec<f64> = peaks.iter().copied().filter(|peak| peak.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get(((sorted.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
        let median = at(0.5).unwrap_or(0.0);
        let spread = at(0.9).map_or(1.0, |upper| upper - median);
        // Identical peaks (a handful of parts) must not blow a score up to infinity.
        Self { median, spread: spread.max(1e-3 * median.abs()).max(1e-6), weight }
    }

    /// The branch's share in the sum. A branch without weight says nothing, not even about ignored cells, where its
    /// value is infinite.
    fn weigh(&self, value: f64) -> f64 {
        if self.weight == 0.0 { 0.0 } else { self.weight * self.standard(value) }
    }

    pub(crate) fn standard(&self, value: f64) -> f64 {
        (value - self.median) / self.spread
    }
}

/// Both maps of one part before fusion, at the same grid.
#[derive(Debug, Clone, PartialEq)]
pub struct RawScore {
    /// Distances to the memory bank.
    pub bank: HeatMap,
    /// Logits of the synthetic-defect head.
    pub synthetic: HeatMap,
    /// What interrupts the part's grain; none where nobody asked, or it could not be measured.
    pub grain: Option<GrainFigures>,
}

impl RawScore {
    /// Peak of each map, `(bank, synthetic)`; `cells` as in [`Fusion::peak_cells`].
    pub fn peaks(&self, cells: Option<usize>) -> (f64, f64) {
        (peak(&self.bank.values, cells), peak(&self.synthetic.values, cells))
    }
}

/// The fused decision's weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fusion {
    /// The memory bank.
    pub bank: Branch,
    /// The synthetic-defect head.
    pub synthetic: Branch,
    /// A part's score is the mean of a share of its largest cells; with more cells than this, of a share of so many. In
    /// tiles it is a tile's: a scratch must not count for less because more is good around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_cells: Option<usize>,
    /// How the grain's figures join in; none where parts are not looked at for a grain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grain: Option<GrainBranch>,
}

impl Fusion {
    /// What the network says of a part with these peaks, before its grain joins in.
    pub fn network(&self, bank: f64, synthetic: f64) -> f64 {
        self.bank.weigh(bank) + self.synthetic.weigh(synthetic)
    }

    /// One score and one map. Cells that are ignored carry negative infinity and stay so.
    pub fn fuse(&self, raw: &RawScore) -> Scored {
        let (bank, synthetic) = raw.peaks(self.peak_cells);
        let values = raw
            .bank
            .values
            .iter()
            .zip(&raw.synthetic.values)
            .map(|(&b, &s)| (self.bank.weigh(f64::from(b)) + self.synthetic.weigh(f64::from(s))) as f32)
            .collect();
        let network = self.network(bank, synthetic);
        let map = HeatMap { width: raw.bank.width, height: raw.bank.height, values };
        let (novel, map) = match &self.grain {
            Some(grain) => grain.join(network, map, raw.grain.as_ref()),
            None => (network, map),
        };
        Scored {
            score: novel,
            novel,
            bank: self.bank.standard(bank),
            synthetic: self.synthetic.standard(synthetic),
            known: None,
            map,
        }
    }
}

/// Mean of the largest cells. With a cell that is not a number the peak is none either: such a part is never a pass.
pub(crate) fn peak(values: &[f32], cells: Option<usize>) -> f64 {
    // Asked for by itself: in the order of all floats, what arithmetic makes of ∞ − ∞ stands below every number.
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let mut sorted: Vec<f32> = values.to_vec();
    let of = values.len().min(cells.unwrap_or(usize::MAX));
    let count = ((of as f64 * PEAK_SHARE).ceil() as usize).clamp(1, values.len().max(1));
    if sorted.len() > count {
        sorted.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
    }
    let top = &sorted[..count.min(sorted.len())];
    top.iter().map(|&v| f64::from(v)).sum::<f64>() / top.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_mean_of_the_largest_cells() {
        let mut values = vec![0.0; 1000];
        values[10] = 4.0;
        values[700] = 2.0;
        assert_eq!(peak(&values, None), 3.0);
        assert_eq!(peak(&values, Some(500)), 4.0, "the part is larger than a tile of 500 cells");
        assert_eq!(peak(&[5.0], None), 5.0);
        values[3] = -f32::NAN;
        assert!(peak(&values, None).is_nan(), "a cell that is not a number must not drop out");
    }

    #[test]
    fn a_branch_standardises_on_median_and_upper_decile() {
        let peaks: Vec<f64> = (0..=10).map(f64::from).collect();
        let branch = Branch::fit(&peaks, 1.0);
        assert_eq!((branch.median, branch.spread), (5.0, 4.0));
        assert_eq!(branch.standard(9.0), 1.0);
        let flat = Branch::fit(&[2.0, 2.0], 1.0);
        assert!(flat.standard(3.0).is_finite());
        assert_eq!(Branch::fit(&[], 1.0).standard(3.0), 3.0 / 1.0);
    }

    #[test]
    fn ignored_cells_stay_ignored_and_never_lead_the_peak() {
        let map = |judged: f32, strongest: f32| {
            let mut values = vec![f32::NEG_INFINITY; 1000];
            values[500..].fill(judged);
            values[700] = strongest;
            HeatMap { width: 40, height: 25, values }
        };
        let branch = |weight: f64| Branch { median: 1.0, spread: 2.0, weight };
        let raw = RawScore { bank: map(-5.0, 3.0), synthetic: map(-9.0, -3.0), grain: None };
        // 0.2 % of 1000 cells are two: the strongest and one of the others.
        assert_eq!(raw.peaks(None), (-1.0, -6.0));
        let fused = Fusion { bank: branch(0.5), synthetic: branch(1.0), peak_cells: None, grain: None }.fuse(&raw);
        assert_eq!((fused.bank, fused.synthetic, fused.novel), (-1.0, -3.5, -4.0));
        assert!(fused.map.values[..500].iter().all(|&value| value == f32::NEG_INFINITY));
        assert!(fused.map.values[500..].iter().all(|value| value.is_finite()));
        assert_eq!(fused.map.peak(), fused.map.values[700]);
    }
}
