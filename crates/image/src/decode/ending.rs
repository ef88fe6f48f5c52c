//! Whether a file is there to its end. Decoders stop once they have their pixels, so a file that was cut while it was
//! copied could pass for a whole one.

use image::ImageFormat;

use super::DecodeError;

pub(super) fn check(format: ImageFormat, bytes: &[u8]) -> Result<(), DecodeError> {
    let whole = match format {
        ImageFormat::Png => png_reaches_its_end(bytes),
        ImageFormat::WebP => webp_reaches_its_end(bytes),
        // The decoders of BMP, TIFF and PNM read every sample from the file and report a missing one.
        _ => Some(()),
    };
    whole.ok_or_else(|| DecodeError::Damaged { detail: format!("the {format:?} file ends early") })
}

/// Walks from chunk to chunk up to IEND: length, name, that many bytes, checksum.
fn png_reaches_its_end(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        let name = rest.get(4..8)?;
        let next = usize::try_from(length).ok()?.checked_add(12)?;
        rest = rest.get(next..)?;
        if name == b"IEND" {
            return Some(());
        }
    }
}

/// The container says how long it is.
fn webp_reaches_its_end(bytes: &[u8]) -> Option<()> {
    let length = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    bytes.get(8..)?.get(..usize::try_from(length).ok()?).map(|_| ())
}
