//! Classes left out of the labels: what is learned without a class shows what becomes of defects that nobody labelled.

use std::sync::Arc;

use sightline_model::{Artefact, CalibrationCard, KnownCard, ModelCard, Weights};

use super::examples::Examples;

/// A class to learn without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveOut {
    /// Its name.
    pub class: String,
    /// The labelled parts that show such a defect, or may show one, by their index in the source of labels.
    pub parts: Vec<usize>,
}

/// What was learned without each of some classes.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// Scores that set the limit where good parts alone speak.
    novel: CalibrationCard,
    /// For each class what was learned without it.
    pub without: Vec<WithoutClass>,
}

/// What labels taught without one class.
#[derive(Debug, Clone)]
pub struct WithoutClass {
    /// The class.
    pub class: String,
    known: (KnownCard, Weights),
    calibration: CalibrationCard,
}

impl LeftOut {
    pub(super) fn new(novel: CalibrationCard) -> Self {
        Self { novel, without: Vec::new() }
    }

    pub(super) fn add(&mut self, class: &str, known: (KnownCard, Weights), calibration: CalibrationCard) {
        self.without.push(WithoutClass { class: class.to_owned(), known, calibration });
    }

    /// What was learned from good parts alone, with its limit on the same parts as the others.
    pub fn good_alone(&self, base: &Artefact) -> Artefact {
        let card = ModelCard { known: None, calibration: self.novel.clone(), ..base.card.clone() };
        Artefact { card, known: None, ..base.clone() }
    }
}

impl WithoutClass {
    /// The model that judges without the class's labels.
    pub fn artefact(&self, base: &Artefact) -> Artefact {
        let (known, weights) = self.known.clone();
        let card = ModelCard { known: Some(known), calibration: self.calibration.clone(), ..base.card.clone() };
        Artefact { card, known: Some(weights), ..base.clone() }
    }
}

impl Examples {
    /// Those that are left when some of the source's parts are left out. The pictures are shared.
    pub(super) fn without(&self, parts: &[usize]) -> Self {
        let mut defects: Vec<_> = self.defects.iter().filter(|defect| !parts.contains(&defect.part)).cloned().collect();
        let mut kept: Vec<usize> = defects.iter().filter_map(|defect| defect.class).collect();
        kept.sort_unstable();
        kept.dedup();
        for defect in &mut defects {
            defect.class = defect.class.and_then(|class| kept.binary_search(&class).ok());
        }
        let classes = kept.iter().filter_map(|&class| self.classes.get(class).cloned()).collect();
        Self {
            defects,
            good: Arc::clone(&self.good),
            classes,
            hash: self.hash.clone(),
            good_contents: self.good_contents.clone(),
            defective_contents: self.defective_contents.clone(),
            unreadable: Vec::new(),
        }
    }
}
