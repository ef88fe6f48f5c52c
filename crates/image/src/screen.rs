//! Pictures as people see them: scaled down to what a screen shows, as JPEG.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use sightline_core::PictureSize;

use crate::Frame;
use crate::resample::resample;

const PICTURE_QUALITY: u8 = 85;
const THUMBNAIL_QUALITY: u8 = 75;

/// A picture that could not be written for the screen.
#[derive(Debug, thiserror::Error)]
#[error("cannot write a picture of {width} × {height} pixels for the screen: {source}")]
pub struct EncodeError {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// What the encoder said.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A JPEG for the large view, at most `max_side` pixels along its longer side. Never larger than the frame.
///
/// # Errors
/// When the encoder refuses the size.
pub fn picture(frame: &Frame, max_side: u32) -> Result<Vec<u8>, EncodeError> {
    jpeg(frame, max_side, PICTURE_QUALITY)
}

/// The same for the film strip and the gallery, in fewer bytes.
///
/// # Errors
/// When the encoder refuses the size.
pub fn thumbnail(frame: &Frame, max_side: u32) -> Result<Vec<u8>, EncodeError> {
    jpeg(frame, max_side, THUMBNAIL_QUALITY)
}

/// The size of a picture of the same shape whose longer side has at most `max_side` pixels; never larger than `size`.
pub fn fit(size: PictureSize, max_side: u32) -> PictureSize {
    let longer = u64::from(size.width.max(size.height).max(1));
    let shown = longer.min(u64::from(max_side.max(1)));
    let scale = |side: u32| ((u64::from(side) * shown + longer / 2) / longer).max(1) as u32;
    PictureSize { width: scale(size.width), height: scale(size.height) }
}

fn jpeg(frame: &Frame, max_side: u32, quality: u8) -> Result<Vec<u8>, EncodeError> {
    let PictureSize { width, height } = frame.size();
    let shown = fit(frame.size(), max_side);
    let planes = resample(frame, (0, 0, width, height), shown, frame.channels());
    let count = frame.channels().count();
    let plane = planes.len() / count;
    let mut samples = vec![0; planes.len()];
    for (channel, values) in planes.chunks_exact(plane).enumerate() {
        for (sample, value) in samples.iter_mut().skip(channel).step_by(count).zip(values) {
            *sample = (value * 255.0 + 0.5) as u8;
        }
    }
    let colour = if count == 1 { ColorType::Luma } else { ColorType::Rgb };
    let failed = |source| EncodeError { width: shown.width, height: shown.height, source };
    let side = |side: u32| u16::try_from(side).map_err(|too_long| failed(too_long.into()));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    // At full resolution: a coloured hair must not fade.
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder
        .encode(&samples, side(shown.width)?, side(shown.height)?, colour)
        .map_err(|source| failed(source.into()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeLimits, Pixels, decode};

    #[test]
    fn sizes_fit_and_never_grow() {
        let check = |size: (u32, u32), max_side, expected: (u32, u32)| {
            let found = fit(PictureSize { width: size.0, height: size.1 }, max_side);
            assert_eq!((found.width, found.height), expected, "{size:?} into {max_side}");
        };
        check((640, 480), 320, (320, 240));
        check((480, 640), 320, (240, 320));
        check((100, 50), 320, (100, 50));
        check((5000, 1), 100, (100, 1));
        check((10, 10), 0, (1, 1));
    }

    #[test]
    fn the_jpeg_shows_the_frame() {
        let size = PictureSize { width: 64, height: 32 };
        let colours = [200, 30, 90].repeat(64 * 32);
        let deep = colours.iter().map(|&v| u16::from(v) * 257).collect();
        for frame in [Frame::new(size, Pixels::Rgb8(colours)).unwrap(), Frame::new(size, Pixels::Rgb16(deep)).unwrap()]
        {
            for bytes in [picture(&frame, 16).unwrap(), thumbnail(&frame, 16).unwrap()] {
                let shown = decode(&bytes, &DecodeLimits::default()).unwrap();
                assert_eq!(shown.size(), PictureSize { width: 16, height: 8 });
                let Pixels::Rgb8(samples) = shown.pixels() else { panic!("{shown:?}") };
                for (sample, expected) in samples.iter().zip([200, 30, 90].into_iter().cycle()) {
                    assert!(sample.abs_diff(expected) < 8, "{sample} is not near {expected}");
                }
            }
        }
    }
}
