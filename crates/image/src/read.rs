//! A file's bytes, with a limit on their number: a watched folder may hold anything.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sightline_core::UnreadableReason;

/// Why a file's bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The path names a folder, a pipe or a device.
    #[error("{path} is not a file", path = path.display())]
    NotAFile {
        /// Which path.
        path: PathBuf,
    },
    /// The file has more bytes than a picture may have.
    #[error("{path} has {bytes} bytes; the limit is {max_file_bytes}", path = path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size, as far as it was read.
        bytes: u64,
        /// The limit.
        max_file_bytes: u64,
    },
}

impl ReadError {
    /// What is recorded about a part whose file could not be read.
    pub fn reason(&self) -> UnreadableReason {
        match self {
            Self::Io { .. } | Self::NotAFile { .. } => UnreadableReason::FileError,
            Self::TooLarge { .. } => UnreadableReason::TooLarge,
        }
    }
}

/// All bytes of a file. Its size is compared with the limit before memory is set aside.
///
/// # Errors
/// When the file is missing, unreadable, not a file, or larger than `max_file_bytes`.
pub fn read_file(path: &Path, max_file_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    // Asked before opening: opening a named pipe waits for somebody to write into it.
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let too_large = |bytes| ReadError::TooLarge { path: path.to_owned(), bytes, max_file_bytes };
    if metadata.len() > max_file_bytes {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // One byte more than allowed tells a file that grew meanwhile from one that just fits.
    let read = File::open(path).map_err(io)?.take(max_file_bytes.saturating_add(1)).read_to_end(&mut bytes);
    let length = read.map_err(io)? as u64;
    if length > max_file_bytes {
        return Err(too_large(length));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("零件 0001 正面.png");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read_file(&path, 100).unwrap(), vec![7; 100]);
        let error = read_file(&path, 99).unwrap_err();
        assert!(matches!(error, ReadError::TooLarge { bytes: 100, .. }), "{error}");
        assert_eq!(error.reason(), UnreadableReason::TooLarge);
        assert!(error.to_string().contains("零件 0001 正面.png"), "{error}");
    }

    #[test]
    fn what_is_missing_or_no_file_is_a_file_error() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("gone.png"), folder.path().to_owned()] {
            let error = read_file(&path, 100).unwrap_err();
            assert_eq!(error.reason(), UnreadableReason::FileError, "{error}");
        }
    }
}
