//! Label files of other tools: COCO, YOLO, Pascal VOC, LabelMe and folders of masks, in both directions.
//!
//! A file is taken whole or not at all: the first fault refuses it, with its line and the reason. What a format cannot
//! say is told before anything is written. Nothing here knows the database; names of pictures join labels to parts.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod classes;
mod coco;
mod error;
mod extension;
mod known;
mod labelme;
mod loss;
mod marks;
mod masks;
mod png;
#[cfg(test)]
mod testing;
mod text;
mod voc;
mod yolo;

use std::path::Path;

use known::Found;

pub use error::LabelFileError;
pub use known::Known;
pub use loss::{Loss, losses};
use sightline_core::{DefectClass, PartLabel, PictureSize};

/// The class name that means "not judged and not learned from", as LabelMe's own exporters spell it.
const IGNORE: &str = "__ignore__";

/// A kind of label file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON file for all pictures (<https://cocodataset.org/#format-data>).
    Coco,
    /// A folder with `data.yaml` (or `classes.txt`) and a text file a picture in `labels`; boxes and outlines.
    Yolo,
    /// A folder with an XML file a picture; boxes.
    Voc,
    /// A folder with a JSON file a picture, as LabelMe writes them.
    LabelMe,
    /// A folder for each class with mask pictures, as `sightline evaluate` reads them.
    Masks,
}

impl Format {
    /// All formats with their names on the command line.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::Coco, "coco"),
        (Self::Yolo, "yolo"),
        (Self::Voc, "voc"),
        (Self::LabelMe, "labelme"),
        (Self::Masks, "masks"),
    ];

    /// The format's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}

/// The label of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPicture {
    /// Its path below the watched folder, with / between folders.
    pub file_name: String,
    /// Its size.
    pub size: PictureSize,
    /// What is said about it. Classes are those of the set.
    pub label: PartLabel,
}

/// Labels of pictures with the classes that they name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelSet {
    /// Classes, numbered from 1 within this set.
    pub classes: Vec<DefectClass>,
    /// Labelled pictures that are known.
    pub pictures: Vec<LabelledPicture>,
    /// Names of labelled pictures that are not known; nothing else was taken of them.
    pub unknown: Vec<String>,
    /// Names that several known pictures have: nobody can tell whose label it is. Nothing else was taken of them.
    pub shared: Vec<String>,
}

impl LabelSet {
    /// The picture that a label file names. Where it is none or not one alone, its name is kept.
    fn one<'k>(&mut self, found: Found<'k>, told: &str) -> Option<(&'k str, PictureSize)> {
        match found {
            Found::One(path, size) => return Some((path, size)),
            Found::Several => self.shared.push(told.to_owned()),
            Found::Unknown => self.unknown.push(told.to_owned()),
        }
        None
    }
}

/// How labels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteOptions {
    /// Write even what the format cannot say whole.
    pub allow_loss: bool,
    /// COCO: masks as lists of numbers instead of the compressed text.
    pub plain_counts: bool,
}

/// Reads all labels of a file (COCO, a single LabelMe file) or a folder.
///
/// # Errors
/// When a file cannot be read, is beyond a limit, or has a fault; nothing of it is then given.
pub fn read(format: Format, path: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    match format {
        Format::Coco => coco::read(path, known),
        Format::Yolo => yolo::read(path, known),
        Format::Voc => voc::read(path, known),
        Format::LabelMe => labelme::read(path, known),
        Format::Masks => masks::read(path, known),
    }
}

/// Writes all labels into a file (COCO) or a folder, which is made when it is missing. No mask is named so that it would
/// belong to another known picture.
///
/// # Errors
/// When something would be lost and that is not allowed, two pictures would share a file, or one cannot be written.
pub fn write(
    format: Format,
    set: &LabelSet,
    known: &Known,
    path: &Path,
    options: WriteOptions,
) -> Result<(), LabelFileError> {
    let lost = losses(format, set);
    if !lost.is_empty() && !options.allow_loss {
        return Err(LabelFileError::WouldLose { format: format.name(), losses: loss::in_words(&lost) });
    }
    let set = loss::what_it_holds(format, set);
    match format {
        Format::Coco => coco::write(&set, path, options.plain_counts),
        Format::Yolo => yolo::write(&set, path),
        Format::Voc => voc::write(&set, path),
        Format::LabelMe => labelme::write(&set, path),
        Format::Masks => masks::write(&set, known, path),
    }
}

#[cfg(test)]
mod tests;
