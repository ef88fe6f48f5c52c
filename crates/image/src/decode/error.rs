//! Why bytes are not a picture that can be judged.

use image::ImageError;
use sightline_core::UnreadableReason;

use crate::{DecodeLimits, SizeLimit};

/// Why bytes could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is of no known picture format.
    #[error("the file is not a picture")]
    NotAPicture,
    /// The data end early or contradict themselves.
    #[error("the picture is damaged: {detail}")]
    Damaged {
        /// What was found.
        detail: String,
    },
    /// The picture claims more than is allowed.
    #[error("the picture of {width} × {height} pixels is larger than the limit of {limit}")]
    TooLarge {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
        /// The limit that it is beyond.
        limit: SizeLimit,
    },
    /// Decoding needs more memory than is allowed, by something other than the picture's size.
    #[error("decoding the picture needs more than the limit of {limit}")]
    TooMuchMemory {
        /// The limit that it is beyond.
        limit: SizeLimit,
    },
    /// A picture of a kind that is not decoded.
    #[error("{what} is not supported")]
    Unsupported {
        /// Format, colour space or sample type.
        what: String,
    },
}

impl DecodeError {
    /// What is recorded about a part whose picture could not be decoded.
    pub fn reason(&self) -> UnreadableReason {
        match self {
            Self::Empty => UnreadableReason::Empty,
            Self::NotAPicture => UnreadableReason::NotAPicture,
            Self::Damaged { .. } => UnreadableReason::Damaged,
            Self::TooLarge { .. } | Self::TooMuchMemory { .. } => UnreadableReason::TooLarge,
            Self::Unsupported { .. } => UnreadableReason::Unsupported,
        }
    }

    pub(crate) fn from_library(error: ImageError, limits: &DecodeLimits) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooMuchMemory { limit: SizeLimit::Bytes(limits.max_bytes) },
            ImageError::Unsupported(error) => Self::Unsupported { what: error.to_string() },
            ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Damaged { detail: "it ends early".to_owned() }
            }
            other => Self::Damaged { detail: other.to_string() },
        }
    }
}
