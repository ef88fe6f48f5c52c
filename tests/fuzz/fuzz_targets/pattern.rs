//! Any pattern against any name: it is refused or read, and a field holds what stands in the name.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sightline_watch::NamePattern;

fuzz_target!(|texts: (&str, &str)| {
    let (pattern, name) = texts;
    if let Ok(pattern) = NamePattern::new(pattern)
        && let Some(found) = pattern.read(Path::new(name))
    {
        for field in [found.part, found.lot, found.view].into_iter().flatten() {
            assert!(!field.is_empty() && !field.contains('/') && name.contains(&field));
        }
    }
});
