//! What interrupts a part's grain beside what its network says. Each of them speaks on the scale of how seldom a good part
//! says as much, and what they say adds up (Fisher, 1925): the network once, each figure of the grain once. Tails are
//! taken as exponential: a few dozen good parts do not tell more, and parts of other lots lie farther out than a normal
//! distribution would let them.

use serde::{Deserialize, Serialize};
use sightline_core::HeatMap;
use sightline_image::{GRAIN_FIGURES, GrainFigures};

use crate::Branch;
use crate::fusion::peak;

/// Score of a part whose grain cannot be measured, since no part or no direction is seen on the picture: more than any
/// evidence comes to.
pub const UNMEASURED: f64 = 1e6;

/// Least spread of a figure, which is a logarithm: parts that are all alike in it must not make it say everything.
const LEAST_SPREAD: f64 = 0.05;

/// How the figures and the network's score lie on good parts that the network did not learn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GrainBranch {
    /// Each figure.
    pub figures: [Branch; GRAIN_FIGURES],
    /// The network's fused score.
    pub network: Branch,
}

/// −ln of how seldom a good part says as much, in an exponential distribution with the branch's median and upper decile;
/// nothing below. What is no number stays so.
fn evidence(branch: &Branch, value: f64) -> f64 {
    let evidence = 2.0_f64.ln() + 5.0_f64.ln() * branch.standard(value);
    if evidence < 0.0 { 0.0 } else { evidence }
}

impl GrainBranch {
    /// From good parts: their figures, and their networks' fused scores.
    pub fn fit(figures: &[[f32; GRAIN_FIGURES]], network: &[f64]) -> Self {
        let of = |which: usize| figures.iter().map(|figures| f64::from(figures[which])).collect::<Vec<_>>();
        Self {
            figures: std::array::from_fn(|which| {
                let branch = Branch::fit(&of(which), 1.0);
                Branch { spread: branch.spread.max(LEAST_SPREAD), ..branch }
            }),
            network: Branch::fit(network, 1.0),
        }
    }

    /// Whether a file's numbers can be used.
    pub(crate) fn is_sound(&self) -> bool {
        let mut all = self.figures.iter().chain([&self.network]);
        all.all(|branch| branch.median.is_finite() && branch.spread.is_finite() && branch.spread > 0.0)
    }

    /// Evidence against a part, or a place of it.
    fn evidence(&self, network: f64, figures: [f32; GRAIN_FIGURES]) -> f64 {
        let figures = self.figures.iter().zip(figures).map(|(branch, figure)| evidence(branch, f64::from(figure)));
        evidence(&self.network, network) + figures.sum::<f64>()
    }

    /// The part's score and map from the network's. A part whose grain cannot be measured is never a pass, and counts so
    /// where the limit is set, too. Cells that are left out stay so.
    ///
    /// The score adds up what is worst in different places, so the map is drawn up or down until its peak is the score: what
    /// makes a part be rejected is seen on it.
    pub(crate) fn join(&self, network: f64, map: HeatMap, figures: Option<&GrainFigures>) -> (f64, HeatMap) {
        let at = |cell: usize| -> [f32; GRAIN_FIGURES] {
            let (row, column) = (cell / map.width.max(1), cell % map.width.max(1));
            let in_maps = figures.filter(|figures| column < figures.columns);
            std::array::from_fn(|which| {
                let value = in_maps.and_then(|figures| figures.maps[which].get(row * figures.columns + column));
                value.copied().unwrap_or(f32::NEG_INFINITY)
            })
        };
        let score = match figures {
            Some(figures) => self.evidence(network, figures.figures),
            None if network.is_nan() => network,
            None => UNMEASURED,
        };
        let mut values: Vec<f32> = map
            .values
            .iter()
            .enumerate()
            .map(|(cell, &value)| match value == f32::NEG_INFINITY {
                true => value,
                false => self.evidence(f64::from(value), at(cell)) as f32,
            })
            .collect();
        let peak = peak(&values, None);
        if figures.is_some() && peak.is_finite() && peak > 0.0 && score.is_finite() {
            values.iter_mut().for_each(|value| *value *= (score / peak) as f32);
        }
        (score, HeatMap { values, ..map })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch() -> GrainBranch {
        let figures: Vec<[f32; GRAIN_FIGURES]> =
            (0..40).map(|part| std::array::from_fn(|which| which as f32 + (part % 5) as f32 / 10.0)).collect();
        let network: Vec<f64> = (0..40).map(|part| f64::from(part % 10) / 10.0).collect();
        GrainBranch::fit(&figures, &network)
    }

    fn figures(add: [f32; GRAIN_FIGURES]) -> GrainFigures {
        let figures = std::array::from_fn(|which| which as f32 + 0.2 + add[which]);
        GrainFigures { figures, columns: 2, maps: figures.map(|figure| vec![figure, f32::NEG_INFINITY]) }
    }

    #[test]
    fn each_speaks_for_itself_and_what_they_say_adds_up() {
        let branch = branch();
        assert!(branch.is_sound());
        let map = || HeatMap { width: 3, height: 1, values: vec![0.5, 0.5, f32::NEG_INFINITY] };
        let of = |network, add| branch.join(network, map(), Some(&figures(add)));
        let (usual, cells) = of(0.5, [0.0; GRAIN_FIGURES]);
        // A part in the middle of the good ones: each says what half of them say, or not quite.
        assert!((usual - 6.0 * 2.0_f64.ln()).abs() < 0.3, "{usual}");
        assert!((f64::from(cells.values[0]) - usual).abs() < 1e-5, "the worst cell says what the part says");
        let nothing = 2.0_f64.ln() * usual / branch.evidence(0.5, figures([0.0; GRAIN_FIGURES]).figures);
        assert!((f64::from(cells.values[1]) - nothing).abs() < 1e-5, "nothing of the part is seen in it");
        assert_eq!(cells.values[2], f32::NEG_INFINITY);
        // One tenth of good parts say as much as the upper decile.
        let decile = branch.network.median + branch.network.spread;
        assert!((evidence(&branch.network, decile) - 10.0_f64.ln()).abs() < 1e-9);
        assert_eq!(evidence(&branch.network, -50.0), 0.0);
        for which in 0..GRAIN_FIGURES {
            let mut add = [0.0; GRAIN_FIGURES];
            add[which] = 0.5;
            let (one, _) = of(0.5, add);
            assert!(one > usual + 2.0, "{which}: {one}");
            let (both, _) = of(2.0, add);
            let (network, _) = of(2.0, [0.0; GRAIN_FIGURES]);
            assert!((both - usual - (one - usual) - (network - usual)).abs() < 1e-9);
        }
    }

    #[test]
    fn what_cannot_be_measured_is_never_a_pass() {
        let map = HeatMap { width: 1, height: 1, values: vec![0.0] };
        assert_eq!(branch().join(0.0, map.clone(), None).0, UNMEASURED);
        assert!(branch().join(f64::NAN, map.clone(), None).0.is_nan());
        assert!(branch().join(f64::NAN, map, Some(&figures([0.0; GRAIN_FIGURES]))).0.is_nan());
        let mut broken = branch();
        broken.figures[3].spread = f64::NAN;
        assert!(!broken.is_sound());
    }
}
