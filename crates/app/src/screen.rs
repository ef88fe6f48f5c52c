//! Pictures for a screen: scaled in here, so that no more than is shown travels.

use std::path::{Path, PathBuf};

use sightline_image::{heat_png, picture, thumbnail};
use sightline_model::{Artefact, RecipeCard};
use sightline_store::{Store, StoredPart};

use crate::capture::capture;
use crate::models::left_card;

/// Longest side that is ever made for a screen.
const LARGEST: u32 = 4096;
/// Longest side of a thumbnail, pixels.
pub(crate) const THUMB_SIDE: u32 = 320;

/// A part's picture as JPEG: the source file, or the stored thumbnail when the file is gone or changed since.
pub fn part_picture(store: &Store, id: i64, max_side: u32) -> Option<Vec<u8>> {
    let part = store.part(id).ok()??;
    let captured = capture(&part.record.judged.arrival.path);
    let same = captured.content_hash == part.record.judged.content_hash;
    match captured.frame {
        Ok(frame) if same => picture(&frame, max_side.clamp(16, LARGEST)).ok(),
        _ => thumb_of(store, &part),
    }
}

/// A part's thumbnail as JPEG.
pub fn part_thumb(store: &Store, id: i64) -> Option<Vec<u8>> {
    thumb_of(store, &store.part(id).ok()??)
}

/// A part's heat map as PNG with transparency, of the same shape as its picture.
pub fn part_heat(store: &Store, id: i64, max_side: u32) -> Option<Vec<u8>> {
    let record = store.part(id).ok()??.record;
    let recipe = recipe_of(store, record.judged.model.as_deref()?)?;
    let limit = record.reject_above? as f32;
    heat_png(&record.judged.heat?, limit, &recipe.region.into(), record.judged.size?, max_side.clamp(16, LARGEST)).ok()
}

/// A picture from a folder that is being set up, as JPEG: a thumbnail, or as large as is asked for.
pub fn sample_picture(path: &Path, max_side: Option<u32>) -> Option<Vec<u8>> {
    let frame = capture(path).frame.ok()?;
    match max_side {
        None => thumbnail(&frame, THUMB_SIDE).ok(),
        Some(side) => picture(&frame, side.clamp(16, LARGEST)).ok(),
    }
}

fn thumb_of(store: &Store, part: &StoredPart) -> Option<Vec<u8>> {
    let path: PathBuf = store.pictures().path_of(part.thumb.as_deref()?)?;
    std::fs::read(path).ok()
}

/// How a model looks at parts, also when its file was removed.
pub(crate) fn recipe_of(store: &Store, model: &str) -> Option<RecipeCard> {
    let whole = store.read_model_file(model).ok().and_then(|bytes| Artefact::from_bytes(&bytes).ok());
    Some(whole.map(|model| model.card).or_else(|| left_card(store, model))?.recipe)
}
