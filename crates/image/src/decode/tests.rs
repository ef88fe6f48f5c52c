//! Good, bad and hostile files. Pictures are drawn here; no file is committed.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{PictureSize, UnreadableReason};

use super::*;
use crate::{DecodeLimits, Pixels, SizeLimit};

/// Colours that differ in every pixel, so that a shifted or turned picture shows.
fn drawn(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 5) as u8, (y * 7) as u8, ((x * y) % 251) as u8]))
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decoded(bytes: &[u8]) -> Result<Frame, DecodeError> {
    decode(bytes, &DecodeLimits::default())
}

fn reason(bytes: &[u8]) -> UnreadableReason {
    decoded(bytes).unwrap_err().reason()
}

#[test]
fn every_format_is_told_by_its_content() {
    let picture = drawn(33, 21);
    let size = PictureSize { width: 33, height: 21 };
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Pnm] {
        let frame = decoded(&file(&picture.clone().into(), format)).unwrap();
        assert_eq!(frame, Frame::new(size, Pixels::Rgb8(picture.as_raw().clone())).unwrap(), "{format:?}");
    }
    let jpeg = decoded(&file(&picture.into(), ImageFormat::Jpeg)).unwrap();
    assert_eq!(jpeg.size(), size);
    assert!(matches!(jpeg.pixels(), Pixels::Rgb8(_)));
    let grey = GrayImage::from_pixel(9, 4, Luma([77]));
    let Pixels::Grey8(samples) = decoded(&file(&grey.into(), ImageFormat::Jpeg)).unwrap().pixels().clone() else {
        panic!("a grey JPEG must stay grey");
    };
    assert!(samples.iter().all(|v| v.abs_diff(77) <= 1), "{samples:?}");
}

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let samples: Vec<u16> = (0..40).map(|i| 1000 + i * 257 + i % 3).collect();
    let grey = ImageBuffer::<Luma<u16>, _>::from_raw(8, 5, samples.clone()).unwrap();
    for format in [ImageFormat::Tiff, ImageFormat::Png, ImageFormat::Pnm] {
        let frame = decoded(&file(&grey.clone().into(), format)).unwrap();
        let expected = Frame::new(PictureSize { width: 8, height: 5 }, Pixels::Grey16(samples.clone())).unwrap();
        assert_eq!(frame, expected, "{format:?}");
    }
}

#[test]
fn transparency_is_laid_over_black() {
    let picture =
        image::RgbaImage::from_raw(3, 1, vec![200, 100, 51, 255, 200, 100, 51, 0, 200, 100, 51, 128]).unwrap();
    let frame = decoded(&file(&picture.into(), ImageFormat::Png)).unwrap();
    assert_eq!(frame.pixels(), &Pixels::Rgb8(vec![200, 100, 51, 0, 0, 0, 100, 50, 26]));
}

#[test]
fn pictures_are_turned_as_their_orientation_says() {
    let picture = GrayImage::from_fn(32, 16, |x, _| Luma([if x < 16 { 255 } else { 0 }]));
    for (orientation, turned, bright_top, bright_left) in [
        (1, (32, 16), None, Some(true)),
        (3, (32, 16), None, Some(false)),
        (6, (16, 32), Some(true), None),
        (8, (16, 32), Some(false), None),
    ] {
        let tag = Orientation::from_exif(orientation).unwrap().to_exif();
        let exif = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[tag, 0, 0, 0, 0, 0, 0, 0]].concat();
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&picture).unwrap();
        let frame = decoded(&jpeg).unwrap();
        assert_eq!((frame.size().width, frame.size().height), turned, "orientation {orientation}");
        let Pixels::Grey8(samples) = frame.pixels() else { panic!("{frame:?}") };
        let (first, last) = (samples[0] > 128, samples[samples.len() - 1] > 128);
        assert_ne!(first, last, "orientation {orientation}");
        assert_eq!(Some(first), bright_top.or(bright_left), "orientation {orientation}");
    }
}

