//! What there is to learn from labels, and what became of the last challenger.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// What a retraining run would learn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TrainingView {
    /// Pictures in the folder of good parts.
    pub good_parts: u32,
    /// Labelled parts.
    pub labels: LabelCounts,
    /// Parts about which something was said since the live model was made.
    pub new_labels: u32,
    /// Labelled defects of each class, as they are listed.
    pub classes: Vec<ClassCount>,
    /// What must be there before a challenger can be made and promoted; nothing when all is.
    pub missing: Vec<MissingView>,
    /// The newest challenger's trial; none before the first.
    pub last_trial: Option<TrialView>,
}

/// Labelled parts by what is said of them, and by what they are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct LabelCounts {
    pub defects: u32,
    pub good: u32,
    pub training: u32,
    pub calibration: u32,
    pub test: u32,
}

/// Labelled defects of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct ClassCount {
    pub name: String,
    pub count: u32,
}

/// Something of which there is too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MissingView {
    /// Of what.
    pub kind: MissingKind,
    /// How many are missing.
    pub count: u32,
}

/// What a retraining run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum MissingKind {
    /// Labelled defects to learn from.
    Defects,
    /// Pictures of good parts.
    Good,
    /// Labelled defects that are held out for the trial.
    Test,
    /// A model that judges.
    Model,
}

/// A challenger beside the model that judged, on the same labelled parts that neither learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TrialView {
    /// The challenger's id.
    pub challenger: String,
    /// The id of the model that judged.
    pub champion: String,
    /// It may judge.
    pub passed: bool,
    /// Share of defects found; none when no defect was held out.
    pub detection: Option<ComparedView>,
    /// Share of good parts kept; none when no good part was held out.
    pub good_kept: Option<ComparedView>,
    /// Share of defects found without what labels taught.
    pub unknown: Option<ComparedView>,
    /// Share of defects found whose class was left out of the labels, over all of these classes, beside what good parts
    /// alone find.
    pub left_out: Option<ComparedView>,
    /// The same for each of the classes.
    pub left_out_classes: Vec<ClassCompared>,
    /// Why no class was left out; none when some were, or when nobody tried.
    pub not_left_out: Option<NotLeftOutKind>,
    /// Why it may not judge; nothing when it may.
    pub refusals: Vec<RefusalKind>,
    /// Known parts that it judges wrongly, in words.
    pub wrong_known: Vec<String>,
    /// Defects that were held out.
    pub test_defects: u32,
    /// Good parts that were held out.
    pub test_good: u32,
    /// Labels that it was not made of.
    pub labels_left_out: Vec<LeftOutView>,
}

/// Labels that a challenger was not made of, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutView {
    /// Why.
    pub kind: LeftOutKind,
    /// How many.
    pub count: u32,
    /// A few of their pictures, below the watched folder; none where nobody knows which they were.
    pub parts: Vec<String>,
}

/// Why a label is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LeftOutKind {
    /// Its picture is gone.
    Gone,
    /// Its picture is not the one that was judged any more.
    Changed,
    /// Its picture cannot be read.
    Unreadable,
    /// The part cannot be aligned, or its marks do not fit its picture.
    Unfit,
    /// There is no room for it in memory.
    NoRoom,
}

impl LeftOutKind {
    /// The reason with this name in a trial's report; none when it is not known.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gone" => Some(Self::Gone),
            "changed" => Some(Self::Changed),
            "unreadable" => Some(Self::Unreadable),
            "unfit" => Some(Self::Unfit),
            "no-room" => Some(Self::NoRoom),
            _ => None,
        }
    }
}

/// Two models on the same parts. See `sightline_core::gate::Compared`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ComparedView {
    /// Share of the parts that the champion gets right.
    #[specta(type = Number)]
    pub champion: f64,
    /// Share of the parts that the challenger gets right.
    #[specta(type = Number)]
    pub challenger: f64,
    /// Nine of ten resampled differences (challenger − champion) lie between this
    #[specta(type = Number)]
    pub low: f64,
    /// and this.
    #[specta(type = Number)]
    pub high: f64,
    /// Share of the resampled differences below zero.
    #[specta(type = Number)]
    pub chance_worse: f64,
}

/// Two models on the defects of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct ClassCompared {
    pub name: String,
    pub compared: ComparedView,
}

/// Why no class was left out of the labels. See `sightline_core::gate::NotLeftOut`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum NotLeftOutKind {
    OneClass,
    TooFewLabels,
}

impl NotLeftOutKind {
    /// The reason with this name in a trial's report; none when it is not known.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "one-class" => Some(Self::OneClass),
            "too-few-labels" => Some(Self::TooFewLabels),
            _ => None,
        }
    }
}

/// Why a challenger may not judge. See `sightline_core::gate::Refusal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum RefusalKind {
    FindsLess,
    RejectsMoreGood,
    ForgetsTheUnknown,
    PromisesNothing,
    NothingToTryOn,
    KnownPartsWrong,
}

impl RefusalKind {
    /// The reason with this name in a trial's report; none when it is not known.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "finds-less" => Some(Self::FindsLess),
            "rejects-more-good" => Some(Self::RejectsMoreGood),
            "forgets-the-unknown" => Some(Self::ForgetsTheUnknown),
            "promises-nothing" => Some(Self::PromisesNothing),
            "nothing-to-try-on" => Some(Self::NothingToTryOn),
            "known-parts-wrong" => Some(Self::KnownPartsWrong),
            _ => None,
        }
    }
}
