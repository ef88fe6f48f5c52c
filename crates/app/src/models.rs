//! The line's models with what their files say, a challenger beside the one that judges, and which files are kept.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use sightline_model::ModelCard;
use sightline_store::{Compared, KnownModel, Promotion, Store};

use crate::retrain::read;
use crate::{AppError, KeepSettings};

/// A model of the line with what its file says.
#[derive(Debug, Clone)]
pub struct LineModel {
    /// The model, and how it did.
    pub known: KnownModel,
    /// What made it; none when its file is gone, cut short, no model or newer.
    pub card: Option<ModelCard>,
    /// Its file is gone, as are those of old models that nobody needs.
    pub gone: bool,
    /// Length of its file.
    pub size_bytes: u64,
    /// It judges beside the live one.
    pub shadow: bool,
    /// When it became the one that judges, newest first.
    pub promotions: Vec<Promotion>,
}

/// All models of the line, newest first. Reads the card of every file: whether the rest is whole is looked at before a
/// model judges.
///
/// # Errors
/// When the database cannot be read.
pub fn line_models(store: &Store) -> Result<Vec<LineModel>, AppError> {
    let (shadow, promotions) = (store.challenger()?, store.promotions()?);
    let with_file = |known: KnownModel| {
        let id = &known.row.id;
        let found = card_of(&store.model_path(id));
        let gone = found.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let (card, size_bytes) = found.unwrap_or((None, 0));
        LineModel {
            card,
            gone,
            size_bytes,
            shadow: shadow.as_ref().is_some_and(|shadow| shadow.id == *id),
            promotions: promotions.iter().filter(|promotion| promotion.model == *id).cloned().collect(),
            known,
        }
    };
    Ok(store.known_models()?.into_iter().map(with_file).collect())
}

/// What a model's file says of it, if it is one, and the file's length.
pub(crate) fn card_of(path: &Path) -> std::io::Result<(Option<ModelCard>, u64)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((ModelCard::read(&mut file, length).ok(), length))
}

/// Removes files of old models, as the line's settings say. What a model's card says stays: how to lay its heat maps over
/// parts, and what it was made of.
pub(crate) fn remove_old_models(store: &Store, keep: &KeepSettings, stop: &dyn Fn() -> bool) {
    let left = |path: &Path| serde_json::to_vec(&card_of(path).ok()?.0?).ok();
    // What cannot be removed now is tried again; a disk that fills up has its own alarm.
    let _ = store.retain_model_files(keep.models, left, stop);
}

/// What stayed of a model whose file was removed; none when nothing did.
pub(crate) fn left_card(store: &Store, id: &str) -> Option<ModelCard> {
    serde_json::from_slice(&store.left_of_model(id)?).ok()
}

/// A challenger beside the live model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowReport {
    /// The challenger's id.
    pub model: String,
    /// How both judged the same parts.
    pub compared: Compared,
    /// When the first of these was stored, in milliseconds since 1970.
    pub since_millis: Option<i64>,
}

/// How the challenger does; none when none judges beside the live model.
///
/// # Errors
/// When the database cannot be read.
pub fn shadow_report(store: &Store) -> Result<Option<ShadowReport>, AppError> {
    let (Some(challenger), Some(live)) = (store.challenger()?, store.live_model()?) else { return Ok(None) };
    let compared = store.compare_shadow(&challenger.id, &live.id)?;
    let since_millis = store.shadow_since(&challenger.id, &live.id)?;
    Ok(Some(ShadowReport { model: challenger.id, compared, since_millis }))
}

/// Lets a model judge beside the live one, from the next part on.
///
/// # Errors
/// When there is no such model or it is the live one, its file is gone or damaged, or the database cannot be written.
pub fn start_shadow(store: &Store, id: &str) -> Result<(), AppError> {
    let known = store.known_models()?.into_iter().find(|known| known.row.id == id && !known.live);
    let known = known.ok_or_else(|| AppError::NoSuchModel { id: id.to_owned() })?;
    read(store, &known.row.id)?;
    store.set_challenger(Some(&known.row.id))?;
    Ok(())
}

#[cfg(test)]
mod tests;
