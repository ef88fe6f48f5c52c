//! Pixel AUROC and PRO over any number of maps in bounded memory.
//!
//! Pixels are counted per distinct score. Beyond [`MOST_BINS`] distinct scores, neighbouring ones are counted together:
//! the lowest bit of all scores' order is dropped until they fit. A quarter of a million bins over scores between 0.1 and
//! 10 are each 0.003 % wide. Within a bin the order of the pixels is unknown and taken as a tie, which bounds the error;
//! the bound is computed and given with the result, and is 0 as long as nothing was dropped.

use super::map::PixelMap;
use super::ranking::{Tied, area_under_roc};

/// Bins that are kept between maps; twice as many at most while maps are added (16 MiB).
const MOST_BINS: usize = 1 << 18;

/// PRO is integrated up to this share of good pixels above the threshold.
const PRO_FALSE_POSITIVE_LIMIT: f64 = 0.3;

/// How well the maps point at the defects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelQuality {
    /// Area under the ROC curve over all pixels of all maps, ties counting one half.
    pub auroc: f64,
    /// The exact value differs from `auroc` by no more than this.
    pub auroc_error_bound: f64,
    /// Per-region overlap: the mean over defect regions of the share of the region above a threshold, as a function of
    /// the share of good pixels above it, integrated from 0 to 0.3 and divided by 0.3 (Bergmann et al. 2021, "The MVTec
    /// Anomaly Detection Dataset", IJCV 129). A small region weighs as much as a large one.
    pub pro: f64,
    /// The exact value differs from `pro` by no more than this.
    pub pro_error_bound: f64,
}

/// Pixel counts of the maps seen so far. A clone that holds the good parts' maps can be continued per defect type.
#[derive(Debug, Clone)]
pub struct PixelTally {
    bins: Vec<Bin>,
    most_bins: usize,
    bits_dropped: u32,
    regions: u64,
}

/// The pixels whose scores share a key.
#[derive(Debug, Clone, Copy)]
struct Bin {
    key: u32,
    pixels: Tied,
    /// Σ 1/(size of the pixel's region) over the defect pixels.
    overlap: f64,
}

impl Default for PixelTally {
    fn default() -> Self {
        Self::with_most_bins(MOST_BINS)
    }
}

impl PixelTally {
    fn with_most_bins(most_bins: usize) -> Self {
        Self { bins: Vec::new(), most_bins, bits_dropped: 0, regions: 0 }
    }

    /// Counts the pixels of one more map.
    pub fn add(&mut self, map: &PixelMap<'_>) {
        for region in map.region_scores() {
            self.regions += 1;
            let overlap = 1.0 / region.len() as f64;
            for score in region {
                self.push(score, Tied { good: 0, defect: 1 }, overlap);
            }
        }
        for score in map.good_scores() {
            self.push(score, Tied { good: 1, defect: 0 }, 0.0);
        }
    }

    /// The measures over all maps; none when no pixel or every pixel showed a defect.
    pub fn finish(mut self) -> Option<PixelQuality> {
        self.settle();
        let goods = self.bins.iter().map(|bin| bin.pixels.good).sum::<u64>() as f64;
        let defects = self.bins.iter().map(|bin| bin.pixels.defect).sum::<u64>() as f64;
        if goods == 0.0 || defects == 0.0 {
            return None;
        }
        let (pro, pro_error_bound) = self.pro(goods);
        // In a bin the pairs of a good and a defect pixel are counted half in order; all or none of them may be.
        let undecided: f64 = self.bins.iter().map(|bin| bin.pixels.good as f64 * bin.pixels.defect as f64).sum();
        Some(PixelQuality {
            auroc: area_under_roc(self.bins.iter().rev().map(|bin| bin.pixels)),
            auroc_error_bound: if self.is_exact() { 0.0 } else { undecided / (goods * defects) / 2.0 },
            pro,
            pro_error_bound: if self.is_exact() { 0.0 } else { pro_error_bound },
        })
    }

    /// PRO and how far it can be off because scores share bins: trapezoids under the curve, the last one cut at the limit.
    fn pro(&self, goods: f64) -> (f64, f64) {
        let (mut good_above, mut overlap_above, mut area, mut error_bound) = (0, 0.0, 0.0, 0.0);
        for bin in self.bins.iter().rev() {
            let left = good_above as f64 / goods;
            good_above += bin.pixels.good;
            let width = good_above as f64 / goods - left;
            let rise = bin.overlap / self.regions as f64;
            let within = width.min(PRO_FALSE_POSITIVE_LIMIT - left);
            if width > 0.0 {
                area += within * (overlap_above + rise * (within / width) / 2.0);
                // The curve may run along the bin's top or bottom instead of its diagonal.
                error_bound += within * rise * (1.0 - within / width / 2.0);
            }
            overlap_above += rise;
            if within < width {
                break;
            }
        }
        (area / PRO_FALSE_POSITIVE_LIMIT, error_bound / PRO_FALSE_POSITIVE_LIMIT)
    }

