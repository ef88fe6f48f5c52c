//! The bytes of a picture file to a `Frame`, or the reason why not. The format is told by the content, never by the
//! name. A file that is not whole is refused even where a decoder could fill the gap with grey: what was not seen must
//! not be judged.

mod colour;
mod ending;
mod error;
mod jpeg;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

pub use self::error::DecodeError;
use crate::{DecodeLimits, Frame};

/// Decodes PNG, JPEG, BMP, TIFF (8 and 16 bits a sample), WebP and PNM.
///
/// The picture is turned upright as its EXIF orientation says. Transparent pixels are laid over black. Of an animation
/// or a file with several pages the first one counts.
///
/// # Errors
/// When the bytes are not a whole picture of these formats, or it is larger than `limits`; nothing is set aside for a
/// picture before its claimed size was checked.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Frame, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let format = recognise(bytes)?;
    // Decoders of foreign formats are large and a new kind of damage may still find a panic in one. It must cost one
    // part, not the line. Nothing outlives the call that a panic could leave half done.
    let decoded = catch_unwind(AssertUnwindSafe(|| match format {
        ImageFormat::Jpeg => jpeg::decode(bytes, limits),
        _ => decode_format(format, bytes, limits),
    }));
    match decoded {
        Ok(picture) => colour::to_frame(picture?),
        Err(_) => Err(DecodeError::Damaged { detail: format!("the {format:?} decoder failed on it") }),
    }
}

fn recognise(bytes: &[u8]) -> Result<ImageFormat, DecodeError> {
    let format = image::guess_format(bytes).map_err(|_| DecodeError::NotAPicture)?;
    match format {
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Bmp | ImageFormat::Tiff | ImageFormat::WebP => Ok(format),
        // "P1" to "P7" also begin many a text file; in a picture white space or a comment follows.
        ImageFormat::Pnm if bytes.get(2).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'#') => Ok(format),
        ImageFormat::Pnm => Err(DecodeError::NotAPicture),
        other => Err(DecodeError::Unsupported { what: format!("the format {other:?}") }),
    }
}

fn decode_format(format: ImageFormat, bytes: &[u8], limits: &DecodeLimits) -> Result<DynamicImage, DecodeError> {
    if format == ImageFormat::Png {
        // The PNG decoder reads up to the pixels before it tells the size; the claim stands in the first chunk.
        if let Some((width, height)) = png_claim(bytes) {
            limits.check(width, height, 1)?;
        }
    }
    if format == ImageFormat::Tiff {
        ending::check_tiff_claims(bytes)?;
    }
    let read_error = |error| DecodeError::from_library(error, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut library_limits = image::Limits::no_limits();
    library_limits.max_alloc = Some(limits.max_bytes);
    reader.limits(library_limits);
    let mut decoder = reader.into_decoder().map_err(read_error)?;
    let (width, height) = decoder.dimensions();
    limits.check(width, height, u64::from(decoder.color_type().bytes_per_pixel()))?;
    colour::check(decoder.original_color_type())?;
    ending::check(format, bytes)?;
    let orientation = decoder.orientation().map_err(read_error)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(read_error)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Width and height from a PNG's header chunk, which the standard fixes at this place.
fn png_claim(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    Some((number(16)?, number(20)?))
}