#[test]
fn bad_files_get_their_reason() {
    assert_eq!(reason(b""), UnreadableReason::Empty);
    assert_eq!(reason(b"This is a text file that somebody named part.png.\n"), UnreadableReason::NotAPicture);
    assert_eq!(reason(b"P5 is the fifth part of today."), UnreadableReason::Damaged);
    assert_eq!(reason(b"P5-17 was checked by hand."), UnreadableReason::NotAPicture);
    assert_eq!(reason(&[0; 4096]), UnreadableReason::NotAPicture);
    assert_eq!(reason(b"GIF89a\x01\0\x01\0\0\0\0;"), UnreadableReason::Unsupported);
    let jpeg = file(&drawn(64, 64).into(), ImageFormat::Jpeg);
    assert_eq!(reason(&jpeg[..jpeg.len() / 2]), UnreadableReason::Damaged);
    assert_eq!(reason(&tiff(5, &[8; 4], 4, 4, &[0; 64])), UnreadableReason::Unsupported, "CMYK TIFF");
    assert_eq!(reason(&cmyk_jpeg()), UnreadableReason::Unsupported, "CMYK JPEG");
}

#[test]
fn a_tail_of_zeros_as_an_interrupted_copy_leaves_it_is_damage() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let mut bytes = file(&drawn(64, 64).into(), format);
        let kept = bytes.len() * 2 / 3;
        bytes[kept..].fill(0);
        assert_eq!(reason(&bytes), UnreadableReason::Damaged, "{format:?}");
    }
}

#[test]
fn damage_in_the_middle_of_a_jpeg_is_not_turned_into_grey() {
    let mut bytes = file(&drawn(256, 256).into(), ImageFormat::Jpeg);
    let middle = bytes.len() / 2;
    // A run of ones is no code of any Huffman table; the stuffed zeros keep it from being a marker.
    for pair in bytes[middle..middle + 64].as_chunks_mut::<2>().0 {
        *pair = [0xFF, 0x00];
    }
    assert_eq!(reason(&bytes), UnreadableReason::Damaged);
}

#[test]
fn claims_beyond_the_limits_are_refused_before_anything_is_set_aside() {
    let claim = |bytes: &[u8]| match decoded(bytes) {
        Err(DecodeError::TooLarge { width, height, limit }) => (width, height, limit),
        other => panic!("{other:?}"),
    };
    let mut png = file(&drawn(8, 8).into(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    assert_eq!(claim(&png), (60_000, 60_000, SizeLimit::Side(20_000)));
    let mut bmp = file(&drawn(8, 8).into(), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x60, 0xEA, 0, 0, 0x60, 0xEA, 0, 0]);
    assert_eq!(claim(&bmp), (60_000, 60_000, SizeLimit::Side(20_000)));
    let mut jpeg = file(&drawn(8, 8).into(), ImageFormat::Jpeg);
    let frame_header = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame_header + 5..frame_header + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert_eq!(claim(&jpeg), (60_000, 60_000, SizeLimit::Side(20_000)));
    assert_eq!(claim(b"P5 60000 60000 255\n"), (60_000, 60_000, SizeLimit::Side(20_000)));
    assert_eq!(claim(b"P5 11000 11000 255\n"), (11_000, 11_000, SizeLimit::Pixels(100_000_000)));
    assert_eq!(claim(b"P6 9900 9900 65535\n"), (9900, 9900, SizeLimit::Bytes(512 * 1024 * 1024)));
    assert_eq!(claim(&tiff(1, &[8], 60_000, 60_000, &[0; 64])), (60_000, 60_000, SizeLimit::Side(20_000)));
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let picture = DynamicImage::from(drawn(24, 17));
    let mut files: Vec<(String, Vec<u8>)> =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Pnm]
            .map(|format| (format!("{format:?}"), file(&picture, format)))
            .into();
    files.push(("TIFF with its directory first".to_owned(), tiff(1, &[8], 16, 8, &[200; 128])));
    files.push(("JPEG with a preview".to_owned(), jpeg_with_preview()));
    for (name, bytes) in files {
        assert!(decoded(&bytes).is_ok(), "{name}: {:?}", decoded(&bytes));
        for length in 0..bytes.len() {
            assert!(decoded(&bytes[..length]).is_err(), "{name} cut at {length} of {}", bytes.len());
        }
    }
}

