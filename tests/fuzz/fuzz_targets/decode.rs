//! Any bytes as a picture: an error or a frame within the limits, never a panic of ours.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sightline_image::{DecodeLimits, decode};

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits { max_side: 4000, max_pixels: 2_000_000, max_bytes: 16 << 20 };
    if let Ok(frame) = decode(bytes, &limits) {
        assert!(u64::from(frame.size().width) * u64::from(frame.size().height) <= limits.max_pixels);
    }
});
