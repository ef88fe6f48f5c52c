//! What was made of the same before: a run that would only draw the same lot again is not begun.

use sightline_core::gate::Refusal;
use sightline_model::ModelCard;
use sightline_store::Store;
use sightline_train::FineTuneConfig;

use super::{TrialReport, refusal_name};
use crate::AppError;
use crate::models::left_card;

/// Whether a model's known half was made of the labels with this hash, with these settings. Hashing reads all pictures.
pub(super) fn has_learned(model: &ModelCard, labels_hash: &dyn Fn() -> String, config: &FineTuneConfig) -> bool {
    let Some(known) = &model.known else { return false };
    serde_json::to_value(config).is_ok_and(|config| config == known.made.config)
        && known.made.label_hash == labels_hash()
}

/// The same of a model whose file was removed, from what was left of it, where it was made of the champion's good parts.
pub(super) fn had_learned(
    store: &Store,
    id: &str,
    champion: &ModelCard,
    labels_hash: &dyn Fn() -> String,
    config: &FineTuneConfig,
) -> bool {
    left_card(store, id)
        .is_some_and(|card| card.made.data_hash == champion.made.data_hash && has_learned(&card, labels_hash, config))
}

/// Models that were tried against a champion on the parts with this fingerprint, newest first, and whether they passed.
/// One that only the line's known parts refused is none of them: those may be others by now.
pub(super) fn tried_before(store: &Store, champion: &str, tested: &str) -> Result<Vec<(String, bool)>, AppError> {
    let tried = store.known_models()?.into_iter().filter_map(|known| {
        let trial = known.trial.filter(|trial| trial.champion == champion)?;
        let report = TrialReport::from_json(&trial.report_json).filter(|report| report.tested == tested)?;
        let known_parts_alone = report.refusals == [refusal_name(&Refusal::KnownPartsWrong)];
        (!known_parts_alone).then_some((known.row.id, trial.passed))
    });
    Ok(tried.collect())
}
