//! What can be wrong with a label file.

use std::io;
use std::path::{Path, PathBuf};

use sightline_image::ReadError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum LabelFileError {
    /// A file that cannot be read or is too large.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A folder that cannot be looked through.
    #[error("cannot look through {path}: {source}", path = path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A fault in a text file.
    #[error("{path}, line {line}, column {column}: {detail}", path = path.display())]
    Fault {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
        /// What is wrong.
        detail: String,
    },
    /// A fault of a file or folder as a whole.
    #[error("{path}: {detail}", path = path.display())]
    Whole {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// Something that the format cannot say.
    #[error("the format {format} would lose {losses}")]
    WouldLose {
        /// Which format.
        format: &'static str,
        /// What, in words.
        losses: String,
    },
}

impl LabelFileError {
    pub(crate) fn whole(path: &Path, detail: impl Into<String>) -> Self {
        Self::Whole { path: path.to_owned(), detail: detail.into() }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}
