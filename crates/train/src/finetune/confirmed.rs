//! Good parts that people confirmed on the line, such as false alarms: they help to set the limit and are never learned from.

use sightline_core::LearnStage;
use sightline_image::Input;
use sightline_model::{ModelError, RawJudge};

use super::examples::hash_of;
use super::labelled::{Labelled, LabelledSource, Truth};
use crate::TrainError;
use crate::calibrate::at_once;
use crate::pace::Pace;
use crate::reader::Reader;

/// Scores of those of the parts that are good, and the parts that were left out, each with the reason. One whose very
/// picture lies among the good parts of the folder is not scored: it was learned from, or it sets the limit already.
pub(super) fn scores<T>(
    parts: &dyn LabelledSource,
    judge: &RawJudge,
    score: impl Fn(&[Input]) -> Result<Vec<T>, TrainError>,
    good: &Reader<'_>,
    pace: &mut Pace<'_>,
) -> Result<(Vec<T>, Vec<String>), TrainError> {
    let (mut scores, mut inputs, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let at_once = at_once(judge);
    for index in 0..parts.count() {
        pace.report(LearnStage::Calibrate, index + 1, parts.count(), None)?;
        let Labelled { sample, truth } = match parts.load(index) {
            Ok(labelled) => labelled,
            Err(reason) => {
                unreadable.push(reason);
                continue;
            }
        };
        // A part that is good but for an area would be scored with it.
        if truth != (Truth::Good { ignored: None }) || good.has_read(&sample.content_hash) {
            continue;
        }
        match judge.prepare(&sample.frame) {
            Ok(input) => inputs.push(input),
            Err(ModelError::NotAligned(error)) => unreadable.push(format!("{}: {error}", parts.name(index))),
            Err(error) => return Err(error.into()),
        }
        if inputs.len() == at_once {
            scores.extend(score(&std::mem::take(&mut inputs))?);
        }
    }
    scores.extend(score(&inputs)?);
    Ok((scores, unreadable))
}

/// BLAKE3 over names, contents and labels of all parts that a model's labelled half would be made of: the same labels give
/// the same model.
pub fn label_hash(labelled: &dyn LabelledSource, confirmed: Option<&dyn LabelledSource>) -> String {
    let learned = hash_of(labelled);
    confirmed.map_or_else(|| learned.clone(), |parts| hash(&learned, parts))
}

/// Both together; that of the first alone where there are no others, as in models from before these were used.
pub(super) fn hash(learned: &str, confirmed: &dyn LabelledSource) -> String {
    match confirmed.count() {
        0 => learned.to_owned(),
        _ => blake3::hash(format!("{learned} {}", hash_of(confirmed)).as_bytes()).to_hex().to_string(),
    }
}
