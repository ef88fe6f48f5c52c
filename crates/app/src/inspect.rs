//! One picture judged on the spot, without a record.

use std::path::Path;

use sightline_core::{Scored, UnreadableReason, Verdict};

use crate::LoadedModel;
use crate::capture::capture;

/// The outcome for one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// What the line would be told.
    pub verdict: Verdict,
    /// The evidence; absent when unreadable.
    pub scored: Option<Scored>,
    /// Conformal p-value; absent when unreadable.
    pub p_value: Option<f64>,
    /// Why it could not be judged, and the same in words.
    pub unreadable: Option<(UnreadableReason, String)>,
}

/// Judges one file.
pub fn inspect_file(model: &LoadedModel, path: &Path) -> Inspected {
    let unreadable = |reason, detail| Inspected {
        verdict: Verdict::Unreadable,
        scored: None,
        p_value: None,
        unreadable: Some((reason, detail)),
    };
    let frame = match capture(path).frame {
        Ok(frame) => frame,
        Err((reason, detail)) => return unreadable(reason, detail),
    };
    let judge = &model.judge;
    let scored = judge.prepare(&frame).and_then(|input| judge.score(&[input]));
    match scored.map(|mut scored| scored.pop()) {
        Ok(Some(scored)) => Inspected {
            verdict: judge.limits().decide(scored.score),
            p_value: Some(judge.calibration().p_value(scored.score)),
            scored: Some(scored),
            unreadable: None,
        },
        Ok(None) => unreadable(UnreadableReason::JudgeError, "the model gave no score".to_owned()),
        Err(error) => unreadable(UnreadableReason::JudgeError, error.to_string()),
    }
}
