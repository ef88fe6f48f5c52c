//! A file's bytes, what they hash to, and the frame in them: the first stage of the live path and of learning.

use std::path::Path;
use std::time::{Duration, Instant};

use sightline_core::UnreadableReason;
use sightline_image::{DecodeLimits, Frame, decode, read_file};

/// No camera writes a larger file; a larger one is refused before it is read.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// A file as far as it could be used.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    /// BLAKE3 of the bytes, in hex; absent when the file could not be read.
    pub(crate) content_hash: Option<String>,
    /// The picture, or why there is none and the same in words.
    pub(crate) frame: Result<Frame, (UnreadableReason, String)>,
    /// How long reading and hashing took.
    pub(crate) read: Duration,
    /// How long decoding took.
    pub(crate) decode: Duration,
}

/// Reads and decodes one file. Whatever is wrong with it is part of the result: one bad picture never stops a line.
pub(crate) fn capture(path: &Path) -> Captured {
    let began = Instant::now();
    let bytes = match read_file(path, MAX_FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            let frame = Err((error.reason(), error.to_string()));
            return Captured { content_hash: None, frame, read: began.elapsed(), decode: Duration::ZERO };
        }
    };
    let content_hash = Some(blake3::hash(&bytes).to_hex().to_string());
    let (read, began) = (began.elapsed(), Instant::now());
    let frame = decode(&bytes, &DecodeLimits::default())
        .map_err(|error| (error.reason(), format!("{}: {error}", path.display())));
    Captured { content_hash, frame, read, decode: began.elapsed() }
}
