//! What can go wrong when generated parts are written to disk. Drawing itself cannot fail.

use std::path::PathBuf;

/// A generated file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TestkitError {
    /// The folder is missing and could not be made.
    #[error("cannot create the folder {path}")]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The picture could not be encoded.
    #[error("cannot encode the picture {path}")]
    Encode {
        /// The file it was meant for.
        path: PathBuf,
        /// What the encoder said.
        source: image::ImageError,
    },
    /// The file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The finished file could not be given its final name.
    #[error("cannot rename {from} to {to}")]
    Rename {
        /// The temporary name.
        from: PathBuf,
        /// The final name.
        to: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
