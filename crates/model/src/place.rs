//! What is usual at each place of a part: a printed mark or an edge makes every good part's map glow there, and only
//! what is more than usual counts. A Gaussian for each cell (as PaDiM, arXiv 2011.08785, has it for features), over its
//! neighbourhood because parts do not lie exactly alike, and drawn towards the whole map where parts are few.

use serde::{Deserialize, Serialize};
use sightline_core::HeatMap;

use crate::RawScore;

/// Cells on each side of a cell that belong to its neighbourhood.
const REACH: usize = 2;

/// The whole map weighs as much as this many parts.
const PRIOR_PARTS: f64 = 10.0;

/// Smallest variance of a cell, as a share of the whole map's.
const VARIANCE_FLOOR: f64 = 0.5;

/// Usual values of both maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Places {
    bank: Usual,
    synthetic: Usual,
}

/// Usual values of one map, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Usual {
    mean: Vec<f32>,
    /// 1 / standard deviation.
    scale: Vec<f32>,
}

impl Places {
    /// From the maps of good parts that the network did not learn from; all of one size.
    pub fn fit(parts: &[RawScore]) -> Self {
        Self {
            bank: Usual::fit(&parts.iter().map(|part| &part.bank).collect::<Vec<_>>()),
            synthetic: Usual::fit(&parts.iter().map(|part| &part.synthetic).collect::<Vec<_>>()),
        }
    }

    /// Whether it is for maps of this many cells.
    pub fn fits(&self, cells: usize) -> bool {
        [&self.bank, &self.synthetic].iter().all(|usual| usual.mean.len() == cells && usual.scale.len() == cells)
    }

    /// Both maps in standard deviations from what is usual at each place.
    pub fn apply(&self, raw: RawScore) -> RawScore {
        RawScore { bank: self.bank.apply(raw.bank), synthetic: self.synthetic.apply(raw.synthetic) }
    }
}

impl Usual {
    fn fit(maps: &[&HeatMap]) -> Self {
        let Some(first) = maps.first() else { return Self { mean: Vec::new(), scale: Vec::new() } };
        let cells = first.values.len();
        // Count, sum and sum of squares of each cell over the parts; ignored cells are infinite and do not count.
        let mut moments = vec![[0.0_f64; 3]; cells];
        for map in maps {
            for (moment, value) in moments.iter_mut().zip(&map.values).filter(|(_, value)| value.is_finite()) {
                let value = f64::from(*value);
                *moment = add(*moment, [1.0, value, value * value]);
            }
        }
        let (whole_mean, whole_variance) = mean_and_variance(moments.iter().copied().fold([0.0; 3], add));
        let share = maps.len() as f64 / (maps.len() as f64 + PRIOR_PARTS);
        let (mean, scale) = (0..cells)
            .map(|cell| {
                let around = neighbourhood(cell, first.width, first.height);
                let (mean, variance) = mean_and_variance(around.map(|cell| moments[cell]).fold([0.0; 3], add));
                let mean = share * mean + (1.0 - share) * whole_mean;
                let variance = share * variance + (1.0 - share + VARIANCE_FLOOR) * whole_variance;
                (mean as f32, (1.0 / variance.max(1e-12).sqrt()) as f32)
            })
            .unzip();
        Self { mean, scale }
    }

    fn apply(&self, mut map: HeatMap) -> HeatMap {
        for (value, (mean, scale)) in map.values.iter_mut().zip(self.mean.iter().zip(&self.scale)) {
            *value = (*value - mean) * scale;
        }
        map
    }
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn mean_and_variance([count, sum, squares]: [f64; 3]) -> (f64, f64) {
    let mean = sum / count.max(1.0);
    (mean, (squares / count.max(1.0) - mean * mean).max(0.0))
}

fn neighbourhood(cell: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (y, x) = (cell / width.max(1), cell % width.max(1));
    let span = |centre: usize, length: usize| centre.saturating_sub(REACH)..(centre + REACH + 1).min(length);
    span(y, height).flat_map(move |row| span(x, width).map(move |column| row * width + column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(glow: f32, noise: f32) -> RawScore {
        let mut values = vec![noise; 400];
        for y in 8..12 {
            values[y * 20 + 8..y * 20 + 12].fill(glow);
        }
        let map = HeatMap { width: 20, height: 20, values };
        RawScore { bank: map.clone(), synthetic: map }
    }

    #[test]
    fn what_glows_on_every_good_part_is_usual_and_the_same_elsewhere_is_not() {
        let parts: Vec<RawScore> = (0..40).map(|i| part(5.0, if i % 2 == 0 { 0.1 } else { -0.1 })).collect();
        let places = Places::fit(&parts);
        let mut strange = part(5.0, 0.0);
        strange.bank.values[2 * 20 + 2] = 5.0;
        let usual = places.apply(strange).bank;
        assert!(usual.values[2 * 20 + 2] > 3.0 * usual.values[10 * 20 + 10].abs(), "{:?}", usual.values[10 * 20 + 10]);
    }

    #[test]
    fn ignored_cells_stay_infinite_and_do_not_disturb_their_neighbours() {
        let mut parts: Vec<RawScore> = (0..10).map(|i| part(1.0, i as f32)).collect();
        parts.iter_mut().for_each(|part| part.bank.values[..20].fill(f32::NEG_INFINITY));
        let usual = Places::fit(&parts).apply(parts[3].clone()).bank;
        assert!(usual.values[..20].iter().all(|&value| value == f32::NEG_INFINITY));
        assert!(usual.values[20..].iter().all(|value| value.is_finite()));
    }
}
