//! Scores and verdicts.

use crate::HeatMap;

/// What the line is told about a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Looks like the good parts.
    Pass,
    /// Close to the limit: a person should look.
    Review,
    /// Beyond the limit.
    Reject,
    /// Could not be judged. Never a pass.
    Unreadable,
}

/// Raw evidence against one part. Scores are not clamped: they are compared as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What the limits compare: the strongest of the evidences for a novel defect, for a known one, and of both together.
    pub score: f64,
    /// Evidence for a defect that nobody labelled; the larger, the stranger.
    pub novel: f64,
    /// Distance to the memory bank of good parts (standardised on good parts).
    pub bank: f64,
    /// Evidence of the synthetic-defect head (standardised on good parts).
    pub synthetic: f64,
    /// Evidence for a defect as people labelled them; none before anything was learned from labels.
    pub known: Option<Known>,
    /// Where the evidence lies.
    pub map: HeatMap,
}

/// What a model that learned from labels says about one part.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Evidence for a labelled kind of defect, on the same scale as that for a novel one: the part's score, if nothing else
    /// were strange about it.
    pub evidence: f64,
    /// Evidence for a novel defect, on the same scale: the part's score, if no label resembled
    /// what is strange about it.
    pub novel_evidence: f64,
    /// The likeliest class, when classes were labelled.
    pub class: Option<ClassGuess>,
}

/// A defect class and how sure the model is of it among all classes it knows, should the part be defective.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassGuess {
    /// Its name.
    pub name: String,
    /// Share of the belief, 0..=1.
    pub share: f64,
}

/// Why a part could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnreadableReason {
    /// The file is empty.
    Empty,
    /// The file is not a picture of a known format.
    NotAPicture,
    /// The picture's data end early or are damaged.
    Damaged,
    /// The picture claims more pixels or memory than the limit.
    TooLarge,
    /// The picture's format or colour space is not supported.
    Unsupported,
    /// The file vanished or could not be read.
    FileError,
    /// The model or the device failed on this part.
    JudgeError,
    /// The part does not lie, or look, as parts of its kind do, so that it cannot be aligned.
    NotAligned,
}
