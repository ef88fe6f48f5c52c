//! Labels of a line as fine-tuning takes them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sightline_core::label::{Meaning, Shape, Tag};
use sightline_core::{ClassId, DefectClass, PartLabel, PictureSize, UnreadableReason};
use sightline_store::LabelledPart;
use sightline_train::{Labelled, LabelledSource, Mark, Marks, Sample, Truth};

use crate::capture::capture;

// What is said behind a picture's path when its label cannot be learned from; labels are counted by it.
pub(crate) const GONE: &str = "its picture is gone";
pub(crate) const CHANGED: &str = "its picture is not the one that was judged any more";
pub(crate) const MISFIT: &str = "its marks do not fit its picture";

/// Labelled parts of one use, with the pictures that the camera wrote.
pub(crate) struct LineLabels {
    parts: Vec<LabelledPart>,
    classes: Vec<DefectClass>,
}

impl LineLabels {
    /// Parts whose label says whether they are good.
    pub(crate) fn new(parts: Vec<LabelledPart>, classes: Vec<DefectClass>) -> Self {
        let parts = parts.into_iter().filter(|part| part.label.is_good() || part.label.is_defect()).collect();
        Self { parts, classes }
    }

    /// Those that are good.
    pub(crate) fn good(self) -> Self {
        Self { parts: self.parts.into_iter().filter(|part| part.label.is_good()).collect(), ..self }
    }

    /// Tells these parts and what is said of them from others, without reading their pictures.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for LabelledPart { record, label, .. } in &self.parts {
            let PartLabel { tag, marks, .. } = label;
            let judged = &record.judged;
            hasher.update(format!("{:?}\n", (&judged.arrival.key, &judged.content_hash, tag, marks)).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Where a part's picture lies.
    pub(crate) fn path(&self, index: usize) -> PathBuf {
        self.parts[index].record.judged.arrival.path.clone()
    }

    /// Whether a part is labelled as defective.
    pub(crate) fn is_defect(&self, index: usize) -> bool {
        self.parts[index].label.is_defect()
    }

    /// The parts that are labelled as defective.
    pub(crate) fn defects(&self) -> Vec<usize> {
        (0..self.parts.len()).filter(|&part| self.is_defect(part)).collect()
    }

    /// All good parts and some of the defects, in an order that the seed decides: the first ten are among the first hundred.
    pub(crate) fn first_defects(&self, count: usize, seed: u64) -> Self {
        let mut defects = self.defects();
        defects.sort_by_key(|&part| blake3::hash(format!("{seed} {}", self.name(part)).as_bytes()).to_hex());
        defects.truncate(count);
        let kept = |part: &usize| !self.is_defect(*part) || defects.contains(part);
        let parts = (0..self.parts.len()).filter(kept).map(|part| self.parts[part].clone()).collect();
        Self { parts, classes: self.classes.clone() }
    }

    /// For each class the parts that show a defect of it. A part with marks of several classes is one of each.
    pub(crate) fn parts_of_classes(&self) -> BTreeMap<String, Vec<usize>> {
        let mut parts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, part) in self.parts.iter().enumerate().filter(|(_, part)| part.label.is_defect()) {
            for name in part.label.classes().into_iter().filter_map(|class| self.class_name(class)) {
                parts.entry(name).or_default().push(index);
            }
        }
        parts
    }

    /// The same without parts that show several classes: one that is tried as a defect of a class that nobody labelled must
    /// not be found by another.
    pub(crate) fn parts_of_one_class(&self) -> BTreeMap<String, Vec<usize>> {
        let is_of_one = |part: &usize| self.parts[*part].label.classes().len() == 1;
        let mut of_classes = self.parts_of_classes();
        of_classes.values_mut().for_each(|parts| parts.retain(is_of_one));
        of_classes.retain(|_, parts| !parts.is_empty());
        of_classes
    }

    fn class_name(&self, class: ClassId) -> Option<String> {
        self.classes.iter().find(|known| known.id == class).map(|known| known.name.clone())
    }
}

impl LabelledSource for LineLabels {
    fn count(&self) -> usize {
        self.parts.len()
    }

    fn name(&self, index: usize) -> String {
        self.parts[index].record.judged.arrival.key.relative_path.to_string_lossy().into_owned()
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        let path = self.path(index);
        let captured = capture(&path);
        let frame = captured.frame.map_err(|(reason, detail)| match (reason, path.try_exists()) {
            (UnreadableReason::FileError, Ok(false)) => format!("{}: {GONE}", path.display()),
            _ => format!("{}: {detail}", path.display()),
        })?;
        let part = &self.parts[index];
        let content_hash = captured.content_hash.unwrap_or_default();
        if part.record.judged.content_hash.as_ref().is_some_and(|judged| *judged != content_hash) {
            return Err(format!("{}: {CHANGED}", path.display()));
        }
        let marks = match part.label.marks.is_empty() {
            true => None,
            false => {
                let fitted = marks(&part.label, frame.size());
                Some(fitted.map_err(|error| format!("{}: {MISFIT}: {error}", path.display()))?)
            }
        };
        let truth = match part.label.is_defect() {
            false => Truth::Good { ignored: marks.filter(|marks| marks.values.contains(&Mark::Unknown)) },
            true => {
                let marked = part.label.marks.iter().any(|mark| mark.is_defect());
                Truth::Defective { class: self.class_of(&part.label), marks: marks.filter(|_| marked) }
            }
        };
        Ok(Labelled { sample: Sample { frame, content_hash }, truth })
    }
}

impl LineLabels {
    /// The class of the part: what it was called as a whole, else that of its only kind of mark. A part with marks of
    /// several classes has none.
    fn class_of(&self, label: &PartLabel) -> Option<String> {
        match (label.tag, label.classes().as_slice()) {
            (Some(Tag::Defect(Some(class))), _) => self.class_name(class),
            (_, [class]) => self.class_name(*class),
            _ => None,
        }
    }
}

/// Marks pixel by pixel.
fn marks(label: &PartLabel, size: PictureSize) -> Result<Marks, sightline_core::label::MaskError> {
    let mut marks = Marks::good(size);
    for mark in label.marks.iter().filter(|mark| mark.is_defect()) {
        match &mark.shape {
            Shape::Box { left, top, right, bottom } => {
                marks.add_box([*left, *top, *right, *bottom].map(|edge| edge as f32));
            }
            shape => fill(&mut marks, &shape.mask(size)?.to_rows(), Mark::Defect),
        }
    }
    for mark in label.marks.iter().filter(|mark| mark.meaning == Meaning::Ignore) {
        fill(&mut marks, &mark.shape.mask(size)?.to_rows(), Mark::Unknown);
    }
    Ok(marks)
}

fn fill(marks: &mut Marks, pixels: &[bool], with: Mark) {
    marks.values.iter_mut().zip(pixels).filter(|(_, inside)| **inside).for_each(|(mark, _)| *mark = with);
}
