//! One picture judged on the spot, without a record.

use std::path::Path;

use sightline_core::{Scored, UnreadableReason, Verdict};
use sightline_model::{Judge, ModelError};

use crate::LoadedModel;
use crate::capture::capture;
use crate::live::device::Guard;

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
    inspect_by(&model.judge, path)
}

/// The same where nobody sits before it: when the device fails or does not answer, the CPU judges.
pub(crate) fn inspect_surely(model: &LoadedModel, path: &Path) -> Inspected {
    let Some(spare) = &model.spare else { return inspect_file(model, path) };
    let guard = Guard::at(&model.judge.device().id);
    let (judge, file) = (model.judge.clone(), path.to_owned());
    let inspected = guard.ask(guard.allowed(1), &|| false, move || inspect_by(&judge, &file));
    match inspected {
        Ok(inspected) if inspected.unreadable.as_ref().is_none_or(|(why, _)| *why != UnreadableReason::JudgeError) => {
            inspected
        }
        _ => inspect_by(spare, path),
    }
}

fn inspect_by(judge: &Judge, path: &Path) -> Inspected {
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
    let scored = judge.look(&frame).and_then(|(input, lie)| {
        let scored = judge.score(&[input])?.pop();
        Ok(scored.map(|scored| judge.over_the_part(scored, lie, frame.size())))
    });
    match scored {
        Ok(Some(scored)) => Inspected {
            verdict: judge.limits().decide(scored.score),
            p_value: Some(judge.calibration().p_value(scored.score)),
            scored: Some(scored),
            unreadable: None,
        },
        Ok(None) => unreadable(UnreadableReason::JudgeError, "the model gave no score".to_owned()),
        Err(error) => unreadable(why_not_judged(&error), error.to_string()),
    }
}

/// The reason behind a judge's error.
pub(crate) fn why_not_judged(error: &ModelError) -> UnreadableReason {
    match error {
        ModelError::NotAligned(_) => UnreadableReason::NotAligned,
        _ => UnreadableReason::JudgeError,
    }
}
