//! A damaged database is put aside and its newest backup put in its place, with what can still be read of the damaged
//! one. Nothing is thrown away: a person, or support, may look at it later.
//!
//! Not while another process has it open: that one would go on writing into the file that was put aside, and a model or
//! a label that it stores would be lost without a word. Inspection does not wait for hours, although learning takes hours:
//! who learns opens the database before and after, and not meanwhile (`learn_line` and `retrain_line` of `app`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use crate::salvage::{self, Salvaged};
use crate::{Store, StoreError, alone, backup, locked, open};

/// Folder of a line for databases that were put aside.
pub(crate) const QUARANTINE: &str = "quarantine";

/// What became of a damaged database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was found to be wrong.
    pub damage: String,
    /// Where the damaged database lies now.
    pub quarantine: PathBuf,
    /// The copy that took its place.
    pub backup: PathBuf,
    /// Records since that copy that were read from the damaged one.
    pub saved: u64,
    /// Records since that copy that could not be read. Parts whose files are still there are judged again.
    pub lost: u64,
    /// Changes of labels since that copy that were read from the damaged one.
    pub labels_saved: u64,
    /// Changes of labels since that copy that could not be read, or whose part could not.
    pub labels_lost: u64,
}

impl Store {
    /// Puts a database that turned out to be damaged aside and goes on with its newest backup. None when it turns out
    /// to be whole, as after a disk that was only out of reach. For the process that inspects, which has it by
    /// [`Store::open_alone`].
    ///
    /// # Errors
    /// When there is no usable backup, another process has the database open, or a file cannot be written. The store
    /// then answers every question with [`StoreError::Damaged`], and this can be tried again.
    pub fn repair(&self) -> Result<Option<Restored>, StoreError> {
        let (mut reader, mut writer) = (locked(&self.reader), locked(&self.writer));
        // What is stored from here on goes nowhere until the other database is there.
        self.broken.store(true, Ordering::Relaxed);
        let nowhere =
            || Connection::open_in_memory().map_err(|source| StoreError::from_sql(&self.database, "closing", source));
        *reader = nowhere()?;
        *writer = nowhere()?;
        let (opened, restored) = match open::open(&self.folder, &self.database) {
            Ok(whole) => (whole, None),
            Err(error @ StoreError::Damaged { .. }) => {
                let restored = restore(&self.folder, error)?;
                (open::open(&self.folder, &self.database)?, Some(restored))
            }
            Err(error) => return Err(error),
        };
        (*writer, *reader) = opened;
        self.broken.store(false, Ordering::Relaxed);
        Ok(restored)
    }
}

/// Puts the newest usable backup in the place of a damaged database, which is closed. `damaged` is how it was found.
///
/// # Errors
/// `damaged` itself when there is no usable backup, and [`StoreError::OpenElsewhere`] when another process has the
/// database open: it is then left as it is. Otherwise when a file cannot be written.
pub(crate) fn restore(line_dir: &Path, damaged: StoreError) -> Result<Restored, StoreError> {
    let (path, damage) = match damaged {
        StoreError::Damaged { path, detail } => (path, detail),
        other => return Err(other),
    };
    // Held until the other database is in its place. Asked for before backups are looked at: that takes longer, and this may
    // have to be tried often.
    let _nobody_else = alone::nobody_else(line_dir, &path, &damage)?;
    let Some((_, copy)) = backup::copies(line_dir).into_iter().find(|(_, copy)| backup::check_copy(copy).is_ok())
    else {
        return Err(StoreError::Damaged { path, detail: damage });
    };
    let quarantine = put_aside(line_dir, &path)?;
    let restoring = line_dir.join(".restoring.db");
    let found = bring_together(&copy, &quarantine, &restoring).inspect_err(|_| {
        // The damaged one is still in its place: tries that fail, as on a full disk, must not pile copies up.
        let _ = fs::remove_dir_all(&quarantine);
    })?;
    // In this order: the log of the damaged database must not be taken for the new one's, and a power cut in between
    // leaves the damaged one, which is put aside again.
    for log in ["sightline.db-wal", "sightline.db-shm"] {
        remove(&line_dir.join(log))?;
    }
    fs::rename(&restoring, &path).map_err(|source| StoreError::file(&path, "renaming to", source))?;
    let Salvaged { saved, lost, labels_saved, labels_lost } = found;
    let restored =
        Restored { damage, quarantine: quarantine.clone(), backup: copy, saved, lost, labels_saved, labels_lost };
    // Told in the window too; whether this note can be written decides nothing.
    let _ = fs::write(quarantine.join("report.txt"), format!("{restored:#?}\n"));
    Ok(restored)
}

/// The backup with what can still be read of the damaged database, in a file of its own that has reached the disk.
fn bring_together(copy: &Path, quarantine: &Path, restoring: &Path) -> Result<Salvaged, StoreError> {
    remove_with_logs(restoring)?;
    fs::copy(copy, restoring).map_err(|source| StoreError::file(restoring, "copying to", source))?;
    let found = salvage::salvage(restoring, &quarantine.join("sightline.db"))?;
    fs::File::open(restoring)
        .and_then(|file| file.sync_all())
        .map_err(|source| StoreError::file(restoring, "syncing", source))?;
    Ok(found)
}

/// Copies the database and its logs to a folder of their own.
fn put_aside(line_dir: &Path, path: &Path) -> Result<PathBuf, StoreError> {
    let all = line_dir.join(QUARANTINE);
    let taken = |number: &u32| all.join(format!("{number:03}")).exists();
    let folder = all.join(format!("{:03}", (1..=999).find(|number| !taken(number)).unwrap_or(999)));
    fs::create_dir_all(&folder).map_err(|source| StoreError::file(&folder, "creating", source))?;
    for name in ["sightline.db", "sightline.db-wal"] {
        let from = path.with_file_name(name);
        if from.exists() {
            fs::copy(&from, folder.join(name)).map_err(|source| {
                let _ = fs::remove_dir_all(&folder);
                StoreError::file(&from, "putting aside", source)
            })?;
        }
    }
    Ok(folder)
}

fn remove_with_logs(path: &Path) -> Result<(), StoreError> {
    for ending in ["db", "db-wal", "db-shm", "db-journal"] {
        remove(&path.with_extension(ending))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::file(path, "removing", error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
