//! How many model files are kept. Every learning run leaves one of tens to hundreds of MiB; over the years they would fill
//! the disk. The oldest that nobody needs go. Their rows stay: verdicts, trials and promotions name them.
//!
//! No model without a file becomes the one that judges, and none that judges loses it, whatever other processes do. A file
//! is taken out of its place inside a write transaction, after that has asked once more whether the model is needed;
//! [`Store::promote`] and its like ask inside theirs whether the file is there. SQLite lets one such transaction go on at a
//! time, in all processes: whoever comes second sees what the first did. The transaction only renames, which costs a
//! verdict that waits nothing; the file is deleted afterwards. After a crash in between, the next pass deletes it, or the
//! next start of inspection.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, params};

use crate::files::{UNFINISHED, write_whole};
use crate::models::{ABANDONED_AFTER, is_model_file};
use crate::{Store, StoreError};

/// Models that judged before the live one, the last of them: what people may want to go back to.
const JUDGED_BEFORE: i64 = 5;

/// Models that were made last, whatever became of them.
const NEWEST: i64 = 3;

/// What files on their way out are called, behind [`UNFINISHED`]: a start of inspection clears those away, too.
const TAKEN: &str = "removed-";

// `2 * id`: a model judged before the promotion that ended that. A model that was learned from labels carries the half that
// it began with, so that no file is needed for another's sake; what a needed one was tried against stays beside it all the
// same, to compare the two.
const NEEDED: &str = "
    WITH judged (model, at) AS (
        SELECT model, 2 * id + 1 FROM promotions
        UNION ALL SELECT before, 2 * id FROM promotions WHERE before IS NOT NULL),
    judged_before (model) AS (
        SELECT model FROM judged WHERE model NOT IN (SELECT id FROM models WHERE live = 1)
        GROUP BY model ORDER BY max(at) DESC LIMIT ?1),
    newest (model) AS (SELECT id FROM models ORDER BY made_millis DESC, rowid DESC LIMIT ?2),
    needed (model) AS (
        SELECT id FROM models WHERE live = 1 OR challenger = 1
        UNION SELECT model FROM judged_before UNION SELECT model FROM newest)
    SELECT model FROM needed UNION SELECT champion FROM trials WHERE model IN (SELECT model FROM needed)";

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreedModels {
    /// Model files that were deleted.
    pub files: u64,
    /// Those that should have gone and could not.
    pub stayed: u64,
}

impl Store {
    /// Removes files of models, oldest first, beyond those that are needed and the newest `most` of the others. Needed are
    /// the live model and the challenger beside it, the last five others that judged, the newest three, and what these were
    /// tried against. Files that no row names are left alone, and so is everything on a line without a live model: its
    /// database may not be the one that knew them.
    ///
    /// `left` tells what stays of a file in its place, see [`Store::left_of_model`]; `stop` is asked between files.
    ///
    /// # Errors
    /// When the database cannot be read or written. A file that cannot be removed is counted and stops nothing.
    pub fn retain_model_files(
        &self,
        most: u32,
        left: impl Fn(&Path) -> Option<Vec<u8>>,
        stop: impl Fn() -> bool,
    ) -> Result<FreedModels, StoreError> {
        self.delete_taken();
        let mut freed = FreedModels::default();
        for id in self.surplus_models(most)? {
            if stop() {
                break;
            }
            if let Some(left) = left(&self.model_path(&id)) {
                // Before the file goes. Where the disk is too full for it, room counts for more.
                let _ = write_whole(&self.left_path(&id), &left, true);
            }
            match self.take_away(&id)? {
                Ok(true) => freed.files += 1,
                Ok(false) => {}
                Err(_) => freed.stayed += 1,
            }
        }
        Ok(freed)
    }

    /// What was left of a model when its file was removed; none when nothing was.
    pub fn left_of_model(&self, id: &str) -> Option<Vec<u8>> {
        fs::read(self.left_path(id)).ok()
    }

