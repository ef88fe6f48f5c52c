//! What is usual at each place of a part: a printed mark or an edge makes every good part's map glow there, and only
//! what is more than usual counts. A Gaussian for each cell (as PaDiM, arXiv 2011.08785, has it for features), over its
//! neighbourhood because parts do not lie exactly alike, and drawn towards the whole map where parts are few.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};
use sightline_core::HeatMap;

use crate::RawScore;

/// Places on each side of a place that belong to its neighbourhood.
const REACH: usize = 2;

/// The whole map weighs as much as this many parts.
const PRIOR_PARTS: f64 = 10.0;

/// Smallest variance of a cell, as a share of the whole map's.
const VARIANCE_FLOOR: f64 = 0.5;

/// What is usual is kept for so many places at most; of a larger map it is kept for blocks of cells.
const MOST_PLACES: usize = 256 * 256;

/// Usual values of both maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Places {
    bank: Usual,
    synthetic: Usual,
    /// Side of a block in cells.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    block: usize,
}

fn single() -> usize {
    1
}

fn is_single(block: &usize) -> bool {
    *block == 1
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
    pub fn fit<R: Borrow<RawScore>>(parts: &[R]) -> Self {
        let parts: Vec<&RawScore> = parts.iter().map(Borrow::borrow).collect();
        let (width, height) = parts.first().map_or((0, 0), |part| (part.bank.width, part.bank.height));
        let block = (1..).find(|&block| width.div_ceil(block) * height.div_ceil(block) <= MOST_PLACES).unwrap_or(1);
        Self {
            bank: Usual::fit(&parts.iter().map(|part| &part.bank).collect::<Vec<_>>(), block),
            synthetic: Usual::fit(&parts.iter().map(|part| &part.synthetic).collect::<Vec<_>>(), block),
            block,
        }
    }

    /// Whether it is for maps of this size.
    pub fn fits(&self, width: usize, height: usize) -> bool {
        let places = width.div_ceil(self.block.max(1)) * height.div_ceil(self.block.max(1));
        let fits = |usual: &Usual| usual.mean.len() == places && usual.scale.len() == places;
        self.block > 0 && fits(&self.bank) && fits(&self.synthetic)
    }

    /// Both maps in standard deviations from what is usual at each place.
    pub fn apply(&self, raw: RawScore) -> RawScore {
        RawScore {
            bank: self.bank.apply(raw.bank, self.block),
            synthetic: self.synthetic.apply(raw.synthetic, self.block),
            grain: raw.grain,
        }
    }
}

impl Usual {
    fn fit(maps: &[&HeatMap], block: usize) -> Self {
        let Some(first) = maps.first() else { return Self { mean: Vec::new(), scale: Vec::new() } };
        let (width, height) = (first.width.div_ceil(block), first.height.div_ceil(block));
        // Count, sum and sum of squares of each place over the parts; ignored cells are infinite and do not count.
        let mut moments = vec![[0.0_f64; 3]; width * height];
        for map in maps {
            for (cell, value) in map.values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let (moment, value) = (&mut moments[place_of(cell, map.width, block)], f64::from(*value));
                *moment = add(*moment, [1.0, value, value * value]);
            }
        }
        let (whole_mean, whole_variance) = mean_and_variance(moments.iter().copied().fold([0.0; 3], add));
        let share = maps.len() as f64 / (maps.len() as f64 + PRIOR_PARTS);
        let (mean, scale) = (0..width * height)
            .map(|place| {
                let around = neighbourhood(place, width, height);
                let (mean, variance) = mean_and_variance(around.map(|place| moments[place]).fold([0.0; 3], add));
                let mean = share * mean + (1.0 - share) * whole_mean;
                let variance = share * variance + (1.0 - share + VARIANCE_FLOOR) * whole_variance;
                (mean as f32, (1.0 / variance.max(1e-12).sqrt()) as f32)
            })
            .unzip();
        Self { mean, scale }
    }

    fn apply(&self, mut map: HeatMap, block: usize) -> HeatMap {
        for (cell, value) in map.values.iter_mut().enumerate() {
            let place = place_of(cell, map.width, block);
            *value = (*value - self.mean[place]) * self.scale[place];
        }
        map
    }
}

/// The block that a cell lies in, row by row.
fn place_of(cell: usize, width: usize, block: usize) -> usize {
    if block == 1 {
        return cell;
    }
    let (row, column) = (cell / width.max(1), cell % width.max(1));
    row / block * width.div_ceil(block) + column / block
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
        RawScore { bank: map.clone(), synthetic: map, grain: None }
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
    fn a_large_map_is_usual_in_blocks() {
        let (width, height) = (520, 300);
        let map = |side: f32| {
            let values = (0..width * height).map(|cell| if cell % width < 260 { 1.0 } else { 1.0 + side }).collect();
            HeatMap { width, height, values }
        };
        let parts: Vec<RawScore> =
            [3.9, 4.0, 4.1].map(|side| RawScore { bank: map(side), synthetic: map(side), grain: None }).into();
        let places = Places::fit(&parts);
        assert_eq!((places.block, places.bank.mean.len()), (2, 260 * 150));
        assert!(places.fits(width, height) && !places.fits(width, height + 2));
        let usual = places.apply(parts[1].clone()).bank.values;
        // Blocks are told alike on both sides of the border between the halves, a neighbourhood away from it.
        assert!((usual[0] - usual[100]).abs() < 1e-6 && (usual[300] - usual[519]).abs() < 1e-6);
        assert!(places.bank.mean[0] < places.bank.mean[259], "{} and {}", places.bank.mean[0], places.bank.mean[259]);
        assert!(!Places { block: 0, ..places }.fits(width, height));
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
