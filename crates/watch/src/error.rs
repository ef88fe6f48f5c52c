//! Why a folder cannot be watched.

use std::io;
use std::path::{Path, PathBuf};

/// Why watching could not start.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no such folder.
    #[error("the folder {path} does not exist")]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// There is something else in its place.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// What was given.
        path: PathBuf,
    },
    /// The folder cannot be read.
    #[error("cannot read the folder {path}")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system gave no thread.
    #[error("cannot start to watch {path}")]
    Thread {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl WatchError {
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            _ => Self::Unreadable { path, source },
        }
    }
}
