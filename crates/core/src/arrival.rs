//! A settled file in the watched folder, and what makes it one arrival and not two.

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

/// A file that nobody writes to any more and that waits for its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What makes this arrival different from every other one.
    pub key: ArrivalKey,
    /// Where the file can be read.
    pub path: PathBuf,
    /// When it was seen settled, in milliseconds since 1970.
    pub seen_millis: i64,
}

impl Arrival {
    /// The part's name on the line: the file name without folder and ending.
    pub fn part_id(&self) -> String {
        self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }
}
