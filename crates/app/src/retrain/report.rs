//! A trial as it is kept beside the challenger and read again.

use serde::{Deserialize, Serialize};
use sightline_core::gate::{Compared, Refusal, Trial};

use super::{not_left_out_name, refusal_name};

/// How a challenger did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialReport {
    /// Defects found.
    pub detection: Option<ComparedReport>,
    /// Good parts kept.
    pub good_kept: Option<ComparedReport>,
    /// Defects found without what labels taught.
    pub unknown: Option<ComparedReport>,
    /// Defects found whose class was left out of the labels, over all of these classes. Its champion is what was learned
    /// from good parts alone.
    #[serde(default)]
    pub left_out: Option<ComparedReport>,
    /// The same for each of the classes.
    #[serde(default)]
    pub left_out_classes: Vec<(String, ComparedReport)>,
    /// Why no class was left out, as [`not_left_out_name`] says it; nothing when some were.
    #[serde(default)]
    pub not_left_out: Option<String>,
    /// Why it may not judge, as [`refusal_name`] says it; nothing when it may.
    pub refusals: Vec<String>,
    /// Defects that it was tried on.
    #[serde(default)]
    pub test_defects: usize,
    /// Good parts that it was tried on.
    #[serde(default)]
    pub test_good: usize,
    /// Known parts that it judges wrongly, a line each.
    #[serde(default)]
    pub wrong_known: Vec<String>,
    /// Labels that it was not made of.
    #[serde(default)]
    pub labels_left_out: Vec<LeftOutReport>,
    /// Fingerprint of the labelled parts that it was tried on.
    #[serde(default)]
    pub tested: String,
    /// When the list of labels was frozen, in milliseconds since 1970: what is labelled later it has not seen.
    #[serde(default)]
    pub labels_until: i64,
}

/// A [`Compared`] as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see `Compared`")]
pub struct ComparedReport {
    pub champion: f64,
    pub challenger: f64,
    pub low: f64,
    pub high: f64,
    pub chance_worse: f64,
}

/// Labels that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutReport {
    /// Why, in one word: `gone`, `changed`, `unreadable`, `unfit` or `no-room`.
    pub why: String,
    /// How many labels.
    pub count: usize,
    /// A few of their pictures, below the watched folder; none where learning does not say which they were.
    pub parts: Vec<String>,
}

impl From<Compared> for ComparedReport {
    fn from(compared: Compared) -> Self {
        let Compared { champion, challenger, interval: (low, high), chance_worse } = compared;
        Self { champion, challenger, low, high, chance_worse }
    }
}

impl TrialReport {
    pub(super) fn of(trial: &Trial, [test_defects, test_good]: [usize; 2], refusals: &[Refusal]) -> Self {
        let Trial { detection, good_kept, unknown, ref left_out, .. } = *trial;
        let classes = left_out.as_ref().map_or(&[][..], |left_out| left_out.classes.as_slice());
        Self {
            detection: detection.map(Into::into),
            good_kept: good_kept.map(Into::into),
            unknown: unknown.map(Into::into),
            left_out: left_out.as_ref().ok().map(|left_out| left_out.together.into()),
            left_out_classes: classes.iter().map(|(name, compared)| (name.clone(), (*compared).into())).collect(),
            not_left_out: left_out.as_ref().err().map(|reason| not_left_out_name(*reason).to_owned()),
            refusals: refusals.iter().map(|refusal| refusal_name(refusal).to_owned()).collect(),
            test_defects,
            test_good,
            wrong_known: Vec::new(),
            labels_left_out: Vec::new(),
            tested: String::new(),
            labels_until: 0,
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what was kept; none when it is not such a report.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
