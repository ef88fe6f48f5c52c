//! Any bytes as a model file: refused or whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sightline_model::Artefact;

fuzz_target!(|bytes: &[u8]| {
    let _ = Artefact::from_bytes(bytes);
});
