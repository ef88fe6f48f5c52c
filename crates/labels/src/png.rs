//! Mask pictures: what is not black lies inside.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use sightline_core::label::{MAX_MASK_PIXELS, PixelBox};
use sightline_core::{Mask, PictureSize};
use sightline_image::{DecodeLimits, Pixels, decode};

/// The size of a mask picture and what lies inside, row by row.
///
/// # Errors
/// When the bytes are no picture or it has not the wanted size, in words.
pub(crate) fn inside(bytes: &[u8], wanted: PictureSize) -> Result<Vec<bool>, String> {
    let limits = DecodeLimits {
        max_side: wanted.width.max(wanted.height),
        max_pixels: (u64::from(wanted.width) * u64::from(wanted.height)).min(MAX_MASK_PIXELS),
        ..DecodeLimits::default()
    };
    let frame = decode(bytes, &limits).map_err(|error| error.to_string())?;
    if frame.size() != wanted {
        let PictureSize { width, height } = frame.size();
        return Err(format!("a mask of {width} × {height} pixels, where {} × {} are due", wanted.width, wanted.height));
    }
    Ok(match frame.pixels() {
        Pixels::Grey8(samples) => samples.iter().map(|sample| *sample > 0).collect(),
        Pixels::Grey16(samples) => samples.iter().map(|sample| *sample > 0).collect(),
        Pixels::Rgb8(samples) => samples.chunks_exact(3).map(|pixel| pixel.iter().any(|sample| *sample > 0)).collect(),
        Pixels::Rgb16(samples) => samples.chunks_exact(3).map(|pixel| pixel.iter().any(|sample| *sample > 0)).collect(),
    })
}

/// A PNG of 0 and 255.
///
/// # Errors
/// When the encoder refuses the size, in words.
pub(crate) fn of_rows(inside: &[bool], size: PictureSize) -> Result<Vec<u8>, String> {
    let samples: Vec<u8> = inside.iter().map(|&inside| if inside { 255 } else { 0 }).collect();
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up)
        .write_image(&samples, size.width, size.height, ExtendedColorType::L8)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The pixels of a mask within its bounds.
pub(crate) struct CutOut {
    /// The picture, 0 and 255.
    pub(crate) png: Vec<u8>,
    /// Where it lies.
    pub(crate) at: PixelBox,
}

/// Cuts a mask out.
///
/// # Errors
/// When it is empty, or the encoder refuses the size, in words.
pub(crate) fn cut_out(mask: &Mask) -> Result<CutOut, String> {
    let at = mask.bounds().ok_or("an empty mask")?;
    let size = PictureSize { width: at.width, height: at.height };
    let rows = (at.top..at.top + at.height).flat_map(|y| (at.left..at.left + at.width).map(move |x| (x, y)));
    let inside: Vec<bool> = rows.map(|(x, y)| mask.contains(x, y)).collect();
    Ok(CutOut { png: of_rows(&inside, size)?, at })
}
