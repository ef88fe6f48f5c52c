//! What people say about parts: feedback from the line, label files of other tools, and help with drawing.

mod files;
mod help;
#[cfg(test)]
mod tests;

use sightline_core::{Feedback, PartLabel};
use sightline_store::{KeptLabel, Store};

pub use files::{Exported, ImportOptions, Imported, export_labels, import_labels};
pub use help::{magic_wand, propose_mask, refine_area};

use crate::AppError;

/// The person at this machine, as the operating system calls them.
pub fn person() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Takes over what the operator says about a verdict.
///
/// # Errors
/// When there is no such part, the answer makes no sense for its verdict, or it cannot be kept.
pub fn give_feedback(store: &Store, part: i64, feedback: Feedback, who: &str) -> Result<KeptLabel, AppError> {
    let verdict = store.part(part)?.ok_or(AppError::NoPart { name: part.to_string() })?.record.judged.verdict;
    let label = store.label(part)?.map_or_else(PartLabel::default, |kept| kept.label);
    let label = feedback.apply(&label, verdict).ok_or(AppError::Feedback { part, feedback, verdict })?;
    Ok(store.set_label(part, &label, who)?)
}

/// The part that a person names: by the number of its record, or by its picture's path below the watched folder or file
/// name. Of a file that was written twice the newest counts.
///
/// # Errors
/// When there is none, or the file name is that of several parts.
pub fn find_part(store: &Store, name: &str) -> Result<i64, AppError> {
    let by_number = match name.parse::<i64>() {
        Ok(id) => store.part(id)?.map(|part| part.record.id),
        Err(_) => None,
    };
    let found = match by_number {
        Some(id) => Some(id),
        None => by_picture(store, name)?,
    };
    found.ok_or_else(|| AppError::NoPart { name: name.to_owned() })
}

fn by_picture(store: &Store, name: &str) -> Result<Option<i64>, AppError> {
    let (names, told) = (store.part_names()?, name.replace('\\', "/"));
    if let Some((id, ..)) = names.iter().find(|(_, path, _)| *path == told) {
        return Ok(Some(*id));
    }
    let mut named = names.iter().filter(|(_, path, _)| path.rsplit('/').next() == Some(told.as_str()));
    let Some((id, first, _)) = named.next() else { return Ok(None) };
    match named.find(|(_, path, _)| path != first) {
        None => Ok(Some(*id)),
        Some((_, other, _)) => {
            let detail = format!("{first} and {other} have this name; tell the folder, too, or the part's number");
            Err(AppError::Picture { path: name.into(), detail })
        }
    }
}
