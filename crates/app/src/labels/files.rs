//! Label files of other tools in and out. Pictures' paths below the watched folder join labels to parts; of a file that
//! was written twice the newest part counts. A file name that parts of two folders have belongs to neither.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sightline_core::PictureSize;
use sightline_labels::{Format, Known, LabelFileError, LabelSet, LabelledPicture, WriteOptions, read, write};
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
/// When the file has a fault, names a picture that this line has not seen or a name that several parts have, or the
/// labels cannot be kept.
pub fn import_labels(
    store: &Store,
    format: Format,
    path: &Path,
    options: ImportOptions,
    who: &str,
) -> Result<Imported, AppError> {
    let names = store.part_names()?;
    let set = read(format, path, &known(&names))?;
    if let Some(first) = set.shared.first() {
        let count = set.shared.len();
        let detail = format!(
            "{count} names of pictures belong to several parts of this line, the first is \"{first}\"; nothing was taken \
             over"
        );
        return Err(LabelFileError::Whole { path: path.to_owned(), detail }.into());
    }
    if !set.unknown.is_empty() && !options.skip_unknown {
        return Err(AppError::UnknownPictures { count: set.unknown.len(), first: set.unknown[0].clone() });
    }
    let labelled: BTreeSet<i64> =
        if options.keep { store.labelled(None)?.iter().map(|part| part.record.id).collect() } else { BTreeSet::new() };
    // Newest first, and the later in the list stays.
    let ids: BTreeMap<&str, i64> = names.iter().rev().map(|(id, name, _)| (name.as_str(), *id)).collect();
    let (mut marks, mut kept) = (0, 0);
    let mut labels = Vec::new();
    for LabelledPicture { file_name, label, .. } in set.pictures {
        let Some(&id) = ids.get(file_name.as_str()) else { continue };
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
/// When the format would lose something and that is not allowed, two pictures would share a file, or one cannot be
/// written.
pub fn export_labels(store: &Store, format: Format, path: &Path, options: WriteOptions) -> Result<Exported, AppError> {
    let labelled = store.labelled(None)?;
    // After the labels: a part that arrives meanwhile has a name here.
    let names = store.part_names()?;
    let by_id: BTreeMap<i64, (&str, PictureSize)> =
        names.iter().map(|(id, name, size)| (*id, (name.as_str(), *size))).collect();
    let mut pictures: BTreeMap<PathBuf, LabelledPicture> = BTreeMap::new();
    for part in labelled {
        // A part whose picture could not be read has no name here: another tool could not show it.
        let Some(&(name, size)) = by_id.get(&part.record.id) else { continue };
        let picture = LabelledPicture { file_name: name.to_owned(), size, label: part.label };
        // In the order of the records: the newest of one file stays.
        pictures.insert(part.record.judged.arrival.key.relative_path, picture);
    }
    let pictures = pictures.into_values().collect();
    let set = LabelSet { classes: store.classes()?, pictures, ..LabelSet::default() };
    write(format, &set, &known(&names), path, options)?;
    let marks = set.pictures.iter().map(|picture| picture.label.marks.len()).sum();
    Ok(Exported { pictures: set.pictures.len(), marks })
}

/// The line's pictures. The list has the newest first, and of one path the later counts.
fn known(names: &[(i64, String, PictureSize)]) -> Known {
    Known::new(names.iter().rev().map(|(_, name, size)| (name.clone(), *size)))
}