    fn is_exact(&self) -> bool {
        self.bits_dropped == 0
    }

    fn push(&mut self, score: f32, pixels: Tied, overlap: f64) {
        // Sorting only when as many pixels came as bins are kept makes its cost per pixel constant.
        if self.bins.len() >= 2 * self.most_bins {
            self.settle();
        }
        self.bins.push(Bin { key: order_key(score) >> self.bits_dropped, pixels, overlap });
    }

    /// Sorts the bins, smallest score first, joins equal ones, and drops bits until they are few enough.
    fn settle(&mut self) {
        // Stable, so that sums of overlaps do not depend on chance; quick, because the front is sorted already.
        self.bins.sort_by_key(|bin| bin.key);
        self.join_equal();
        while self.bins.len() > self.most_bins {
            self.bits_dropped += 1;
            self.bins.iter_mut().for_each(|bin| bin.key >>= 1);
            self.join_equal();
        }
    }

    fn join_equal(&mut self) {
        self.bins.dedup_by(|bin, kept| {
            let equal = bin.key == kept.key;
            if equal {
                kept.pixels.good += bin.pixels.good;
                kept.pixels.defect += bin.pixels.defect;
                kept.overlap += bin.overlap;
            }
            equal
        });
    }
}

/// A number that is ordered as the scores are. Not-a-number is infinity, −0 is 0.
fn order_key(score: f32) -> u32 {
    let comparable = if score.is_nan() { f32::INFINITY } else { score + 0.0 };
    let bits = comparable.to_bits();
    // Floats of one sign are ordered as their bits; negative ones the other way round, and below the positive ones.
    if bits >> 31 == 1 { !bits } else { bits | (1 << 31) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_scores() {
        let ascending =
            [f32::NEG_INFINITY, -2.5, -1.0, -f32::MIN_POSITIVE, 0.0, f32::MIN_POSITIVE, 1.0, 2.5, f32::INFINITY];
        for pair in ascending.windows(2) {
            assert!(order_key(pair[0]) < order_key(pair[1]), "{pair:?}");
        }
        assert_eq!(order_key(-0.0), order_key(0.0));
        for nan in [f32::NAN, -f32::NAN] {
            assert_eq!(order_key(nan), order_key(f32::INFINITY));
        }
    }

    #[test]
    fn one_class_of_pixels_is_undefined() {
        for is_defect in [false, true] {
            let mut tally = PixelTally::default();
            tally.add(&PixelMap::new(2, 1, &[0.1, 0.2], &[is_defect; 2]).unwrap());
            assert_eq!(tally.finish(), None);
        }
        assert_eq!(PixelTally::default().finish(), None);
    }

    #[test]
    fn few_bins_keep_the_result_within_the_bound_that_they_state() {
        // Ten maps of 40 × 40 distinct-valued pixels; defect pixels score somewhat higher.
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let maps: Vec<(Vec<f32>, Vec<bool>)> = (0..10)
            .map(|map| {
                let mask: Vec<bool> = (0..1600).map(|i| i % 40 > 30 && i / 40 < 3 + map).collect();
                (mask.iter().map(|&defect| 0.1 + random() + if defect { 0.4 } else { 0.0 }).collect(), mask)
            })
            .collect();
        let measure = |most_bins| {
            let mut tally = PixelTally::with_most_bins(most_bins);
            for (scores, mask) in &maps {
                tally.add(&PixelMap::new(40, 40, scores, mask).unwrap());
                assert!(tally.bins.len() <= 2 * most_bins);
            }
            tally.finish().unwrap()
        };
        let exact = measure(MOST_BINS);
        assert_eq!((exact.auroc_error_bound, exact.pro_error_bound), (0.0, 0.0));
        for most_bins in [2, 16, 256, 4096] {
            let coarse = measure(most_bins);
            assert!(coarse.auroc_error_bound > 0.0 && coarse.pro_error_bound > 0.0);
            let auroc_error = (coarse.auroc - exact.auroc).abs();
            let pro_error = (coarse.pro - exact.pro).abs();
            assert!(auroc_error <= coarse.auroc_error_bound, "{most_bins} bins: {coarse:?} {exact:?}");
            assert!(pro_error <= coarse.pro_error_bound, "{most_bins} bins: {coarse:?} {exact:?}");
        }
        let fine = measure(4096);
        assert!(fine.auroc_error_bound < 1e-3 && fine.pro_error_bound < 1e-2, "{fine:?}");
    }
}
