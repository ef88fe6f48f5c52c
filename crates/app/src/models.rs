//! The line's models with what their files say, and a challenger beside the one that judges.

use std::fs::File;
use std::path::Path;

use sightline_model::ModelCard;
use sightline_store::{Compared, KnownModel, Promotion, Store};

use crate::AppError;
use crate::retrain::read;

/// A model of the line with what its file says.
#[derive(Debug, Clone)]
pub struct LineModel {
    /// The model, and how it did.
    pub known: KnownModel,
    /// What made it; none when its file is gone, cut short, no model or newer.
    pub card: Option<ModelCard>,
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
        let (card, size_bytes) = card_of(&store.model_path(id)).unwrap_or((None, 0));
        LineModel {
            card,
            size_bytes,
            shadow: shadow.as_ref().is_some_and(|shadow| shadow.id == *id),
            promotions: promotions.iter().filter(|promotion| promotion.model == *id).cloned().collect(),
            known,
        }
    };
    Ok(store.known_models()?.into_iter().map(with_file).collect())
}

/// What a model's file says of it, if it is one, and the file's length.
fn card_of(path: &Path) -> std::io::Result<(Option<ModelCard>, u64)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((ModelCard::read(&mut file, length).ok(), length))
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
/// When there is no such model or it is the live one, its file is damaged, or the database cannot be written.
pub fn start_shadow(store: &Store, id: &str) -> Result<(), AppError> {
    let known = store.known_models()?.into_iter().find(|known| known.row.id == id && !known.live);
    let known = known.ok_or_else(|| AppError::NoSuchModel { id: id.to_owned() })?;
    read(store, &known.row.id)?;
    store.set_challenger(Some(&known.row.id))?;
    Ok(())
}
