//! Running numbers since the backup. Outputs, files of labels and people refer to them, so none is given twice.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Transaction};

/// Numbers that are left out after a restore. More when nobody knows how far they went.
const GAP: i64 = 1000;
const WIDE_GAP: i64 = 1_000_000;

/// So many numbers beyond the backup are asked for at most: what a damaged page claims may be anything.
const MOST: i64 = 5_000_000;

/// So many are believed to have been given at most: numbers of classes must stay within 32 bits.
const BELIEVED: i64 = 1_000_000_000;

/// How far the numbers of a table went.
pub(super) struct Numbers {
    known: i64,
    newest: i64,
}

impl Numbers {
    /// Finds out, and lets the table's numbers go on well beyond.
    pub(super) fn go_on(change: &Transaction<'_>, from: Option<&Connection>, table: &str) -> rusqlite::Result<Self> {
        let known = given(change, table)?;
        let told = from.and_then(|from| given(from, table).ok());
        // Where the note of it is lost, the rows themselves may tell.
        let seen = from.and_then(|from| newest(from, table).ok().flatten());
        let newest = known.max(told.or(seen).unwrap_or(0).min(known.saturating_add(BELIEVED)));
        let next = newest + if told.is_some() { GAP } else { WIDE_GAP };
        let changed = change.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = ?2", (next, table))?;
        if changed == 0 {
            change.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, next))?;
        }
        Ok(Self { known, newest })
    }

    /// Those since the backup.
    pub(super) fn since(&self) -> RangeInclusive<i64> {
        self.known + 1..=self.newest.min(self.known.saturating_add(MOST))
    }
}

/// The last number that was given; 0 before the first, and where there is no such table yet.
fn given(of: &Connection, table: &str) -> rusqlite::Result<i64> {
    let seq: Option<i64> =
        of.query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |row| row.get(0)).optional()?;
    Ok(seq.unwrap_or(0))
}

fn newest(of: &Connection, table: &str) -> rusqlite::Result<Option<i64>> {
    of.query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get(0))
}
