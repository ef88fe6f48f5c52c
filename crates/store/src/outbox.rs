//! What outputs still have to be told. Rows come with the part's record, in the same transaction, and go when delivered.

use rusqlite::{Transaction, params};
use sightline_core::Record;

use crate::{Store, StoreError, parts};

pub(crate) const CREATE: &str = "
    CREATE TABLE outbox (
        id     INTEGER PRIMARY KEY AUTOINCREMENT,
        output TEXT NOT NULL,
        part   INTEGER NOT NULL REFERENCES parts (id),
        UNIQUE (output, part)
    ) STRICT;
    CREATE INDEX outbox_by_part ON outbox (part);";

/// The name of the output that writes verdicts to CSV files.
pub const CSV_OUTPUT: &str = "csv";

/// The outputs that every record goes to.
const OUTPUTS: [&str; 1] = [CSV_OUTPUT];

/// A record that an output has not confirmed yet.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Number of the row, to be given to [`Store::mark_delivered`].
    pub id: i64,
    /// What to tell.
    pub record: Record,
}

/// Adds a row for each output.
pub(crate) fn announce(change: &Transaction<'_>, part: i64) -> rusqlite::Result<()> {
    for output in OUTPUTS {
        change.prepare_cached("INSERT INTO outbox (output, part) VALUES (?1, ?2)")?.execute(params![output, part])?;
    }
    Ok(())
}

impl Store {
    /// The oldest records that `output` has not confirmed, in the order in which they were stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn pending(&self, output: &str, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.read("reading the outbox", |question| {
            question
                .prepare_cached(
                    "SELECT outbox.id AS row_in_outbox, parts.* FROM outbox JOIN parts ON parts.id = outbox.part
                     WHERE outbox.output = ?1 ORDER BY outbox.part LIMIT ?2",
                )?
                .query_map(params![output, parts::row_limit(limit)], |row| {
                    Ok(OutboxRow { id: row.get("row_in_outbox")?, record: parts::record(row)? })
                })?
                .collect()
        })
    }

    /// Confirms rows of the outbox, all or none.
    ///
    /// # Errors
    /// When the database cannot be written; the rows are then delivered again.
    pub fn mark_delivered(&self, ids: &[i64]) -> Result<(), StoreError> {
        self.write("confirming deliveries", |change| {
            for id in ids {
                change.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{judged, line};
    use sightline_core::Verdict;

    #[test]
    fn records_wait_until_delivered() {
        let (_dir, store) = line();
        for name in ["a.png", "b.png", "c.png"] {
            store.record(&judged(name, Verdict::Reject), Some(2.0), None).unwrap();
        }
        let parts = |rows: &[OutboxRow]| rows.iter().map(|row| row.record.id).collect::<Vec<_>>();
        let rows = store.pending(CSV_OUTPUT, 2).unwrap();
        assert_eq!(parts(&rows), [1, 2]);
        assert_eq!(rows[0].record, store.part(1).unwrap().unwrap().record);
        store.mark_delivered(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).unwrap();
        store.mark_delivered(&[rows[0].id, 77]).unwrap();
        assert_eq!(parts(&store.pending(CSV_OUTPUT, usize::MAX).unwrap()), [3]);
        assert_eq!(parts(&store.pending("unknown", 10).unwrap()), [0; 0]);
    }
}
