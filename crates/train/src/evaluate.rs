//! Figures of a model on parts that neither learning nor calibration saw.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sightline_core::metrics::{PixelMap, PixelTally, auroc, average_precision, detection_rate_at};
use sightline_core::{Known, PictureSize, Scored, Verdict};
use sightline_image::heat_at;

use crate::label_figures::{LabelFigures, LabelScore};

/// One scored part of the test side.
#[derive(Debug, Clone)]
pub struct TestPart<'a> {
    /// Defect type; none for a good part.
    pub kind: Option<&'a str>,
    /// Its score.
    pub scored: &'a Scored,
    /// What the model's limits say.
    pub verdict: Verdict,
    /// Defect pixels at the judged size, row by row. A defective part without one does not count for pixels.
    pub mask: Option<&'a [bool]>,
}

/// Collects test parts one after another; maps are counted and dropped, so memory does not grow with their number.
pub struct Evaluation {
    size: PictureSize,
    parts: Vec<Scores>,
    good_pixels: PixelTally,
    all_pixels: PixelTally,
    /// Good parts and one defect type.
    kind_pixels: BTreeMap<String, PixelTally>,
}

struct Scores {
    kind: Option<String>,
    score: f64,
    novel: f64,
    bank: f64,
    synthetic: f64,
    verdict: Verdict,
    known: Option<Known>,
}

/// Figures over all parts, or over the good ones and one defect type. Absent where undefined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Defective parts counted.
    pub defects: usize,
    /// Area under the ROC curve of the fused score.
    pub image_auroc: Option<f64>,
    /// Average precision of the fused score.
    pub average_precision: Option<f64>,
    /// Share of defects found when 1 % of good parts may be rejected.
    pub detected_at_1_percent: Option<f64>,
    /// The same at 2 %.
    pub detected_at_2_percent: Option<f64>,
    /// The same at 5 %.
    pub detected_at_5_percent: Option<f64>,
    /// Share of defects that the model's own limit rejects.
    pub rejected_by_limit: Option<f64>,
    /// Area under the pixel ROC curve.
    pub pixel_auroc: Option<f64>,
    /// Per-region overlap up to 30 % false positive rate.
    pub pro: Option<f64>,
    /// Image AUROC of the memory bank alone.
    pub bank_auroc: Option<f64>,
    /// Image AUROC of the synthetic-defect head alone.
    pub synthetic_auroc: Option<f64>,
}

/// Figures of one defect type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeFigures {
    /// The type.
    pub kind: String,
    /// Against all good parts of the test side.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The finished evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Good parts of the test side.
    pub good: usize,
    /// Share of them that the model's limit rejects.
    pub achieved_false_rejects: Option<f64>,
    /// Share of them that fall into the review band.
    pub good_for_review: Option<f64>,
    /// All defects together.
    pub all: Figures,
    /// Each defect type.
    pub by_type: Vec<TypeFigures>,
    /// What labels taught; none before any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelFigures>,
}

impl Evaluation {
    /// For masks of this size.
    pub fn new(size: PictureSize) -> Self {
        Self {
            size,
            parts: Vec::new(),
            good_pixels: PixelTally::default(),
            all_pixels: PixelTally::default(),
            kind_pixels: BTreeMap::new(),
        }
    }

    /// Counts one part.
    pub fn add(&mut self, part: &TestPart<'_>) {
        self.parts.push(Scores {
            kind: part.kind.map(str::to_owned),
            score: part.scored.score,
            novel: part.scored.novel,
            bank: part.scored.bank,
            synthetic: part.scored.synthetic,
            verdict: part.verdict,
            known: part.scored.known.clone(),
        });
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let heat = heat_at(&part.scored.map, self.size);
        let blank = vec![false; width * height];
        let mask = match (part.kind, part.mask) {
            (None, _) => blank.as_slice(),
            (Some(_), Some(mask)) => mask,
            (Some(_), None) => return,
        };
        // A mask of another size is a caller's error that shows as missing pixel figures.
        let Ok(map) = PixelMap::new(width, height, &heat, mask) else { return };
        self.all_pixels.add(&map);
        match part.kind {
            None => {
                self.good_pixels.add(&map);
                self.kind_pixels.values_mut().for_each(|tally| tally.add(&map));
            }
            Some(kind) => {
                let tally = self.kind_pixels.entry(kind.to_owned()).or_insert_with(|| self.good_pixels.clone());
                tally.add(&map);
            }
        }
    }

    /// The figures.
    pub fn finish(self) -> Evaluated {
        let good: Vec<&Scores> = self.parts.iter().filter(|part| part.kind.is_none()).collect();
        let share = |verdict: Verdict| {
            let hits = good.iter().filter(|part| part.verdict == verdict).count();
            (!good.is_empty()).then(|| hits as f64 / good.len() as f64)
        };
        let kinds: std::collections::BTreeSet<&str> =
            self.parts.iter().filter_map(|part| part.kind.as_deref()).collect();
        let by_type = kinds
            .into_iter()
            .map(|kind| {
                let of_kind = |part: &&Scores| part.kind.is_none() || part.kind.as_deref() == Some(kind);
                let chosen: Vec<&Scores> = self.parts.iter().filter(of_kind).collect();
                let tally = self.kind_pixels.get(kind).cloned();
                TypeFigures { kind: kind.to_owned(), figures: figures(&chosen, tally) }
            })
            .collect();
        let all: Vec<&Scores> = self.parts.iter().collect();
        Evaluated {
            good: good.len(),
            achieved_false_rejects: share(Verdict::Reject),
            good_for_review: share(Verdict::Review),
            all: figures(&all, Some(self.all_pixels.clone())),
            by_type,
            labels: self.label_figures(),
        }
    }

