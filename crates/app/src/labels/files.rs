//! Label files of other tools in and out. Pictures' file names join labels to parts; of several parts with the same name
//! the newest counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sightline_core::PictureSize;
use sightline_labels::{Format, Known, LabelSet, LabelledPicture, WriteOptions, read, write};
use sightline_store::Store;

use crate::AppError;

/// How labels are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Leave out labels of pictures that this line has not seen, instead of refusing all.
    pub skip_unknown: bool,
    /// Leave parts alone that have a label already, instead of replacing it.
    pub keep: bool,
}

/// What was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Parts that have a new label.
    pub parts: usize,
    /// Marked areas on them.
    pub marks: usize,
    /// Classes that were made.
    pub classes: usize,
    /// Parts that kept the label that they had.
    pub kept: usize,
    /// Names of pictures that this line has not seen.
    pub unknown: Vec<String>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Labelled pictures.
    pub pictures: usize,
    /// Marked areas on them.
    pub marks: usize,
}

/// Takes over all labels of a file or folder, or none.
///
/// # Errors
/// When the file has a fault, names a picture that this line has not seen, or the labels cannot be kept.
pub fn import_labels(
    store: &Store,
    format: Format,
    path: &Path,
    options: ImportOptions,
    who: &str,
) -> Result<Imported, AppError> {
    // Newest first, and of two with the same name the later in the list counts.
    let names = store.part_names()?;
    let ids: BTreeMap<String, i64> = names.iter().rev().map(|(id, name, _)| (name.clone(), *id)).collect();
    let known = Known::new(names.into_iter().rev().map(|(_, name, size): (i64, String, PictureSize)| (name, size)));
    let set = read(format, path, &known)?;
    if !set.unknown.is_empty() && !options.skip_unknown {
        return Err(AppError::UnknownPictures { count: set.unknown.len(), first: set.unknown[0].clone() });
    }
    let labelled: BTreeSet<i64> =
        if options.keep { store.labelled(None)?.iter().map(|part| part.record.id).collect() } else { BTreeSet::new() };
    let (mut marks, mut kept) = (0, 0);
    let mut labels = Vec::new();
    for LabelledPicture { file_name, label, .. } in set.pictures {
        let Some(&id) = ids.get(&file_name) else { continue };
        if labelled.contains(&id) {
            kept += 1;
            continue;
        }
        marks += label.marks.len();
        labels.push((id, label));
    }
    let parts = labels.len();
    let classes = store.take_over_labels(&set.classes, labels, who)?;
    Ok(Imported { parts, marks, classes, kept, unknown: set.unknown })
}

/// Writes the labels of this line's parts for another tool.
///
/// # Errors
/// When the format would lose something and that is not allowed, or a file cannot be written.
pub fn export_labels(store: &Store, format: Format, path: &Path, options: WriteOptions) -> Result<Exported, AppError> {
    let mut pictures: BTreeMap<String, LabelledPicture> = BTreeMap::new();
    for part in store.labelled(None)? {
        let judged = part.record.judged;
        // A part whose picture could not be read has none that another tool could show.
        let Some(size) = judged.size else { continue };
        let relative = judged.arrival.key.relative_path;
        let file_name = relative.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        // In the order of the records: the newest of one name stays.
        pictures.insert(file_name.clone(), LabelledPicture { file_name, size, label: part.label });
    }
    let set = LabelSet { classes: store.classes()?, pictures: pictures.into_values().collect(), unknown: Vec::new() };
    write(format, &set, path, options)?;
    let marks = set.pictures.iter().map(|picture| picture.label.marks.len()).sum();
    Ok(Exported { pictures: set.pictures.len(), marks })
}