#[test]
fn what_a_camera_appends_to_a_whole_jpeg_does_no_harm() {
    let mut bytes = file(&drawn(24, 17).into(), ImageFormat::Jpeg);
    bytes.extend([0; 100]);
    assert!(decoded(&bytes).is_ok());
}

#[test]
fn no_bytes_make_it_panic() {
    // Not caught here: panics of foreign decoders are turned into errors, any other would fail the test.
    let mut random = ChaCha8Rng::seed_from_u64(20_240_517);
    let limits = DecodeLimits { max_side: 2000, max_pixels: 1_000_000, max_bytes: 4_000_000 };
    let formats =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Pnm];
    let valid = formats.map(|format| file(&drawn(16, 12).into(), format));
    for round in 0..600 {
        let mut bytes = valid[round % valid.len()].clone();
        if round % 3 == 0 {
            let kept = random.random_range(2..12);
            bytes.truncate(kept);
            bytes.extend((0..200).map(|_| random.random::<u8>()));
        } else {
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..bytes.len().min(if round % 2 == 0 { 64 } else { usize::MAX }));
                bytes[at] = random.random();
            }
        }
        if let Ok(frame) = decode(&bytes, &limits) {
            assert!(u64::from(frame.size().width) * u64::from(frame.size().height) <= limits.max_pixels);
        }
    }
}

/// A TIFF with one strip whose directory stands before the samples, as cameras write it and `image` does not.
fn tiff(photometric: u16, bits: &[u16], width: u16, height: u16, samples: &[u8]) -> Vec<u8> {
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let bits_at = 8 + 2 + 10 * 12 + 4;
    let samples_at = bits_at + 2 * bits.len() as u32;
    let bits_value = if bits.len() == 1 { u32::from(bits[0]) } else { bits_at };
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, SHORT, 1, u32::from(width)),
        (257, SHORT, 1, u32::from(height)),
        (258, SHORT, bits.len() as u32, bits_value),
        (259, SHORT, 1, 1),
        (262, SHORT, 1, u32::from(photometric)),
        (273, LONG, 1, samples_at),
        (277, SHORT, 1, bits.len() as u32),
        (278, SHORT, 1, u32::from(height)),
        (279, LONG, 1, samples.len() as u32),
        (284, SHORT, 1, 1),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x0A\0".to_vec();
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(bits.iter().flat_map(|bits| bits.to_le_bytes()));
    bytes.extend(samples);
    bytes
}

/// The headers of a JPEG with four inks, which is as far as it is read.
fn cmyk_jpeg() -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4]);
    bytes.extend((1..=4).flat_map(|id| [id, 0x11, 0]));
    bytes.extend([0xFF, 0xDA, 0, 14, 4]);
    bytes.extend((1..=4).flat_map(|id| [id, 0]));
    bytes.extend([0, 63, 0, 0xFF, 0xD9]);
    bytes
}

/// A JPEG that carries a small whole JPEG, end marker included, in a segment of its own.
fn jpeg_with_preview() -> Vec<u8> {
    let preview = file(&drawn(8, 8).into(), ImageFormat::Jpeg);
    let whole = file(&drawn(24, 17).into(), ImageFormat::Jpeg);
    let length = (preview.len() as u16 + 2).to_be_bytes();
    [&whole[..2], &[0xFF, 0xEF], &length, &preview, &whole[2..]].concat()
}
