//! A decoded picture in memory. Samples stay as the camera delivered them, 8 or 16 bits: a 20-megapixel part as `f32`
//! planes would take four times the memory.

use sightline_core::{Channels, PictureSize};

/// Samples row by row from the top; the three colours of a pixel stand beside each other.
#[derive(Clone, PartialEq, Eq)]
pub enum Pixels {
    /// Brightness, 0..=255.
    Grey8(Vec<u8>),
    /// Brightness, 0..=65535.
    Grey16(Vec<u16>),
    /// Red, green, blue, 0..=255.
    Rgb8(Vec<u8>),
    /// Red, green, blue, 0..=65535.
    Rgb16(Vec<u16>),
}

/// A picture whose size and samples agree and that has at least one pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    size: PictureSize,
    pixels: Pixels,
}

/// Samples that do not make a picture of the wanted size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A side is 0.
    #[error("a picture of {width} × {height} pixels has no pixel")]
    NoPixel {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// There are too few or too many samples.
    #[error("a picture of {width} × {height} pixels needs {needed} samples, but there are {found}")]
    WrongLength {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
        /// Samples that the size asks for.
        needed: u64,
        /// Samples that were given.
        found: usize,
    },
}

impl Frame {
    /// A picture from its samples.
    ///
    /// # Errors
    /// When a side is 0 or the number of samples is not width × height × channels.
    pub fn new(size: PictureSize, pixels: Pixels) -> Result<Self, FrameError> {
        let PictureSize { width, height } = size;
        if width == 0 || height == 0 {
            return Err(FrameError::NoPixel { width, height });
        }
        let needed = u64::from(width) * u64::from(height) * pixels.channels().count() as u64;
        let found = pixels.len();
        if needed != found as u64 {
            return Err(FrameError::WrongLength { width, height, needed, found });
        }
        Ok(Self { size, pixels })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> PictureSize {
        self.size
    }

    /// Whether the picture is grey or coloured.
    pub fn channels(&self) -> Channels {
        self.pixels.channels()
    }

    /// The samples.
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }
}

impl Pixels {
    /// Whether the samples are grey or coloured.
    pub fn channels(&self) -> Channels {
        match self {
            Self::Grey8(_) | Self::Grey16(_) => Channels::Grey,
            Self::Rgb8(_) | Self::Rgb16(_) => Channels::Rgb,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Grey8(_) => "Grey8",
            Self::Grey16(_) => "Grey16",
            Self::Rgb8(_) => "Rgb8",
            Self::Rgb16(_) => "Rgb16",
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Grey8(samples) | Self::Rgb8(samples) => samples.len(),
            Self::Grey16(samples) | Self::Rgb16(samples) => samples.len(),
        }
    }
}

// Millions of samples in a log line or a failed test help nobody: both say what they hold instead.
impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({} samples)", self.kind(), self.len())
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame {} × {} {:?}", self.size.width, self.size.height, self.pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_must_fit_the_size() {
        let check = |width, height, pixels: Pixels, fits: bool| {
            assert_eq!(Frame::new(PictureSize { width, height }, pixels).is_ok(), fits, "{width} × {height}");
        };
        check(2, 3, Pixels::Grey8(vec![0; 6]), true);
        check(2, 3, Pixels::Rgb16(vec![0; 18]), true);
        check(2, 3, Pixels::Rgb8(vec![0; 6]), false);
        check(2, 3, Pixels::Grey16(vec![0; 7]), false);
        check(0, 3, Pixels::Grey8(vec![]), false);
        check(u32::MAX, u32::MAX, Pixels::Grey8(vec![]), false);
    }
}
