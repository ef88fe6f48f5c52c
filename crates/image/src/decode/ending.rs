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

/// Whether the file holds all values that a TIFF's first directory claims. Asked before its decoder is made, which sets
/// memory aside for a claim of any number, up to 32 bytes for each byte of the limit.
pub(super) fn check_tiff_claims(bytes: &[u8]) -> Result<(), DecodeError> {
    tiff_holds_its_values(bytes)
        .ok_or_else(|| DecodeError::Damaged { detail: "the TIFF file holds less than its directory says".to_owned() })
}

/// Walks over the directory: tag, type, count, and the values or where they stand. BigTIFF has wider numbers.
fn tiff_holds_its_values(bytes: &[u8]) -> Option<()> {
    let little = bytes.starts_with(b"II");
    let number = |at: u64, width: usize| {
        let at = usize::try_from(at).ok()?;
        let field = bytes.get(at..at.checked_add(width)?)?.iter();
        let joined = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
        Some(if little { field.rev().fold(0, joined) } else { field.fold(0, joined) })
    };
    let big = number(2, 2)? == 43;
    let (first, entries, wide) = if big { (8, 8, 8) } else { (4, 2, 4) };
    let directory = number(first, wide)?;
    let start = directory.checked_add(entries as u64)?;
    for entry in 0..number(directory, entries)? {
        let at = entry.checked_mul(4 + 2 * wide as u64)?.checked_add(start)?;
        let size = match number(at.checked_add(2)?, 2)? {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            // Of no known type: the decoder passes over it.
            _ => 0,
        };
        let claimed = number(at + 4, wide)?.checked_mul(size)?;
        let place = number(at + 4 + wide as u64, wide)?;
        // Few values stand in the entry itself.
        if claimed > wide as u64 && place.checked_add(claimed)? > bytes.len() as u64 {
            return None;
        }
    }
    Some(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with one entry: 16-bit values, that many of them, eight of which are there.
    fn directory(little: bool, big: bool, count: u64) -> Vec<u8> {
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        let mut put = |number: u64, width: usize| {
            let all = number.to_be_bytes();
            let field = &all[8 - width..];
            if little { bytes.extend(field.iter().rev()) } else { bytes.extend(field) }
        };
        let (header, wide, entries) = if big { (16, 8, 8) } else { (8, 4, 2) };
        put(if big { 43 } else { 42 }, 2);
        if big {
            put(8, 2);
            put(0, 2);
        }
        put(header, wide);
        put(1, entries);
        put(258, 2);
        put(3, 2);
        put(count, wide);
        put(header + entries as u64 + 4 + 2 * wide as u64, wide);
        (0..8).for_each(|value| put(value, 2));
        bytes
    }

    #[test]
    fn a_tiff_may_claim_what_it_holds_and_no_value_more() {
        for (little, big) in [(true, false), (false, false), (true, true), (false, true)] {
            let claims = |count| check_tiff_claims(&directory(little, big, count)).is_ok();
            assert_eq!([1, 8, 9, 0x20_0001].map(claims), [true, true, false, false], "little {little}, big {big}");
            let whole = directory(little, big, 8);
            assert!((0..whole.len()).all(|length| check_tiff_claims(&whole[..length]).is_err()));
        }
    }
}
