//! JPEG, decoded strictly. The lenient mode that `image` uses turns damaged data into grey without a word.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::DecodeError;
use crate::DecodeLimits;

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DynamicImage, DecodeError> {
    // Headers are read leniently: stray bytes between them do no harm to a pixel, and some cameras write them.
    let lenient = DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), lenient);
    decoder.decode_headers().map_err(jpeg_error)?;
    let (Some(info), Some(stored)) = (decoder.info(), decoder.input_colorspace()) else {
        return Err(DecodeError::Damaged { detail: "it has no header".to_owned() });
    };
    let wanted = match stored {
        ColorSpace::Luma => ColorSpace::Luma,
        ColorSpace::YCbCr | ColorSpace::RGB => ColorSpace::RGB,
        other => return Err(DecodeError::Unsupported { what: format!("the colour space {other:?} in a JPEG") }),
    };
    let structure = Structure::of(bytes);
    // A progressive picture is refined over several scans, so its coefficients (two bytes each) are all held.
    let coefficient_bytes = if structure.is_progressive { 2 * stored.num_components() } else { 0 };
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    limits.check(width, height, (wanted.num_components() + coefficient_bytes) as u64)?;
    if !structure.reaches_its_end {
        return Err(DecodeError::Damaged { detail: "the JPEG file ends early".to_owned() });
    }

    decoder.set_options(lenient.set_strict_mode(true).jpeg_set_out_colorspace(wanted));
    let mut samples = vec![0; decoder.output_buffer_size().unwrap_or(0)];
    decoder.decode_into(&mut samples).map_err(jpeg_error)?;
    let picture = match wanted {
        ColorSpace::Luma => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
    };
    let mut picture = picture.ok_or_else(|| DecodeError::Damaged { detail: "its size changed midway".to_owned() })?;
    if let Some(orientation) = info.exif_data.as_deref().and_then(Orientation::from_exif_chunk) {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn jpeg_error(error: DecodeErrors) -> DecodeError {
    match error {
        DecodeErrors::Unsupported(scheme) => DecodeError::Unsupported { what: format!("JPEG with {scheme:?}") },
        other => DecodeError::Damaged { detail: other.to_string() },
    }
}

/// What the markers between the data tell.
#[derive(Default)]
struct Structure {
    is_progressive: bool,
    reaches_its_end: bool,
}

impl Structure {
    fn of(bytes: &[u8]) -> Self {
        let mut structure = Self::default();
        structure.reaches_its_end = structure.walk(bytes).is_some();
        structure
    }

    /// From marker to marker up to End of Image; none when the bytes run out before. Searching for its two bytes alone
    /// would find the end of an embedded preview. What follows the end does not matter: some cameras append their data.
    fn walk(&mut self, bytes: &[u8]) -> Option<()> {
        const STUFFED_ZERO: u8 = 0x00;
        const TEM: u8 = 0x01;
        const PROGRESSIVE_FRAME: u8 = 0xC2;
        const FIRST_RESTART: u8 = 0xD0;
        const LAST_RESTART: u8 = 0xD7;
        const END_OF_IMAGE: u8 = 0xD9;
        const FILL: u8 = 0xFF;
        let mut rest = bytes.get(2..)?;
        loop {
            // Pixel data and stray bytes between segments are passed over alike.
            let at = rest.iter().position(|&byte| byte == 0xFF)?;
            rest = match *rest.get(at + 1)? {
                END_OF_IMAGE => return Some(()),
                FILL => rest.get(at + 1..)?,
                STUFFED_ZERO | TEM | FIRST_RESTART..=LAST_RESTART => rest.get(at + 2..)?,
                segment => {
                    self.is_progressive |= segment == PROGRESSIVE_FRAME;
                    let length = u16::from_be_bytes(rest.get(at + 2..at + 4)?.try_into().ok()?);
                    rest.get(at + 2 + usize::from(length)..)?
                }
            };
        }
    }
}
