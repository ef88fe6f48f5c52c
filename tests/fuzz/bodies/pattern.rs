//! A pattern, and in the next line a name: it is refused or read, and a field holds what stands in the name.

use std::path::Path;

use sightline_watch::NamePattern;

/// Bytes that may be live. The largest pattern that is accepted compiles to 10 MiB, the regex library's own limit; while
/// it is compiled there are copies.
pub(crate) fn limit(_input: &[u8]) -> usize {
    64 << 20
}

/// Reads the pattern, and the name by it; true when the name fits.
pub(crate) fn run(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (pattern, name) = text.split_once('\n').unwrap_or((text, ""));
    let Some(found) = NamePattern::new(pattern).ok().and_then(|pattern| pattern.read(Path::new(name))) else {
        return false;
    };
    for field in [found.part, found.lot, found.view].into_iter().flatten() {
        assert!(!field.is_empty() && !field.contains('/') && name.contains(&field));
    }
    true
}
