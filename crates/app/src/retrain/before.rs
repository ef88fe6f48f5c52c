//! What was made of the same before: a run that would only draw the same lot again is not begun.

use sightline_core::gate::Refusal;
use sightline_model::ModelCard;
use sightline_store::Store;
use sightline_train::FineTuneConfig;

use super::{TrialReport, refusal_name};
use crate::AppError;
use crate::models::{card_of, left_card};

/// Whether a model's known half was made of the labels with this hash, with these settings. Hashing reads all pictures.
pub(super) fn has_learned(model: &ModelCard, labels_hash: &dyn Fn() -> String, config: &FineTuneConfig) -> bool {
    let Some(known) = &model.known else { return false };
    serde_json::to_value(config).is_ok_and(|config| config == known.made.config)
        && known.made.label_hash == labels_hash()
}

/// A model that was tried before.
pub(super) struct Tried {
    pub(super) challenger: String,
    /// It may judge.
    pub(super) passed: bool,
    /// What made it.
    pub(super) card: ModelCard,
}

/// Models that were tried against a champion on the parts with this fingerprint, newest first. One that only the line's
/// known parts refused is none of them: those may be others by now. Of one whose file is gone, what was left tells the
/// same; but one that passed comes back only by being made again, and so does one of which nothing was left.
pub(super) fn tried_before(store: &Store, champion: &str, tested: &str) -> Result<Vec<Tried>, AppError> {
    let tried = store.known_models()?.into_iter().filter_map(|known| {
        let trial = known.trial.filter(|trial| trial.champion == champion)?;
        let report = TrialReport::from_json(&trial.report_json).filter(|report| report.tested == tested)?;
        if report.refusals == [refusal_name(&Refusal::KnownPartsWrong)] {
            return None;
        }
        let (challenger, passed) = (known.row.id, trial.passed);
        let card = match card_of(&store.model_path(&challenger)).ok().and_then(|(card, _)| card) {
            Some(card) => card,
            None if passed => return None,
            None => left_card(store, &challenger)?,
        };
        Some(Tried { challenger, passed, card })
    });
    Ok(tried.collect())
}
