//! Files as a plant delivers them on a bad day, and two unusual ones that must work. Each function writes one file into
//! a folder that exists and returns its path.

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma};

use crate::dataset::{encode, write_bytes, write_png};
use crate::error::TestkitError;
use crate::generator::PartGenerator;

const SIZE: u32 = 96;

/// A JPEG cut off in the middle of its picture data, as a full disk or a pulled cable leaves it.
///
/// Lenient decoders fill the missing half with grey and report success, so a reader has to look for the end marker.
pub fn truncated_jpeg(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("truncated.jpg");
    let mut bytes = encode(&path, &good_part(), ImageFormat::Jpeg)?;
    bytes.truncate(bytes.len() / 2);
    write_bytes(&path, &bytes)?;
    Ok(path)
}

/// A file of no bytes.
pub fn zero_byte_png(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("empty.png");
    write_bytes(&path, &[])?;
    Ok(path)
}

/// Text in a file named `.png`.
pub fn text_named_png(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("notes.png");
    write_bytes(&path, b"Shift 2: camera 1 was cleaned at 14:10.\n")?;
    Ok(path)
}

/// A valid TIFF with one channel of 16 bits, as many industrial cameras write it.
pub fn grey16_tiff(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("grey16.tiff");
    let part = good_part().into_luma16();
    // Twelve bits of signal in sixteen, shifted up: the low bits are empty, as a camera leaves them.
    let levels = ImageBuffer::from_fn(SIZE, SIZE, |x, y| Luma([part.get_pixel(x, y).0[0] & 0xfff0]));
    write_bytes(&path, &encode(&path, &DynamicImage::ImageLuma16(levels), ImageFormat::Tiff)?)?;
    Ok(path)
}

/// A PNG of a few bytes whose header claims 60,000 by 60,000 colour pixels (10 GiB).
pub fn huge_png_header(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("huge.png");
    let mut header = Vec::new();
    header.extend(60_000_u32.to_be_bytes());
    header.extend(60_000_u32.to_be_bytes());
    // Eight bits, colour, deflate, no filter, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    // An empty zlib stream: one stored block of length zero and its checksum.
    let empty = [0x78, 0x01, 0x01, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01];
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", header.as_slice()), (b"IDAT", &empty), (b"IEND", &[])] {
        bytes.extend((content.len() as u32).to_be_bytes());
        let checked = [kind, content].concat();
        bytes.extend(&checked);
        bytes.extend(crc32(&checked).to_be_bytes());
    }
    write_bytes(&path, &bytes)?;
    Ok(path)
}

/// A valid PNG with a Chinese name that has spaces.
pub fn chinese_name_with_spaces(dir: &Path) -> Result<PathBuf, TestkitError> {
    let path = dir.join("零件 图像 第 1 号.png");
    write_png(&path, good_part())?;
    Ok(path)
}

fn good_part() -> DynamicImage {
    PartGenerator::new(1, SIZE).good(0).into()
}

/// The checksum of a PNG chunk, bit by bit (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ColorType, ImageDecoder, ImageReader};

    type Writer = fn(&Path) -> Result<PathBuf, TestkitError>;

    #[test]
    fn broken_files_do_not_decode_and_unusual_ones_do() {
        let dir = tempfile::tempdir().unwrap();
        let check = |write: Writer, expected: Option<ColorType>| {
            let path = write(dir.path()).unwrap();
            let opened = image::open(&path).ok().map(|picture| picture.color());
            assert_eq!(opened, expected, "{}", path.display());
        };
        check(zero_byte_png, None);
        check(text_named_png, None);
        check(huge_png_header, None);
        check(grey16_tiff, Some(ColorType::L16));
        check(chinese_name_with_spaces, Some(ColorType::Rgb8));
    }

    #[test]
    fn the_truncated_jpeg_has_a_sound_header_and_no_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = truncated_jpeg(dir.path()).unwrap();
        assert_eq!(image::image_dimensions(&path).unwrap(), (SIZE, SIZE));
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.windows(2).any(|marker| marker == [0xff, 0xda]), "cut before the picture data");
        assert!(bytes.windows(2).all(|marker| marker != [0xff, 0xd9]), "the end is there");
    }

    #[test]
    fn the_huge_png_has_a_sound_header() {
        let dir = tempfile::tempdir().unwrap();
        let path = huge_png_header(dir.path()).unwrap();
        // The refusal must come from the claimed size, not from a broken checksum.
        let decoder = ImageReader::open(path).unwrap().into_decoder();
        assert!(decoder.is_err() || decoder.unwrap().dimensions() == (60_000, 60_000));
    }
}
