//! One process at a time inspects on a line. Others may read it and learn on it, but two that deliver the same verdicts,
//! or one that puts a database in the place of another's, would do harm.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::{Restored, Store, StoreError, restore};

impl Store {
    /// Opens the line as the one process that inspects on it, until the store is dropped or the process ends, however
    /// it ends. A damaged database is put aside and replaced by its newest backup with what can still be read of it.
    ///
    /// # Errors
    /// When another process inspects there, and as [`Store::open`]; a damaged database without a usable backup is left
    /// as it is.
    pub fn open_alone(line_dir: &Path) -> Result<(Self, Option<Restored>), StoreError> {
        let file = claim(line_dir)?;
        let alone = |store: Self| {
            store.clear_abandoned();
            Self { _alone: Some(file), ..store }
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

/// Locks the line's lock file. The operating system lets go of it when the process ends.
fn claim(line_dir: &Path) -> Result<File, StoreError> {
    let not_writable = |path: &Path, error: std::io::Error| StoreError::NotWritable {
        path: path.to_path_buf(),
        detail: error.to_string(),
    };
    fs::create_dir_all(line_dir).map_err(|error| not_writable(line_dir, error))?;
    let path = line_dir.join(".inspecting");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| not_writable(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: line_dir.to_path_buf() }),
        // A share without locks: better to inspect than not to.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(not_writable(&path, error)),
    }
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
        drop(store);
        Store::open_alone(dir.path()).unwrap();
    }
}
