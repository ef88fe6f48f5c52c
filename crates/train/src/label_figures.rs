//! What labels taught: how well defects are told from good parts by each half of a model, and how well they are named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sightline_core::metrics::{auroc, detection_rate_at, false_reject_rate_at};

/// The detection rate whose price in false rejects is told: what the field asks for.
const WANTED_DETECTION: f64 = 0.986;

/// One test part.
pub(crate) struct LabelScore<'a> {
    /// Its true defect type; none for a good part.
    pub(crate) kind: Option<&'a str>,
    /// Scores of both halves together, of the novel half and of the known one.
    pub(crate) of: [f64; 3],
    /// What it was named.
    pub(crate) guess: Option<&'a str>,
}

/// How well one score tells defects from good parts. Absent where undefined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Share of defects found when 1 % of good parts may be rejected.
    pub detected_at_1_percent: Option<f64>,
    /// The same at 2 %.
    pub detected_at_2_percent: Option<f64>,
    /// The same at 5 %.
    pub detected_at_5_percent: Option<f64>,
    /// Share of good parts that must be rejected to find 98.6 % of the defects.
    pub false_rejects_at_98_6_percent: Option<f64>,
}

/// Figures that only a model with labels has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelFigures {
    /// Both halves, as the model decides.
    pub together: Told,
    /// The half that never saw a label.
    pub novel: Told,
    /// The half that labels trained.
    pub known: Told,
    /// Share of the test defects of a type that the model knows that are named rightly.
    pub class_accuracy: Option<f64>,
    /// For each true type how often each name was given.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

impl LabelFigures {
    /// Over the test parts; none when there are none.
    pub(crate) fn of(parts: &[LabelScore<'_>]) -> Option<Self> {
        if parts.is_empty() {
            return None;
        }
        let is_defect: Vec<bool> = parts.iter().map(|part| part.kind.is_some()).collect();
        let told = |which: usize| {
            let scores: Vec<f64> = parts.iter().map(|part| part.of[which]).collect();
            let detected = |rate| detection_rate_at(&scores, &is_defect, rate);
            Told {
                auroc: auroc(&scores, &is_defect),
                detected_at_1_percent: detected(0.01),
                detected_at_2_percent: detected(0.02),
                detected_at_5_percent: detected(0.05),
                false_rejects_at_98_6_percent: false_reject_rate_at(&scores, &is_defect, WANTED_DETECTION),
            }
        };
        let mut confusion: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for (kind, guess) in parts.iter().filter_map(|part| Some((part.kind?, part.guess?))) {
            *confusion.entry(kind.to_owned()).or_default().entry(guess.to_owned()).or_default() += 1;
        }
        // A type that was never labelled cannot be named.
        let known: std::collections::BTreeSet<&String> = confusion.values().flat_map(BTreeMap::keys).collect();
        let rows = confusion.iter().filter(|(kind, _)| known.contains(kind));
        let (mut right, mut all) = (0, 0);
        for (kind, row) in rows {
            right += row.get(kind).copied().unwrap_or(0);
            all += row.values().sum::<usize>();
        }
        let class_accuracy = (all > 0).then(|| right as f64 / all as f64);
        Some(Self { together: told(0), novel: told(1), known: told(2), class_accuracy, confusion })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_is_told_by_itself_and_names_are_counted() {
        let part = |kind: Option<&'static str>, of, guess| LabelScore { kind, of, guess };
        let parts = [
            part(None, [1.0, 5.0, 1.0], Some("pit")),
            part(None, [2.0, 1.0, 2.0], Some("pit")),
            part(Some("pit"), [5.0, 2.0, 5.0], Some("pit")),
            part(Some("pit"), [4.0, 0.0, 4.0], Some("scratch")),
            part(Some("scratch"), [6.0, 6.0, 0.0], Some("scratch")),
            part(Some("stain"), [3.0, 3.0, 3.0], Some("pit")),
        ];
        let figures = LabelFigures::of(&parts).unwrap();
        assert_eq!(
            (figures.together.auroc, figures.novel.auroc, figures.known.auroc),
            (Some(1.0), Some(0.5), Some(0.75))
        );
        assert_eq!(figures.together.false_rejects_at_98_6_percent, Some(0.0));
        assert_eq!(figures.known.false_rejects_at_98_6_percent, Some(1.0));
        assert_eq!(figures.class_accuracy, Some(2.0 / 3.0), "a stain was never labelled and cannot be named");
        assert_eq!(figures.confusion["pit"]["scratch"], 1);
        assert_eq!(LabelFigures::of(&[]), None);
    }
}
