//! A model as one file, for another line of the same kind. The model file has all of it: recipe, weights, memory bank,
//! calibration, hashes of parts and labels, and a checksum over everything. So a bundle is that very file, and the model has
//! the same id, which is its hash, wherever it goes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sightline_core::Recipe;
use sightline_model::{Artefact, MAX_MODEL_BYTES, ModelError};
use sightline_store::{ModelRow, Store};

use crate::learning::model_row;
use crate::{AppError, FolderSource, Line};

/// Writes one of the line's models, named by its id or how that begins; the live one unless said. Gives its id.
///
/// # Errors
/// When there is no such model, its file is gone or damaged, or `out` cannot be written.
pub fn export_bundle(line: &Line, id: Option<&str>, out: &Path) -> Result<String, AppError> {
    let store = Store::open(&line.folder)?;
    let row = chosen(&store, line, id)?;
    let bytes = store.read_model_file(&row.id)?;
    std::fs::write(out, bytes).map_err(|source| AppError::File { step: "writing", path: out.to_owned(), source })?;
    Ok(row.id)
}

/// Takes a model over from a bundle. It does not judge before it is promoted. Gives its id.
///
/// # Errors
/// When the file cannot be read, is not a model, damaged or newer, or was made for parts that are looked at in another
/// way than this line's.
pub fn import_bundle(line: &Line, bundle: &Path) -> Result<String, AppError> {
    let artefact = read_bundle(bundle)?;
    fits(line, &Recipe::from(&artefact.card.recipe))?;
    let store = Store::open(&line.folder)?;
    let bytes = artefact.to_bytes().map_err(|source| AppError::Model { path: bundle.to_owned(), source })?;
    let row = model_row(store.put_model_file(&bytes)?, &artefact.card);
    // One that is known keeps its own time and trial.
    if store.known_models()?.iter().all(|known| known.row.id != row.id) {
        store.add_model(&row)?;
    }
    Ok(row.id)
}

/// The line's model that is meant.
///
/// # Errors
/// When there is none, or more than one.
pub(crate) fn chosen(store: &Store, line: &Line, id: Option<&str>) -> Result<ModelRow, AppError> {
    let Some(id) = id else {
        return store.live_model()?.ok_or_else(|| AppError::NoModel { path: line.folder.clone() });
    };
    let mut found = store.models()?.into_iter().filter(|row| row.id.starts_with(id));
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        _ => Err(AppError::NoSuchModel { id: id.to_owned() }),
    }
}

fn read_bundle(path: &Path) -> Result<Artefact, AppError> {
    let failed = |source| AppError::File { step: "reading", path: path.to_owned(), source };
    let model = |source| AppError::Model { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > MAX_MODEL_BYTES {
        return Err(model(ModelError::TooLarge { bytes: length, limit: MAX_MODEL_BYTES }));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(MAX_MODEL_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    Artefact::from_bytes(&bytes).map_err(model)
}

/// Whether a model looks at parts as this line does. How large it sees them and what it promises are the model's own.
fn fits(line: &Line, theirs: &Recipe) -> Result<(), AppError> {
    let ours = line.settings.recipe(FolderSource::new(&line.settings.good_folder)?.paths())?;
    let differs = [
        (ours.region != theirs.region, "the region"),
        (ours.ignore_outlines != theirs.ignore_outlines || ours.ignore != theirs.ignore, "the areas that are ignored"),
        (ours.align != theirs.align, "the alignment"),
        (ours.channels != theirs.channels, "the colour"),
        (ours.poses != theirs.poses, "how parts may lie"),
    ];
    match differs.iter().find(|(differs, _)| *differs) {
        Some((_, what)) => Err(AppError::OtherRecipe { what }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
