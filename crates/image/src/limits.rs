//! How large a picture may claim to be. The claim in a file's header is checked before memory is set aside for it, so
//! that a damaged or hostile file of a few bytes cannot take the line's memory.

use std::fmt;

use crate::decode::DecodeError;

/// The largest picture that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Pixels along the longer side.
    pub max_side: u32,
    /// Width times height.
    pub max_pixels: u64,
    /// Bytes of the decoded samples and of what their decoder must hold beside them. While a picture is turned upright
    /// its samples are held twice.
    pub max_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_side: 20_000, max_pixels: 100_000_000, max_bytes: 512 * 1024 * 1024 }
    }
}

/// Which limit a picture is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeLimit {
    /// Pixels along one side.
    Side(u32),
    /// Width times height.
    Pixels(u64),
    /// Bytes in memory.
    Bytes(u64),
}

impl fmt::Display for SizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Side(pixels) => write!(f, "{pixels} pixels along a side"),
            Self::Pixels(pixels) => write!(f, "{pixels} pixels"),
            Self::Bytes(bytes) => write!(f, "{bytes} bytes of memory"),
        }
    }
}

impl DecodeLimits {
    pub(crate) fn check(&self, width: u32, height: u32, bytes_per_pixel: u64) -> Result<(), DecodeError> {
        let pixels = u64::from(width) * u64::from(height);
        let limit = if width == 0 || height == 0 {
            return Err(DecodeError::Damaged { detail: format!("it claims {width} × {height} pixels") });
        } else if width.max(height) > self.max_side {
            SizeLimit::Side(self.max_side)
        } else if pixels > self.max_pixels {
            SizeLimit::Pixels(self.max_pixels)
        } else if pixels.saturating_mul(bytes_per_pixel) > self.max_bytes {
            SizeLimit::Bytes(self.max_bytes)
        } else {
            return Ok(());
        };
        Err(DecodeError::TooLarge { width, height, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_named_when_it_is_the_one_broken() {
        let limits = DecodeLimits { max_side: 100, max_pixels: 5000, max_bytes: 12_000 };
        let check = |width, height, bytes_per_pixel, expected: Option<SizeLimit>| {
            let found = match limits.check(width, height, bytes_per_pixel) {
                Ok(()) => None,
                Err(DecodeError::TooLarge { limit, .. }) => Some(limit),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected, "{width} × {height} × {bytes_per_pixel}");
        };
        check(100, 50, 1, None);
        check(101, 1, 1, Some(SizeLimit::Side(100)));
        check(1, 101, 1, Some(SizeLimit::Side(100)));
        check(100, 51, 1, Some(SizeLimit::Pixels(5000)));
        check(100, 50, 3, Some(SizeLimit::Bytes(12_000)));
        check(u32::MAX, u32::MAX, 8, Some(SizeLimit::Side(100)));
        assert!(matches!(limits.check(0, 5, 1), Err(DecodeError::Damaged { .. })));
    }
}
