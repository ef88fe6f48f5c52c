//! A trial as it is kept beside the challenger and read again.

use serde::{Deserialize, Serialize};
use sightline_core::gate::{Compared, Refusal, Trial};

use super::refusal_name;

/// How a challenger did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialReport {
    /// Defects found.
    pub detection: Option<ComparedReport>,
    /// Good parts kept.
    pub good_kept: Option<ComparedReport>,
    /// Defects found without what labels taught.
    pub unknown: Option<ComparedReport>,
    /// Why it may not judge, as [`refusal_name`] says it; nothing when it may.
    pub refusals: Vec<String>,
    /// Defects that it was tried on.
    #[serde(default)]
    pub test_defects: usize,
    /// Good parts that it was tried on.
    #[serde(default)]
    pub test_good: usize,
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

impl From<Compared> for ComparedReport {
    fn from(compared: Compared) -> Self {
        let Compared { champion, challenger, interval: (low, high), chance_worse } = compared;
        Self { champion, challenger, low, high, chance_worse }
    }
}

impl TrialReport {
    pub(super) fn of(trial: &Trial, [test_defects, test_good]: [usize; 2], refusals: &[Refusal]) -> Self {
        let Trial { detection, good_kept, unknown, .. } = *trial;
        Self {
            detection: detection.map(Into::into),
            good_kept: good_kept.map(Into::into),
            unknown: unknown.map(Into::into),
            refusals: refusals.iter().map(|refusal| refusal_name(refusal).to_owned()).collect(),
            test_defects,
            test_good,
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
