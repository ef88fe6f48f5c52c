//! How long pictures of judged parts are kept. Thumbnails and heat maps go, oldest first; the records stay, for they are
//! few bytes and tell which files were judged already. What a person labelled, and what an output was not told of yet,
//! is never touched; nor are the camera's own files.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::{Store, StoreError};

pub(crate) const INDEX: &str = "
    CREATE INDEX parts_with_pictures ON parts (id) WHERE thumb IS NOT NULL OR heat IS NOT NULL;";

/// Parts whose pictures go in one transaction: a verdict waits no longer than that.
const AT_ONCE: usize = 64;

/// After a step others may write for so many times as long as it took. Whoever writes does so alone, and who comes next is
/// left to chance: steps in a row kept a busy line from storing verdicts for seconds.
const OTHERS: u32 = 4;

/// How long that is at least, and at most.
const REST: [Duration; 2] = [Duration::from_millis(5), Duration::from_secs(1)];

/// A thumbnail that was kept again just now may be about to be referred to.
const FRESH: Duration = Duration::from_secs(600);

const DAY_MILLIS: i64 = 86_400_000;

/// What is kept. Each limit is none when there is none; without any, everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Pictures of parts that passed: days.
    pub passed_days: Option<u32>,
    /// Pictures of rejected parts, those for review, and unreadable ones: days.
    pub other_days: Option<u32>,
    /// Parts with pictures, at most.
    pub most_parts: Option<u64>,
    /// Bytes that should stay free on the disk.
    pub free_bytes: Option<u64>,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Parts whose pictures went.
    pub parts: u64,
    /// Thumbnails that were deleted.
    pub files: u64,
}

/// Which parts may lose their pictures, those that matter least first.
const PASSED: &str = "verdict = 'pass'";
const OTHER: &str = "verdict <> 'pass'";

impl Store {
    /// Removes pictures beyond what is kept. `free_bytes` tells how much of the disk is free; none when nobody knows.
    /// `stop` is asked between small steps.
    ///
    /// # Errors
    /// When the database cannot be written. What went until then is gone.
    pub fn retain(
        &self,
        kept: &Retention,
        now_millis: i64,
        free_bytes: impl Fn() -> Option<u64>,
        stop: impl Fn() -> bool,
    ) -> Result<Freed, StoreError> {
        let mut freed = Freed::default();
        let before = |days: u32| now_millis.saturating_sub(i64::from(days).saturating_mul(DAY_MILLIS));
        for (which, days) in [(PASSED, kept.passed_days), (OTHER, kept.other_days)] {
            let Some(days) = days else { continue };
            while !stop() && self.remove_pictures(which, before(days), AT_ONCE, &mut freed)? {}
        }
        for which in [PASSED, OTHER] {
            while !stop() {
                let surplus = match kept.most_parts {
                    Some(most) => self.parts_with_pictures()?.saturating_sub(most),
                    None => 0,
                };
                let short = kept.free_bytes.is_some_and(|wanted| free_bytes().is_some_and(|free| free < wanted));
                let count = if short { AT_ONCE } else { AT_ONCE.min(usize::try_from(surplus).unwrap_or(AT_ONCE)) };
                if count == 0 || !self.remove_pictures(which, i64::MAX, count, &mut freed)? {
                    break;
                }
            }
        }
        Ok(freed)
    }

    /// How many parts have pictures.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn parts_with_pictures(&self) -> Result<u64, StoreError> {
        self.read("counting pictures", |question| {
            question
                .prepare_cached("SELECT count(*) FROM parts WHERE thumb IS NOT NULL OR heat IS NOT NULL")?
                .query_row([], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
        })
    }

    /// Takes the pictures of the oldest `count` parts, and lets others write. False when there is none left to take.
    fn remove_pictures(
        &self,
        which: &str,
        stored_before: i64,
        count: usize,
        freed: &mut Freed,
    ) -> Result<bool, StoreError> {
        let began = Instant::now();
        // By name: SQLite would take the verdict's index and step over every part whose pictures are gone already.
        let oldest = format!(
            "SELECT id, thumb FROM parts INDEXED BY parts_with_pictures WHERE (thumb IS NOT NULL OR heat IS NOT NULL) AND {which}
                 AND stored_millis < ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.part = parts.id)
                 AND NOT EXISTS (SELECT 1 FROM labels WHERE labels.part = parts.id AND labels.state IS NOT NULL)
                 AND NOT EXISTS (SELECT 1 FROM classes WHERE classes.example = parts.id)
             ORDER BY id LIMIT ?2"
        );
        let (taken, unreferred) = self.write("removing old pictures", |change| {
            let rows: Vec<(i64, Option<String>)> = change
                .prepare_cached(&oldest)?
                .query_map(params![stored_before, crate::parts::row_limit(count)], |row| {
                    Ok((row.get("id")?, row.get("thumb")?))
                })?
                .collect::<Result<_, _>>()?;
            for (id, _) in &rows {
                change.prepare_cached("UPDATE parts SET thumb = NULL, heat = NULL WHERE id = ?1")?.execute([id])?;
            }
            let taken = rows.len();
            let thumbs: BTreeSet<String> = rows.into_iter().filter_map(|(_, thumb)| thumb).collect();
            let mut unreferred = Vec::new();
            for thumb in thumbs {
                if !is_referred_to(change, &thumb)? {
                    unreferred.push(thumb);
                }
            }
            Ok((taken, unreferred))
        })?;
        freed.parts += taken as u64;
        // After the commit: a file that nobody refers to is less harm than a reference to no file.
        freed.files += unreferred.iter().filter(|thumb| self.pictures.remove_older(thumb, FRESH)).count() as u64;
        if taken > 0 {
            std::thread::sleep((OTHERS * began.elapsed()).clamp(REST[0], REST[1]));
        }
        Ok(taken > 0)
    }
}

fn is_referred_to(question: &Connection, thumb: &str) -> rusqlite::Result<bool> {
    question.prepare_cached("SELECT 1 FROM parts WHERE thumb = ?1 LIMIT 1")?.exists([thumb])
}

#[cfg(test)]
mod tests;