    /// Refuses a model whose file is gone: it could not judge.
    pub(crate) fn refuse_without_file(&self, id: &str) -> Result<(), StoreError> {
        let path = self.model_path(id);
        fs::metadata(&path).map(drop).map_err(|source| StoreError::model_file(&path, source))
    }

    fn left_path(&self, id: &str) -> PathBuf {
        self.model_path(id).with_extension("card")
    }

    /// Models whose files nobody needs, those that were kept first at the front, without the newest `most`.
    fn surplus_models(&self, most: u32) -> Result<Vec<String>, StoreError> {
        let (live, needed, newest_first) = self.read("looking for old models", |question| {
            let live = question.prepare("SELECT 1 FROM models WHERE live = 1")?.exists([])?;
            let newest_first: Vec<String> = question
                .prepare("SELECT id FROM models ORDER BY made_millis DESC, rowid DESC")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok((live, needed(question)?, newest_first))
        })?;
        if !live {
            return Ok(Vec::new());
        }
        // A name that we never give may lead out of the folder.
        let has_file = |id: &String| is_model_file(&format!("{id}.slm")) && self.model_path(id).is_file();
        let others = newest_first.into_iter().filter(|id| !needed.contains(id) && has_file(id));
        let mut others: Vec<String> = others.collect();
        // One that was brought back, as from a bundle, is as new as its file: it was wanted.
        others.sort_by_cached_key(|id| std::cmp::Reverse(kept_at(&self.model_path(id))));
        let mut surplus: Vec<String> = others.into_iter().skip(most as usize).collect();
        surplus.reverse();
        Ok(surplus)
    }

    /// Removes the file of a model unless that is needed by now. False when it is, or when another process was quicker.
    fn take_away(&self, id: &str) -> Result<io::Result<bool>, StoreError> {
        let (path, taken) = (self.model_path(id), self.models.join(format!("{UNFINISHED}{TAKEN}{id}.slm")));
        let moved = self.write("removing an old model", |change| {
            // Another process may have promoted it since.
            Ok(if needed(change)?.contains(id) { Ok(false) } else { move_away(&path, &taken) })
        })?;
        Ok(match moved {
            Ok(true) => delete(&taken).map(|()| true),
            other => other,
        })
    }

    /// Deletes what passes before this one took away and could not delete.
    fn delete_taken(&self) {
        for entry in fs::read_dir(&self.models).into_iter().flatten().flatten() {
            let ours = entry.file_name().to_string_lossy().starts_with(&format!("{UNFINISHED}{TAKEN}"));
            // One that is new is about to be put back.
            if ours && matches!(is_new(&entry.path()), Ok(false)) {
                let _ = delete(&entry.path());
            }
        }
    }
}

fn needed(question: &Connection) -> rusqlite::Result<HashSet<String>> {
    question.prepare_cached(NEEDED)?.query_map(params![JUDGED_BEFORE, NEWEST], |row| row.get(0))?.collect()
}

/// Renames a file that was not just kept again; false when it was, or when it is gone. [`Store::put_model_file`] says that a
/// file is kept by its time, looks whether it still is in its place, and writes it anew where it is not. So either that look
/// comes after the renaming and finds nothing, or the time was set before it and is seen here.
fn move_away(path: &Path, taken: &Path) -> io::Result<bool> {
    let moved = || -> io::Result<bool> {
        if is_new(path)? {
            return Ok(false);
        }
        fs::rename(path, taken)?;
        // One that is gone was old: another pass has deleted it.
        if matches!(is_new(taken), Ok(true)) {
            fs::rename(taken, path)?;
            return Ok(false);
        }
        Ok(true)
    };
    match moved() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        moved => moved,
    }
}

/// Whether somebody kept a file so lately that its row may still be to come. One from the future is new, too.
fn is_new(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.modified()?.elapsed().ok().is_none_or(|age| age <= ABANDONED_AFTER))
}

fn kept_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
