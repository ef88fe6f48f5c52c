//! A finished file in the watched folder, and what makes it one arrival and not two.

use std::path::PathBuf;

/// Identity of an arrival: the same event seen twice has the same key, a file written twice has two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrivalKey {
    /// Path relative to the watched folder.
    pub relative_path: PathBuf,
    /// Modification time in nanoseconds since 1970 (negative before it).
    pub modified_nanos: i64,
    /// Size of the file in bytes.
    pub size_bytes: u64,
}

/// What a file's name tells about its part, as the line's name pattern reads it. All none without a pattern, and for a
/// name that the pattern does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartName {
    /// The part's own number or name.
    pub part: Option<String>,
    /// The lot, batch or order that it belongs to.
    pub lot: Option<String>,
    /// From where it was seen, when several pictures show one part.
    pub view: Option<String>,
}

/// A file that nobody writes to any more and that waits for its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What makes this arrival different from every other one.
    pub key: ArrivalKey,
    /// Where the file can be read.
    pub path: PathBuf,
    /// What the file's name tells.
    pub name: PartName,
    /// When it was seen closed, or settled where nobody told that it was closed; in milliseconds since 1970.
    pub seen_millis: i64,
}

impl Arrival {
    /// The part's name on the line: what the name pattern found, else the file name without folder and ending.
    pub fn part_id(&self) -> String {
        let stem = || self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        self.name.part.clone().unwrap_or_else(stem)
    }
}
