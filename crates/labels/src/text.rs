//! A text file with the places of its faults.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;
use sightline_image::read_file;

use crate::LabelFileError;

/// Bytes of the largest label file: COCO's own training set with 860,000 objects takes 450 MB, a line's some thousand
/// labels a few.
pub(crate) const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// Label files in one folder.
const MOST_FILES: usize = 1_000_000;

pub(crate) struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    pub(crate) fn read(path: &Path, max_bytes: u64) -> Result<Self, LabelFileError> {
        let bytes = read_file(path, max_bytes)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let (line, column) = place(error.as_bytes(), at);
            LabelFileError::Fault { path: path.to_owned(), line, column, detail: "it is not UTF-8 text".into() }
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// The text without a byte order mark, which editors on Windows put in front.
    pub(crate) fn text(&self) -> &str {
        self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A fault where `part`, a piece of this text, begins.
    pub(crate) fn fault_at(&self, part: &str, detail: impl Into<String>) -> LabelFileError {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let (line, column) = place(self.text.as_bytes(), offset);
        LabelFileError::Fault { path: self.path.clone(), line, column, detail: detail.into() }
    }

    /// A fault in a line, from 1.
    pub(crate) fn fault_in_line(&self, line: usize, detail: impl Into<String>) -> LabelFileError {
        LabelFileError::Fault { path: self.path.clone(), line, column: 1, detail: detail.into() }
    }

    /// The whole text as JSON.
    pub(crate) fn json<'t, T: Deserialize<'t>>(&'t self) -> Result<T, LabelFileError> {
        self.parse(self.text())
    }

    /// A piece of the text as JSON.
    pub(crate) fn item<'t, T: Deserialize<'t>>(&'t self, raw: &'t RawValue) -> Result<T, LabelFileError> {
        self.parse(raw.get())
    }

    fn parse<'t, T: Deserialize<'t>>(&'t self, piece: &'t str) -> Result<T, LabelFileError> {
        serde_json::from_str(piece).map_err(|error| {
            let start = (piece.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
            let (first_line, first_column) = place(self.text.as_bytes(), start);
            let line = first_line + error.line().saturating_sub(1);
            let column =
                if error.line() <= 1 { first_column + error.column().saturating_sub(1) } else { error.column() };
            // serde_json ends its words with the place in the piece, which is not the place in the file.
            let words = error.to_string();
            let detail = words.split(" at line ").next().unwrap_or(&words).to_owned();
            LabelFileError::Fault { path: self.path.clone(), line, column, detail }
        })
    }
}

/// Line and column, both from 1, of a byte.
fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

/// All files below a folder with this ending, in order of their names. Links are not followed.
pub(crate) fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, LabelFileError> {
    let failed = |source| LabelFileError::Folder { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let fits = path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
        if fits && entry.file_type().map_err(failed)?.is_file() {
            found.push(path);
        }
        if found.len() > MOST_FILES {
            return Err(LabelFileError::whole(folder, format!("it holds more than {MOST_FILES} label files")));
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file whole: what stands there before stays until the new one is complete.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LabelFileError> {
    let failed = |source| LabelFileError::write(path, source);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let unfinished = path.with_file_name(name);
    std::fs::write(&unfinished, bytes).map_err(failed)?;
    std::fs::rename(&unfinished, path).map_err(failed)
}
