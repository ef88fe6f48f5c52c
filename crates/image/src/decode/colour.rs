//! From the colour types that files have to the two that are judged: grey and RGB without transparency.

use image::{DynamicImage, ExtendedColorType};
use sightline_core::PictureSize;

use super::DecodeError;
use crate::{Frame, Pixels};

/// Refuses what would lose its meaning on the way: process colours, which need the printer's profile, and
/// floating-point samples, which have no white.
pub(super) fn check(stored: ExtendedColorType) -> Result<(), DecodeError> {
    match stored {
        ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16 => {
            Err(DecodeError::Unsupported { what: "the colour space CMYK".to_owned() })
        }
        ExtendedColorType::Rgb32F | ExtendedColorType::Rgba32F => {
            Err(DecodeError::Unsupported { what: "a picture with floating-point samples".to_owned() })
        }
        _ => Ok(()),
    }
}

pub(super) fn to_frame(picture: DynamicImage) -> Result<Frame, DecodeError> {
    let size = PictureSize { width: picture.width(), height: picture.height() };
    let pixels = match picture {
        DynamicImage::ImageLuma8(samples) => Pixels::Grey8(samples.into_raw()),
        DynamicImage::ImageLuma16(samples) => Pixels::Grey16(samples.into_raw()),
        DynamicImage::ImageRgb8(samples) => Pixels::Rgb8(samples.into_raw()),
        DynamicImage::ImageRgb16(samples) => Pixels::Rgb16(samples.into_raw()),
        DynamicImage::ImageLumaA8(samples) => Pixels::Grey8(over_black_8::<2>(samples.as_raw())),
        DynamicImage::ImageRgba8(samples) => Pixels::Rgb8(over_black_8::<4>(samples.as_raw())),
        DynamicImage::ImageLumaA16(samples) => Pixels::Grey16(over_black_16::<2>(samples.as_raw())),
        DynamicImage::ImageRgba16(samples) => Pixels::Rgb16(over_black_16::<4>(samples.as_raw())),
        other => return Err(DecodeError::Unsupported { what: format!("the colour type {:?}", other.color()) }),
    };
    Frame::new(size, pixels).map_err(|error| DecodeError::Damaged { detail: error.to_string() })
}

/// Weighs colours with the opacity that follows them, and drops it. An opaque pixel keeps its exact value.
fn over_black_8<const N: usize>(samples: &[u8]) -> Vec<u8> {
    let mut colours = Vec::with_capacity(samples.len() / N * (N - 1));
    for pixel in samples.as_chunks::<N>().0 {
        let opacity = u32::from(pixel[N - 1]);
        colours.extend(pixel[..N - 1].iter().map(|&value| ((u32::from(value) * opacity + 127) / 255) as u8));
    }
    colours
}

/// The same for 16 bits.
fn over_black_16<const N: usize>(samples: &[u16]) -> Vec<u16> {
    let mut colours = Vec::with_capacity(samples.len() / N * (N - 1));
    for pixel in samples.as_chunks::<N>().0 {
        let opacity = u64::from(pixel[N - 1]);
        colours.extend(pixel[..N - 1].iter().map(|&value| ((u64::from(value) * opacity + 32_767) / 65_535) as u16));
    }
    colours
}
