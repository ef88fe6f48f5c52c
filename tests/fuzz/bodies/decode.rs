//! Any bytes as a picture: an error or a frame within the limits, never a panic of ours.

use sightline_image::{DecodeLimits, decode};

const LIMITS: DecodeLimits = DecodeLimits { max_side: 4000, max_pixels: 2_000_000, max_bytes: 16 << 20 };

/// Bytes that may be live: `max_bytes`, twice while a picture is turned upright, beside the tables of a decoder.
pub(crate) fn limit(_input: &[u8]) -> usize {
    2 * LIMITS.max_bytes as usize + (4 << 20)
}

/// Decodes; true when there is a frame.
pub(crate) fn run(input: &[u8]) -> bool {
    let Ok(frame) = decode(input, &LIMITS) else { return false };
    assert!(u64::from(frame.size().width) * u64::from(frame.size().height) <= LIMITS.max_pixels);
    true
}
