//! What the operator at the line says about a verdict. It becomes the part's tag; areas can be marked later.

use super::{PartLabel, Tag};
use crate::Verdict;

/// A person's answer to a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feedback {
    /// The verdict is right.
    Confirm,
    /// The part is good although it was rejected or held for review.
    FalseAlarm,
    /// The part is defective although it passed.
    MissedDefect,
}

impl Feedback {
    /// What the part then is; none where the answer makes no sense for the verdict. A part that could not be judged has
    /// no verdict to confirm, but a person may still say what it is.
    pub fn tag(self, verdict: Verdict) -> Option<Tag> {
        match (self, verdict) {
            (Self::Confirm, Verdict::Pass) => Some(Tag::Good),
            (Self::Confirm, Verdict::Reject) => Some(Tag::Defect(None)),
            // "Look at it" cannot be right or wrong: the person says which it is.
            (Self::Confirm, Verdict::Review | Verdict::Unreadable) => None,
            (Self::FalseAlarm, Verdict::Reject | Verdict::Review | Verdict::Unreadable) => Some(Tag::Good),
            (Self::FalseAlarm, Verdict::Pass) => None,
            (Self::MissedDefect, Verdict::Pass | Verdict::Review | Verdict::Unreadable) => Some(Tag::Defect(None)),
            (Self::MissedDefect, Verdict::Reject) => None,
        }
    }

    /// The part's label with the answer taken over; none where it makes no sense. A kind that was named before stays
    /// when the part stays a defect; marked defects go when it is good.
    pub fn apply(self, label: &PartLabel, verdict: Verdict) -> Option<PartLabel> {
        let tag = self.tag(verdict)?;
        let mut next = label.clone();
        match tag {
            Tag::Good => {
                next.tag = Some(Tag::Good);
                next.marks.retain(|mark| !mark.is_defect());
            }
            Tag::Defect(_) if matches!(next.tag, Some(Tag::Defect(_))) => {}
            Tag::Defect(_) => next.tag = Some(tag),
        }
        Some(next)
    }
}
