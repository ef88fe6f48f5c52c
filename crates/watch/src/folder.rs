//! Looking at a folder and its files: which names count, and what tells one state of a file from another.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// What changes when somebody writes to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Modification time in nanoseconds since 1970.
    pub(crate) modified_nanos: i64,
    /// Size in bytes.
    pub(crate) size_bytes: u64,
}

/// The stamp of a file, or of the file that a link leads to; none when there is no such file.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(Stamp { modified_nanos: modified_nanos(&found), size_bytes: found.len() })
}

/// Whether a name is one of a picture that is meant to be seen. Hidden files are unfinished copies.
pub(crate) fn is_wanted(name: &OsStr, endings: &[String]) -> bool {
    let hidden = name.as_encoded_bytes().first() == Some(&b'.');
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    !hidden && ending.is_some_and(|ending| endings.iter().any(|wanted| wanted.eq_ignore_ascii_case(ending)))
}

/// The wanted names in a folder.
pub(crate) fn names(folder: &Path, endings: &[String]) -> io::Result<Vec<OsString>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if is_wanted(&name, endings) {
            found.push(name);
        }
    }
    Ok(found)
}

/// Tells a folder from another one that took its name. None where the system has no such number.
#[cfg(unix)]
pub(crate) fn identity(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_folder: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn modified_nanos(found: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec())
}

#[cfg(not(unix))]
fn modified_nanos(found: &Metadata) -> i64 {
    use std::time::UNIX_EPOCH;
    let nanos = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match found.modified().map(|time| time.duration_since(UNIX_EPOCH)) {
        Ok(Ok(since)) => nanos(since),
        Ok(Err(before)) => -nanos(before.duration()),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WatchConfig;

    #[test]
    fn only_finished_pictures_are_wanted() {
        let endings = WatchConfig::new("").endings;
        let check = |name: &str, wanted| assert_eq!(is_wanted(OsStr::new(name), &endings), wanted, "{name}");
        for name in ["a.png", "A.JPG", "零件 1.TiFf", "a.b.webp", "=1.pgm"] {
            check(name, true);
        }
        for name in [".a.png", ".png", "a.png.part", "a.png.tmp", "a.part", "a.txt", "png", "a.png~", ""] {
            check(name, false);
        }
    }
}
