//! Copies of the database, made while the line runs: what a damaged one is replaced by.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::open::refuse_damaged;
use crate::{Store, StoreError};

/// Copies that are kept: the newest may have caught a damage that nobody had noticed.
const KEPT: usize = 2;

const STEP: &str = "backing the database up";

/// Where a line's copies lie.
pub(crate) fn folder(line_dir: &Path) -> PathBuf {
    line_dir.join("backups")
}

/// The copies of a line, newest first. Numbered: the clock may have been set back meanwhile.
pub(crate) fn copies(line_dir: &Path) -> Vec<(u64, PathBuf)> {
    let number =
        |path: &Path| path.file_name()?.to_str()?.strip_prefix("sightline-")?.strip_suffix(".db")?.parse().ok();
    let entries = fs::read_dir(folder(line_dir)).into_iter().flatten().flatten();
    let mut found: Vec<(u64, PathBuf)> =
        entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found
}

impl Store {
    /// Looks through the whole database for damage.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub fn check(&self) -> Result<(), StoreError> {
        self.refuse_broken()?;
        refuse_damaged(&self.database, &self.another_reader()?)
    }

    /// Copies the database as it is at one moment into the line's folder `backups`, checks the copy, and removes old
    /// ones. Verdicts are stored meanwhile.
    ///
    /// # Errors
    /// When the database is damaged, or the copy cannot be written; copies that were there before stay.
    pub fn back_up(&self) -> Result<PathBuf, StoreError> {
        self.refuse_broken()?;
        let folder = folder(&self.folder);
        fs::create_dir_all(&folder).map_err(|source| StoreError::file(&folder, "creating", source))?;
        let copies_before = copies(&self.folder);
        let number = copies_before.first().map_or(1, |(newest, _)| newest + 1);
        let (unfinished, path) = (folder.join(".unfinished.db"), folder.join(format!("sightline-{number:06}.db")));
        let _ = fs::remove_file(&unfinished);
        let name = unfinished.to_str().ok_or_else(|| StoreError::NotWritable {
            path: folder.clone(),
            detail: "its name is no text, which SQLite asks for".to_owned(),
        })?;
        self.another_reader()?
            .execute("VACUUM INTO ?1", [name])
            .map_err(|source| StoreError::from_sql(&self.database, STEP, source))?;
        let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
        check_copy(&unfinished)?;
        sync(&unfinished).map_err(|source| StoreError::file(&unfinished, "syncing", source))?;
        fs::rename(&unfinished, &path).map_err(|source| StoreError::file(&path, "renaming", source))?;
        for (_, old) in copies_before.into_iter().skip(KEPT - 1) {
            // One too many is no harm.
            let _ = fs::remove_file(old);
        }
        Ok(path)
    }

    /// How old the newest copy is; none when there is none, or the clock was set back since.
    pub fn backup_age(&self) -> Option<Duration> {
        let (_, newest) = copies(&self.folder).into_iter().next()?;
        SystemTime::now().duration_since(fs::metadata(newest).ok()?.modified().ok()?).ok()
    }

    /// A connection of its own: long reading must not hold a screen up.
    fn another_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags(&self.database, flags)
            .map_err(|source| StoreError::from_sql(&self.database, STEP, source))
    }
}

/// Refuses a copy that is not whole.
pub(crate) fn check_copy(path: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_ONLY;
    let copy = Connection::open_with_flags(path, flags).map_err(|source| StoreError::from_sql(path, STEP, source))?;
    refuse_damaged(path, &copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{judged, line};
    use sightline_core::Verdict;

    #[test]
    fn copies_are_whole_and_only_the_newest_two_are_kept() {
        let (dir, store) = line();
        assert_eq!(store.backup_age(), None);
        for part in 0..4 {
            store.record(&judged(&format!("{part}.png"), Verdict::Pass), None, None).unwrap();
            store.back_up().unwrap();
        }
        store.check().unwrap();
        assert!(store.backup_age().is_some_and(|age| age < Duration::from_secs(3600)));
        let numbers: Vec<u64> = copies(dir.path()).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [4, 3]);
        assert_eq!(fs::read_dir(folder(dir.path())).unwrap().count(), 2, "something unfinished is left");
        // A copy is a line's database like any other.
        let other = tempfile::tempdir().unwrap();
        fs::copy(folder(dir.path()).join("sightline-000003.db"), other.path().join("sightline.db")).unwrap();
        assert_eq!(Store::open(other.path()).unwrap().counters().unwrap().passed, 3);
    }
}
