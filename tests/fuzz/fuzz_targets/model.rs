//! `bodies/model.rs` under libFuzzer.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "libFuzzer bounds memory by options of its own")]
#[path = "../bodies/model.rs"]
mod body;

fuzz_target!(|input: &[u8]| {
    let _ = body::run(input);
});
