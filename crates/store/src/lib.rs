//! The line's memory on disk: every judged part, what outputs still have to be told, what people say about parts, the
//! models, how far the watch for drift has come, and their files.
//!
//! This is the only crate that knows SQLite. One [`Store`] serves all threads: changes go through one connection, a
//! transaction each, and questions through another, so that a screen that asks delays no verdict.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

mod alone;
mod backup;
mod checks;
mod classes;
mod columns;
mod drift;
mod error;
mod files;
mod gallery;
mod label_events;
mod label_use;
mod labels;
mod model_files;
mod models;
mod open;
mod outbox;
mod parts;
mod pictures;
mod refusal;
mod restore;
mod retention;
mod salvage;
mod shadows;
mod shapes;
mod teaching;
#[cfg(test)]
mod testing;
mod trials;

pub use alone::Learning;
pub use checks::LineCheck;
pub use drift::{KeptDrift, ScoreRow};
pub use error::StoreError;
pub use gallery::{GalleryFilter, GalleryRow, LabelFilter};
pub use label_events::{LabelAction, LabelEvent};
pub use labels::{KeptLabel, LabelledPart};
pub use model_files::FreedModels;
pub use models::ModelRow;
pub use outbox::{CSV_OUTPUT, OutboxRow};
pub use parts::{Recorded, StoredPart};
pub use pictures::Pictures;
pub use restore::Restored;
pub use retention::{Freed, Retention};
pub use shadows::{Compared, Shadow};
pub use teaching::UnlabelledPart;
pub use trials::{KnownModel, Promotion, TrialRow};

/// The database and the files of one line.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    database: PathBuf,
    models: PathBuf,
    pictures: Pictures,
    // Before the writer: the connection that closes last folds the write-ahead log into the database, and this one
    // may not write.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    /// Says that this process has the database open, for as long as the connections are there; none in the process that
    /// inspects.
    _open: Option<File>,
    /// The database was taken away because it is damaged, and no other could be put in its place yet.
    broken: AtomicBool,
    /// Held by the process that inspects on this line.
    _alone: Option<File>,
}

impl Store {
    /// Opens the database of a line, or creates it together with the line's folder. A repair that is under way is waited
    /// for, and none begins while the store is there: who works for long opens it only before and after.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database is damaged or was written by a newer version of Sightline;
    /// the file is then left as it is.
    pub fn open(line_dir: &Path) -> Result<Self, StoreError> {
        let database = line_dir.join("sightline.db");
        let said = alone::say_open(line_dir);
        let (writer, reader) = open::open(line_dir, &database)?;
        Ok(Self {
            folder: line_dir.to_path_buf(),
            database,
            models: line_dir.join("models"),
            pictures: Pictures::new(line_dir.join("pictures")),
            reader: Mutex::new(reader),
            writer: Mutex::new(writer),
            _open: said,
            broken: AtomicBool::new(false),
            _alone: None,
        })
    }

    /// The line's pictures.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    fn read<T>(
        &self,
        step: &'static str,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.refuse_broken()?;
        question(&locked(&self.reader)).map_err(|source| StoreError::from_sql(&self.database, step, source))
    }

    fn refuse_broken(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            let detail = "it was taken away and could not be put back yet".to_owned();
            return Err(StoreError::Damaged { path: self.database.clone(), detail });
        }
        Ok(())
    }

    /// Runs a change in one transaction, which is taken back when the change fails.
    fn write<T>(
        &self,
        step: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.refuse_broken()?;
        let mut writer = locked(&self.writer);
        // Immediate: a transaction that reads first and writes later may be refused without waiting.
        writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let outcome = change(&transaction)?;
                transaction.commit()?;
                Ok(outcome)
            })
            .map_err(|source| StoreError::from_sql(&self.database, step, source))
    }
}

/// A panic elsewhere leaves no half change behind: an unfinished transaction is taken back when it is dropped.
fn locked(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use crate::testing::{judged, line};
    use sightline_core::Verdict;

    #[test]
    fn threads_share_a_store() {
        let (_dir, store) = line();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for part in 0..10 {
                        let name = format!("{worker}-{part}.png");
                        store.record(&judged(&name, Verdict::Pass), None, None).unwrap();
                        store.latest(None, 5).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.counters().unwrap().passed, 40);
    }
}
