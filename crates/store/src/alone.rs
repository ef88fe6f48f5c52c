//! One process at a time inspects on a line, and one learns on it. Others may read, but two that deliver the same
//! verdicts, or one that puts a database in the place of another's, would do harm; two that learn would take each other's
//! time, and the later one's model would go live over one that it was never compared with.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::{Restored, Store, StoreError, restore};

impl Store {
    /// Opens the line as the one process that inspects on it, until the store is dropped or the process ends, however
    /// it ends. A damaged database is put aside and replaced by its newest backup with what can still be read of it.
    ///
    /// # Errors
    /// When another process inspects there, and as [`Store::open`]; a damaged database without a usable backup, or one
    /// that another process has open, is left as it is.
    pub fn open_alone(line_dir: &Path) -> Result<(Self, Option<Restored>), StoreError> {
        let file =
            claim_soon(line_dir, INSPECTING)?.ok_or_else(|| StoreError::InUse { path: line_dir.to_path_buf() })?;
        let alone = |store: Self| {
            store.clear_abandoned();
            // The one that repairs must not wait for itself.
            Self { _alone: Some(file), _open: None, ..store }
        };
        match Self::open(line_dir) {
            Ok(store) => Ok((alone(store), None)),
            Err(damaged @ StoreError::Damaged { .. }) => {
                let restored = restore::restore(line_dir, damaged)?;
                Ok((alone(Self::open(line_dir)?), Some(restored)))
            }
            Err(error) => Err(error),
        }
    }
}

const INSPECTING: &str = ".inspecting";
const LEARNING: &str = ".learning";
/// Shared by all that have the database open, except the one that inspects.
const OPEN: &str = ".open";

/// Who only asks holds a lock for a moment, and a process that has ended lets go of it when the last of its threads is gone,
/// which is a moment after it is seen to have ended: a claim is tried so often, so long apart.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(100);

/// The right to learn on a line, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
#[must_use]
pub struct Learning(#[allow(dead_code, reason = "its lock counts")] File);

impl Learning {
    /// Claims it; none while another learns there.
    ///
    /// # Errors
    /// When the line's folder cannot be written.
    pub fn claim(line_dir: &Path) -> Result<Option<Self>, StoreError> {
        Ok(claim_soon(line_dir, LEARNING)?.map(Self))
    }

    /// Whether somebody learns on a line. Nobody does where nothing can be read.
    pub fn is_claimed(line_dir: &Path) -> bool {
        let taken = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        File::open(line_dir.join(LEARNING)).is_ok_and(taken)
    }
}

/// Says that this process has the line's database open, until the file is dropped. A repair that is under way is waited
/// for: what is opened is then the database that took the damaged one's place. None where nothing can be written, and
/// opening the database tells why.
pub(crate) fn say_open(line_dir: &Path) -> Option<File> {
    fs::create_dir_all(line_dir).ok()?;
    let file = lock_file(&line_dir.join(OPEN)).ok()?;
    // A share without locks: better to open it than not to.
    let _ = file.lock_shared();
    Some(file)
}

/// The right to put another database in the place of the line's, which is damaged: no other process has it open, and
/// none opens it until the file is dropped. Those that learn have it open before and after, so
/// this is not refused for hours.
///
/// # Errors
/// When others have it open, or the line's folder cannot be written.
pub(crate) fn nobody_else(line_dir: &Path, database: &Path, damage: &str) -> Result<File, StoreError> {
    let open_elsewhere = || StoreError::OpenElsewhere { path: database.to_path_buf(), detail: damage.to_owned() };
    claim_soon(line_dir, OPEN)?.ok_or_else(open_elsewhere)
}

/// As [`claim`], and waits a little for whoever is about to let go.
fn claim_soon(line_dir: &Path, name: &str) -> Result<Option<File>, StoreError> {
    for _ in 1..TRIES {
        if let Some(file) = claim(line_dir, name)? {
            return Ok(Some(file));
        }
        std::thread::sleep(BETWEEN);
    }
    claim(line_dir, name)
}

/// Locks one of the line's lock files; none when it is locked. The operating system lets go of it when the process ends.
fn claim(line_dir: &Path, name: &str) -> Result<Option<File>, StoreError> {
    let not_writable = |path: &Path, error: std::io::Error| StoreError::NotWritable {
        path: path.to_path_buf(),
        detail: error.to_string(),
    };
    fs::create_dir_all(line_dir).map_err(|error| not_writable(line_dir, error))?;
    let path = line_dir.join(name);
    let file = lock_file(&path).map_err(|error| not_writable(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // A share without locks: better to inspect than not to.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(not_writable(&path, error)),
    }
}

fn lock_file(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_inspects_and_others_may_still_read() {
        let dir = tempfile::tempdir().unwrap();
        let (store, restored) = Store::open_alone(dir.path()).unwrap();
        assert!(restored.is_none());
        assert!(matches!(Store::open_alone(dir.path()), Err(StoreError::InUse { .. })));
        Store::open(dir.path()).unwrap();
        // One that is about to end is waited for.
        let ending = std::thread::spawn(|| {
            std::thread::sleep(3 * BETWEEN);
            drop(store);
        });
        Store::open_alone(dir.path()).unwrap();
        ending.join().unwrap();
    }

    #[test]
    fn one_learns_and_who_asks_does_not_keep_others_from_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Learning::is_claimed(dir.path()), "nobody has ever learned there");
        let learning = Learning::claim(dir.path()).unwrap();
        assert!(learning.is_some() && Learning::is_claimed(dir.path()));
        assert!(Learning::claim(dir.path()).unwrap().is_none());
        drop(learning);
        std::thread::scope(|threads| {
            let asking = threads.spawn(|| (0..200).filter(|_| Learning::is_claimed(dir.path())).count());
            for _ in 0..20 {
                assert!(Learning::claim(dir.path()).unwrap().is_some());
            }
            asking.join().unwrap();
        });
        assert!(!Learning::is_claimed(dir.path()));
    }
}
