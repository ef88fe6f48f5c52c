//! One picture judged on the spot, without a record.

use std::path::Path;

use sightline_core::{Scored, UnreadableReason, Verdict};
use sightline_image::Input;
use sightline_model::ModelError;

use crate::LoadedModel;
use crate::capture::capture;
use crate::live::judges::score_surely;

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
    inspect_by(model, path, |input| Ok(model.judge.score(&[input])?.pop()))
}

/// The same where nobody sits before it: when the device fails or does not answer, the CPU judges. Not waited for much
/// longer once it is given up.
pub(crate) fn inspect_surely(model: &LoadedModel, path: &Path, given_up: &dyn Fn() -> bool) -> Inspected {
    inspect_by(model, path, |input| score_surely(model, input, given_up))
}

fn inspect_by(
    model: &LoadedModel,
    path: &Path,
    score: impl FnOnce(Input) -> Result<Option<Scored>, ModelError>,
) -> Inspected {
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
    let scored = judge.look(&frame).and_then(|(input, lie)| {
        let scored = score(input)?;
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
