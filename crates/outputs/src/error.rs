//! What can go wrong on the way out.

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be told to an output.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file or folder could not be read or written.
    #[error("{step} {path} failed")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is no CSV file.
    #[error("reading {path} failed")]
    Csv {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: csv::Error,
    },
    /// The time at which a record was stored cannot be told in years.
    #[error("record {id} was stored at an impossible time ({stored_millis} ms since 1970)")]
    Time {
        /// Number of the record.
        id: i64,
        /// Its time.
        stored_millis: i64,
    },
}

impl OutputError {
    pub(crate) fn file(path: &Path, step: &'static str, source: io::Error) -> Self {
        Self::File { path: path.to_path_buf(), step, source }
    }
}
