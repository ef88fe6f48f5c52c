//! Models of a line: their files, and which one judges.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::files::{UNFINISHED, write_whole};
use crate::restore::QUARANTINE;
use crate::{Store, StoreError, trials};

pub(crate) const CREATE: &str = "
    CREATE TABLE models (
        id          TEXT PRIMARY KEY,
        made_millis INTEGER NOT NULL,
        file_name   TEXT NOT NULL,
        promise     TEXT NOT NULL,
        live        INTEGER NOT NULL CHECK (live IN (0, 1))
    ) STRICT;
    CREATE UNIQUE INDEX one_live_model ON models (live) WHERE live = 1;";

/// A file that is being written is finished and has its row sooner; an older one is what a power cut left.
pub(crate) const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// Where model files lie that no row names, below the folder of models.
const ASIDE: &str = "aside";

/// A model that this line has learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    /// BLAKE3 of the model file, in hex.
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub made_millis: i64,
    /// Name of its file in the folder `models` of the line.
    pub file_name: String,
    /// What it promises, as the JSON text that the caller gave.
    pub promise_json: String,
}

impl Store {
    /// Keeps the bytes of a model as `models/<id>.slm` and gives the id, which is the BLAKE3 of the bytes in hex.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_model_file(&self, bytes: &[u8]) -> Result<String, StoreError> {
        let id = blake3::hash(bytes).to_hex().to_string();
        let path = self.model_path(&id);
        // An earlier run may have left it, without a row or as one that nobody needs.
        let there = fs::read(&path).is_ok_and(|there| there == bytes);
        if !there || !keep_again(&path)? {
            write_whole(&path, bytes, true)?;
        }
        Ok(id)
    }

    /// The bytes of a model, if they are still the ones that were written.
    ///
    /// # Errors
    /// When the file is gone, cannot be read, or changed since it was written.
    pub fn read_model_file(&self, id: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.model_path(id);
        let bytes = fs::read(&path).map_err(|source| StoreError::model_file(&path, source))?;
        if blake3::hash(&bytes).to_hex().as_str() != id {
            return Err(StoreError::ModelDamaged { path });
        }
        Ok(bytes)
    }

    /// Where the file of a model lies.
    pub fn model_path(&self, id: &str) -> PathBuf {
        self.models.join(format!("{id}.slm"))
    }

    /// Adds a model and makes it the one that judges, in one transaction. One that is known already becomes live again.
    /// Either way its parts are watched for drift from the next one on, with nothing held against it.
    ///
    /// # Errors
    /// When its file is gone or the database cannot be written; the live model is then the same as before.
    pub fn add_model_and_make_live(&self, model: &ModelRow) -> Result<(), StoreError> {
        self.write_or_refuse("adding a model", |change| {
            insert(change, model)?;
            self.refuse_without_file(&model.id)?;
            trials::make_live(change, &model.id, LEARNING, model.made_millis)?;
            Ok(())
        })
    }

    /// Clears away what a power cut or a kill left of models: files that were never finished are removed, whole ones that it
    /// cut off before their row are put aside. Those of another process that writes now stay. One that cannot be cleared
    /// away costs its place on the disk and nothing else.
    pub(crate) fn clear_abandoned(&self) {
        let known = self.read("listing model files", |question| {
            question.prepare("SELECT file_name FROM models")?.query_map([], |row| row.get(0))?.collect()
        });
        // Where a database was ever put aside, or is not the one that knew the live model, rows may be lost, and the files
        // are all that is left of their models. Even otherwise a whole model is never removed: a person may have put an
        // older database back.
        let may_be_complete = !self.folder.join(QUARANTINE).exists() && matches!(self.live_model(), Ok(Some(_)));
        let known: Option<HashSet<String>> = known.ok().filter(|_| may_be_complete);
        for entry in fs::read_dir(&self.models).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let nameless = is_model_file(&name) && known.as_ref().is_some_and(|known| !known.contains(&name));
            let age = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_none_or(|age| age <= ABANDONED_AFTER) {
                continue;
            }
            if name.starts_with(UNFINISHED) {
                let _ = fs::remove_file(entry.path());
            } else if nameless {
                let aside = self.models.join(ASIDE);
                let _ = fs::create_dir_all(&aside).and_then(|()| fs::rename(entry.path(), aside.join(name)));
            }
        }
    }

    /// The model that judges; none before the first learning run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn live_model(&self) -> Result<Option<ModelRow>, StoreError> {
        self.read("looking for the live model", |question| {
            question.query_row("SELECT * FROM models WHERE live = 1", [], model).optional()
        })
    }
}

/// Says that a row for a model file is about to come, so that it is neither abandoned nor one that nobody needs. False when
/// it is not there any more.
fn keep_again(path: &Path) -> Result<bool, StoreError> {
    let touched = fs::File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    match touched {
        // Asked after its time was set: who takes files away looks at that once more when it has renamed one.
        Ok(()) => Ok(path.exists()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::file(path, "writing", source)),
    }
}