    fn label_figures(&self) -> Option<LabelFigures> {
        let scores = self.parts.iter().map(|part| {
            let Known { evidence, class, .. } = part.known.as_ref()?;
            let guess = class.as_ref().map(|class| class.name.as_str());
            let of = [part.score, part.novel, *evidence];
            Some(LabelScore { kind: part.kind.as_deref(), of, guess })
        });
        LabelFigures::of(&scores.collect::<Option<Vec<_>>>()?)
    }
}

fn figures(parts: &[&Scores], pixels: Option<PixelTally>) -> Figures {
    let pixels = pixels.and_then(PixelTally::finish);
    let is_defect: Vec<bool> = parts.iter().map(|part| part.kind.is_some()).collect();
    let of = |score: fn(&Scores) -> f64| parts.iter().map(|part| score(part)).collect::<Vec<_>>();
    let score = of(|part| part.score);
    let defects = is_defect.iter().filter(|&&defect| defect).count();
    let rejected = parts.iter().filter(|part| part.kind.is_some() && part.verdict == Verdict::Reject).count();
    Figures {
        defects,
        image_auroc: auroc(&score, &is_defect),
        average_precision: average_precision(&score, &is_defect),
        detected_at_1_percent: detection_rate_at(&score, &is_defect, 0.01),
        detected_at_2_percent: detection_rate_at(&score, &is_defect, 0.02),
        detected_at_5_percent: detection_rate_at(&score, &is_defect, 0.05),
        rejected_by_limit: (defects > 0).then(|| rejected as f64 / defects as f64),
        pixel_auroc: pixels.as_ref().map(|pixels| pixels.auroc),
        pro: pixels.as_ref().map(|pixels| pixels.pro),
        bank_auroc: auroc(&of(|part| part.bank), &is_defect),
        synthetic_auroc: auroc(&of(|part| part.synthetic), &is_defect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_core::HeatMap;

    const SIZE: PictureSize = PictureSize { width: 8, height: 8 };

    /// A part whose evidence lies in the upper left cell of four.
    fn scored(novel: f64) -> Scored {
        let values = vec![novel as f32, -1.0, -1.0, -1.0];
        Scored {
            score: novel,
            novel,
            bank: -novel,
            synthetic: novel,
            known: None,
            map: HeatMap { width: 2, height: 2, values },
        }
    }

    fn evaluated(parts: &[(Option<&str>, f64, Verdict)], mask: Option<&[bool]>) -> Evaluated {
        let mut evaluation = Evaluation::new(SIZE);
        for &(kind, novel, verdict) in parts {
            evaluation.add(&TestPart { kind, scored: &scored(novel), verdict, mask });
        }
        evaluation.finish()
    }

    #[test]
    fn figures_are_counted_for_all_parts_and_for_each_type() {
        let upper_left: Vec<bool> = (0..64).map(|pixel| pixel % 8 < 4 && pixel / 8 < 4).collect();
        let parts = [
            (None, 0.0, Verdict::Pass),
            (Some("pit"), 5.0, Verdict::Reject),
            (None, 1.0, Verdict::Review),
            (Some("stain"), 0.5, Verdict::Pass),
            (None, 0.2, Verdict::Pass),
            (None, 0.1, Verdict::Reject),
            (Some("pit"), 6.0, Verdict::Reject),
        ];
        let Evaluated { good, achieved_false_rejects, good_for_review, all, by_type, labels } =
            evaluated(&parts, Some(&upper_left));
        assert_eq!((good, achieved_false_rejects, good_for_review), (4, Some(0.25), Some(0.25)));
        assert_eq!(labels, None);
        assert_eq!((all.defects, all.rejected_by_limit), (3, Some(2.0 / 3.0)));
        // Two pits beat four good parts, the stain beats three of them.
        assert_eq!(all.image_auroc, Some(11.0 / 12.0));
        assert_eq!((all.synthetic_auroc, all.bank_auroc), (Some(11.0 / 12.0), Some(1.0 / 12.0)));
        let kinds: Vec<(&str, usize, Option<f64>, Option<f64>)> = by_type
            .iter()
            .map(|t| (t.kind.as_str(), t.figures.defects, t.figures.image_auroc, t.figures.rejected_by_limit))
            .collect();
        assert_eq!(kinds, [("pit", 2, Some(1.0), Some(1.0)), ("stain", 1, Some(0.75), Some(0.0))]);
        assert!(by_type.iter().all(|t| t.figures.pixel_auroc > Some(0.5) && t.figures.pro.is_some()));
        assert!(by_type[0].figures.pixel_auroc > by_type[1].figures.pixel_auroc);
    }

    #[test]
    fn what_is_undefined_is_absent() {
        let none = evaluated(&[], None);
        assert_eq!((none.good, none.achieved_false_rejects, none.all.image_auroc), (0, None, None));
        let good_only = evaluated(&[(None, 1.0, Verdict::Pass)], None);
        assert_eq!((good_only.achieved_false_rejects, good_only.all.rejected_by_limit), (Some(0.0), None));
        let without_masks = evaluated(&[(None, 1.0, Verdict::Pass), (Some("pit"), 2.0, Verdict::Reject)], None);
        assert_eq!((without_masks.all.image_auroc, without_masks.all.pixel_auroc), (Some(1.0), None));
    }
}
