//! Folders of masks: `<class>/<picture>.png`, what is not black is the defect. A second mask of the same class on one
//! picture is `<picture>.2.png`; `<picture>_mask.png` is read too. The layout is that of `sightline evaluate`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sightline_core::{Mask, Shape};
use sightline_image::read_file;

use crate::classes::{Classes, name_of};
use crate::known::{Found, stem};
use crate::marks::mark;
use crate::text::{files, write_whole};
use crate::{Known, LabelFileError, LabelSet, LabelledPicture, png, yolo};

const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
const SHARED: &str = "two pictures would share this mask";

pub(crate) fn read(folder: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    let failed = |source| LabelFileError::Folder { path: folder.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    let (mut set, mut classes) = (LabelSet::default(), Classes::default());
    let mut pictures: BTreeMap<String, LabelledPicture> = BTreeMap::new();
    let mut found = 0;
    for folder in folders {
        let class = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let meaning = classes.meaning(&class).map_err(|detail| LabelFileError::whole(&folder, detail))?;
        let mut masks = Vec::new();
        for path in files(&folder, "png")? {
            found += 1;
            let mask_stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            let (picture, number) = picture_of(&mask_stem, known);
            if let Some((name, size)) = set.one(picture, &mask_stem) {
                masks.push((name, number, size, path));
            }
        }
        // In the order in which they were drawn: the tenth is not before the second.
        masks.sort_by_key(|(name, number, ..)| (*name, *number));
        for (name, _, size, path) in masks {
            let refuse = |detail: String| LabelFileError::whole(&path, detail);
            let inside = png::inside(&read_file(&path, MAX_FILE_BYTES)?, size).map_err(refuse)?;
            let mask = Mask::from_rows(size, &inside).map_err(|error| refuse(error.to_string()))?;
            let new = || LabelledPicture { file_name: name.to_owned(), size, label: Default::default() };
            let picture = pictures.entry(name.to_owned()).or_insert_with(new);
            picture.label.marks.push(mark(meaning, Shape::Mask(mask), size).map_err(refuse)?);
            picture.label.check(size).map_err(|error| refuse(error.to_string()))?;
        }
    }
    if found == 0 {
        return Err(LabelFileError::whole(folder, "it holds no <class>/<picture>.png"));
    }
    set.pictures = pictures.into_values().collect();
    set.classes = classes.into_list();
    Ok(set)
}

/// The picture that a mask belongs to, and which of its masks it is: a picture's whole name first, since a name may
/// itself end in "_mask" or a number.
fn picture_of<'k>(mask: &str, known: &'k Known) -> (Found<'k>, u32) {
    let numbered = mask.rsplit_once('.').and_then(|(picture, number)| Some((picture, number.parse::<u32>().ok()?)));
    let readings = [Some((mask, 1)), mask.strip_suffix("_mask").map(|picture| (picture, 1)), numbered];
    let mut found = readings.into_iter().flatten().map(|(stem, number)| (known.by_stem(stem), number));
    found.find(|(picture, _)| *picture != Found::Unknown).unwrap_or((Found::Unknown, 1))
}

pub(crate) fn write(set: &LabelSet, known: &Known, folder: &Path) -> Result<(), LabelFileError> {
    yolo::check_target(set, folder)?;
    // All masks before the first file: a fault in the last one leaves no half of a folder.
    let mut masks: BTreeMap<PathBuf, Mask> = BTreeMap::new();
    for picture in &set.pictures {
        let mut written: BTreeMap<&str, u32> = BTreeMap::new();
        for mark in &picture.label.marks {
            let class = name_of(&set.classes, mark.meaning);
            let stem = stem(&picture.file_name);
            let number = written.entry(class).and_modify(|number| *number += 1).or_insert(1);
            // Where there is a picture "cam.2", a mask of that name is its own and not the second one of "cam".
            while *number > 1 && known.by_stem(&format!("{stem}.{number}")) != Found::Unknown {
                *number += 1;
            }
            let name = if *number == 1 { format!("{stem}.png") } else { format!("{stem}.{number}.png") };
            let path = folder.join(class).join(name);
            let refuse = |detail: String| LabelFileError::whole(&path, detail);
            let mask = mark.shape.mask(picture.size).map_err(|error| refuse(error.to_string()))?;
            if masks.insert(path.clone(), mask).is_some() {
                return Err(refuse(SHARED.into()));
            }
        }
    }
    for (path, mask) in &masks {
        let refuse = |detail: String| LabelFileError::whole(path, detail);
        // Some discs take "A" and "a" for one name.
        if path.exists() {
            return Err(refuse(SHARED.into()));
        }
        let bytes = png::of_rows(&mask.to_rows(), mask.size()).map_err(refuse)?;
        write_whole(path, &bytes)?;
    }
    Ok(())
}