/// Whether we name models so: the BLAKE3 in hex. Whatever else people keep there is theirs.
pub(crate) fn is_model_file(name: &str) -> bool {
    let id = name.strip_suffix(".slm").unwrap_or_default();
    id.len() == 2 * blake3::OUT_LEN && id.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Who promotes a model that was learned from good parts: nobody had to decide.
const LEARNING: &str = "learning";

/// Adds a model, or renews what is known of it.
pub(crate) fn insert(change: &Transaction<'_>, model: &ModelRow) -> rusqlite::Result<()> {
    change.execute(
        "INSERT INTO models (id, made_millis, file_name, promise, live)
         VALUES (:id, :made_millis, :file_name, :promise, 0)
         ON CONFLICT (id) DO UPDATE SET made_millis = excluded.made_millis, file_name = excluded.file_name,
             promise = excluded.promise",
        named_params! {
            ":id": model.id,
            ":made_millis": model.made_millis,
            ":file_name": model.file_name,
            ":promise": model.promise_json,
        },
    )?;
    Ok(())
}

pub(crate) fn model(row: &Row<'_>) -> rusqlite::Result<ModelRow> {
    Ok(ModelRow {
        id: row.get("id")?,
        made_millis: row.get("made_millis")?,
        file_name: row.get("file_name")?,
        promise_json: row.get("promise")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{line, model_files};

    fn row(id: &str) -> ModelRow {
        ModelRow { id: id.into(), made_millis: 5, file_name: format!("{id}.slm"), promise_json: "{\"parts\":3}".into() }
    }

    #[test]
    fn the_newest_model_is_live_and_an_older_one_can_return() {
        let (_dir, store) = line();
        assert_eq!(store.live_model().unwrap(), None);
        model_files(&store, &["a", "b"]);
        for id in ["a", "b", "a", "a"] {
            store.add_model_and_make_live(&row(id)).unwrap();
            assert_eq!(store.live_model().unwrap(), Some(row(id)));
        }
    }

    #[test]
    fn a_model_that_cannot_be_added_leaves_the_live_one() {
        let (_dir, store) = line();
        model_files(&store, &["a", "b"]);
        store.add_model_and_make_live(&row("a")).unwrap();
        crate::locked(&store.writer)
            .execute_batch("CREATE TRIGGER full BEFORE INSERT ON models BEGIN SELECT RAISE(ABORT, 'full'); END")
            .unwrap();
        assert!(matches!(store.add_model_and_make_live(&row("b")), Err(StoreError::Sql { .. })));
        assert_eq!(store.live_model().unwrap(), Some(row("a")));
    }

    #[test]
    fn what_a_power_cut_left_unfinished_is_gone_when_the_line_is_inspected_again() {
        let (dir, store) = line();
        let id = store.put_model_file(b"weights").unwrap();
        let [old, new] = ["old", "new"].map(|name| dir.path().join("models").join(format!("{UNFINISHED}{name}")));
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        fs::write(&old, b"wei").unwrap();
        fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        fs::write(&new, b"we").unwrap();
        drop(store);
        let (store, _) = Store::open_alone(dir.path()).unwrap();
        assert!(!old.exists() && new.exists(), "another process may be at the new one");
        assert_eq!(store.read_model_file(&id).unwrap(), b"weights");
    }

    #[test]
    fn a_model_file_without_a_row_is_put_aside_when_the_line_is_inspected_again_unless_rows_may_be_lost() {
        let (dir, store) = line();
        let [live, orphan, new] = [b"live", b"lost", b"late"].map(|bytes| store.put_model_file(bytes).unwrap());
        let live_row = row(&live);
        let kept = dir.path().join("models").join("old-friend.slm");
        fs::write(&kept, b"a person's").unwrap();
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        let [live, orphan, new] = [live, orphan, new].map(|id| store.model_path(&id));
        for path in [&live, &orphan, &kept] {
            fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        }
        drop(store);
        let (store, _) = Store::open_alone(dir.path()).unwrap();
        assert!(orphan.exists() && live.exists(), "a database that knows no live model is not the one that did");
        store.add_model_and_make_live(&live_row).unwrap();
        drop(store);
        let quarantine = dir.path().join(QUARANTINE);
        fs::create_dir(&quarantine).unwrap();
        drop(Store::open_alone(dir.path()).unwrap());
        assert!(orphan.exists(), "a database was put aside");
        fs::remove_dir(&quarantine).unwrap();
        drop(Store::open(dir.path()).unwrap());
        assert!(orphan.exists(), "who only reads removes nothing");
        drop(Store::open_alone(dir.path()).unwrap());
        assert!(!orphan.exists() && live.exists() && new.exists() && kept.exists());
        let aside = dir.path().join("models").join(ASIDE).join(orphan.file_name().unwrap());
        assert_eq!(fs::read(aside).unwrap(), b"lost", "nothing that was learned is thrown away");
    }

    #[test]
    fn a_model_file_is_read_back_or_refused() {
        let (dir, store) = line();
        let id = store.put_model_file(b"weights").unwrap();
        assert_eq!(store.put_model_file(b"weights").unwrap(), id);
        assert_eq!(store.read_model_file(&id).unwrap(), b"weights");
        assert_eq!(fs::read_dir(dir.path().join("models")).unwrap().count(), 1);
        fs::write(store.model_path(&id), b"weigh").unwrap();
        assert!(matches!(store.read_model_file(&id), Err(StoreError::ModelDamaged { .. })));
        store.put_model_file(b"weights").unwrap();
        assert_eq!(store.read_model_file(&id).unwrap(), b"weights");
        assert!(matches!(store.read_model_file("gone"), Err(StoreError::ModelGone { .. })));
    }
}
