//! What can go wrong with the line's memory, told so that a person knows which file to look at.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use sightline_core::label::{ClassError, LabelError};

/// Why the line's memory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a newer version of Sightline.
    #[error("{path} was written by a newer version of Sightline (format {found}; this version knows up to {known})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The newest format that this version knows.
        known: i32,
    },
    /// The database is damaged, or no database at all.
    #[error("the database {path} is damaged: {detail}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process inspects on this line.
    #[error("the line {path} is in use by another Sightline")]
    InUse {
        /// The line's folder.
        path: PathBuf,
    },
    /// A damaged database is not replaced while others have it open: what they store would be lost with it.
    #[error(
        "the database {path} is damaged ({detail}), and another Sightline program has it open; its backup takes its \
         place once that program has ended: wait for it, or stop it"
    )]
    OpenElsewhere {
        /// The database.
        path: PathBuf,
        /// How it was found to be damaged.
        detail: String,
    },
    /// The database or its folder cannot be written.
    #[error("cannot write {path}: {detail}")]
    NotWritable {
        /// The folder or the database.
        path: PathBuf,
        /// What the operating system or the database said.
        detail: String,
    },
    /// The database refused a step.
    #[error("{step} failed in {path}")]
    Sql {
        /// The database.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// What the database said.
        source: rusqlite::Error,
    },
    /// A picture or model file could not be read or written.
    #[error("{step} {path} failed")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A picture has an ending under which it would not be found again.
    #[error("pictures are not kept with the ending \"{ending}\"")]
    PictureEnding {
        /// The ending.
        ending: String,
    },
    /// There is no record with this number.
    #[error("there is no part with number {id}")]
    NoPart {
        /// The number.
        id: i64,
    },
    /// There is no class with this number.
    #[error("there is no class with number {id}")]
    NoClass {
        /// The number.
        id: u32,
    },
    /// A class that cannot be kept.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// A label that cannot be kept.
    #[error("the label of part {id} cannot be kept: {source}")]
    Label {
        /// The part.
        id: i64,
        /// Why.
        source: LabelError,
    },
    /// A model has no file any more.
    #[error(
        "the model file {path} is gone, and without it the model cannot judge: files of old models are removed (`[keep]` \
         in line.toml); importing a bundle of the model brings it back"
    )]
    ModelGone {
        /// Where the file lay.
        path: PathBuf,
    },
    /// A model file is not the one that was written.
    #[error("the model file {path} is damaged: its content does not match its name")]
    ModelDamaged {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    pub(crate) fn from_sql(path: &Path, step: &'static str, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, detail: source.to_string() }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NotWritable { path, detail: source.to_string() }
            }
            _ => Self::Sql { path, step, source },
        }
    }

    pub(crate) fn file(path: &Path, step: &'static str, source: io::Error) -> Self {
        Self::File { path: path.to_path_buf(), step, source }
    }

    /// A model file that cannot be read.
    pub(crate) fn model_file(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::ModelGone { path: path.to_path_buf() },
            _ => Self::file(path, "reading", source),
        }
    }
}
