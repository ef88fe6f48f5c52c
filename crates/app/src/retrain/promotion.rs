//! Which model judges, as a person says it: one that passed its trial, or the one before.

use sightline_model::choose;
use sightline_store::{ModelRow, Store};

use super::read;
use crate::learning::{load_model, now_millis};
use crate::line_check::wrong_known_parts;
use crate::{AppError, Line};

/// Lets a model judge that was tried before. One that did not pass is refused with the reasons.
///
/// # Errors
/// When there is no such model, it did not pass its trial, its file is gone or damaged, or the database cannot be written.
pub fn promote_model(line: &Line, id: &str, who: &str) -> Result<ModelRow, AppError> {
    let store = Store::open(&line.folder)?;
    let unknown = || AppError::NoSuchModel { id: id.to_owned() };
    let models = store.known_models()?;
    let mut found = models.iter().filter(|known| known.row.id.starts_with(id));
    let (Some(known), None) = (found.next(), found.next()) else { return Err(unknown()) };
    if let Some(trial) = known.trial.as_ref().filter(|trial| !trial.passed) {
        return Err(AppError::NotPromoted { id: known.row.id.clone(), report: trial.report_json.clone() });
    }
    check_before(line, &store, &known.row)?;
    store.promote(&known.row.id, who, now_millis())?;
    Ok(known.row.clone())
}

/// Lets the model judge again that judged before the live one.
///
/// # Errors
/// When there is none, its file is gone or damaged, known parts that have to release the line come out wrong, or the database cannot be written.
pub fn roll_back(line: &Line, who: &str) -> Result<ModelRow, AppError> {
    let store = Store::open(&line.folder)?;
    let before = store.model_before()?.ok_or_else(|| AppError::NothingBefore { path: line.folder.clone() })?;
    check_before(line, &store, &before)?;
    store.promote(&before.id, who, now_millis())?;
    Ok(before)
}

/// A model whose file is damaged must not become the one that judges, nor one that the line's known parts do not release:
/// inspection would stand still. That its file is still there the store asks once more when it promotes.
fn check_before(line: &Line, store: &Store, row: &ModelRow) -> Result<(), AppError> {
    if !line.settings.check.required {
        return read(store, &row.id).map(|_| ());
    }
    let device = choose(line.settings.device.as_deref())?;
    let wrong = wrong_known_parts(line, &load_model(store, row, &device, &|| false)?)?;
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(AppError::KnownPartsWrong { detail: wrong.join("\n") }),
    }
}
