//! What can still be read of a damaged database, on its way into the backup that takes its place. Rows are asked for
//! one by one: a damaged page costs the rows on it, not the others.
//!
//! What challengers said of parts since the backup is left out: they say it of every new part.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Transaction};

use crate::{StoreError, open, outbox};
use numbers::Numbers;
use rows::{Row, whole};

mod classes;
mod labels;
mod models;
mod numbers;
mod rows;

const STEP: &str = "saving what can be read of the damaged database";

/// How much since the backup could be read.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    /// Records.
    pub(crate) saved: u64,
    pub(crate) lost: u64,
    /// Changes of labels.
    pub(crate) labels_saved: u64,
    pub(crate) labels_lost: u64,
}

/// Brings what `damaged` has beyond `backup` into it: records, what outputs were not told yet, models with their trials
/// and promotions, checks of the line, classes and labels.
///
/// # Errors
/// When the backup cannot be written. What cannot be read is counted.
pub(crate) fn salvage(backup: &Path, damaged: &Path) -> Result<Salvaged, StoreError> {
    let sql = |source| StoreError::from_sql(backup, STEP, source);
    let mut into = Connection::open(backup).map_err(sql)?;
    // A row that refers to one that is lost is refused, and not found out years later.
    into.pragma_update(None, "foreign_keys", true).map_err(sql)?;
    open::migrate(&mut into).map_err(sql)?;
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_ONLY;
    // One that cannot be opened at all gives no rows.
    let from = Connection::open_with_flags(damaged, flags).ok();
    let change = into.transaction().map_err(sql)?;
    let salvaged = bring(&change, from.as_ref()).map_err(sql)?;
    change.commit().map_err(sql)?;
    // The file alone is to be whole, without a log beside it.
    into.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(sql)?;
    into.close().map_err(|(_, source)| sql(source))?;
    Ok(salvaged)
}

fn bring(change: &Transaction<'_>, from: Option<&Connection>) -> rusqlite::Result<Salvaged> {
    let numbers = |table| Numbers::go_on(change, from, table);
    let (parts, classes, events) = (numbers("parts")?, numbers("classes")?, numbers("label_events")?);
    let (promotions, checks) = (numbers("promotions")?, numbers("line_checks")?);
    numbers("outbox")?;
    let mut salvaged = Salvaged::default();
    let Some(from) = from else { return Ok(salvaged) };
    // Before the parts: the watch over a new live model starts with those that are brought.
    models::bring(change, from, promotions.since())?;
    for id in parts.since() {
        match whole(change, || bring_part(change, from, id))? {
            Some(true) => salvaged.saved += 1,
            // A number that was never given, as after a refused record, cannot be told from a row that is gone.
            Some(false) | None => salvaged.lost += 1,
        }
    }
    for id in checks.since() {
        whole(change, || bring_numbered(change, from, "line_checks", id))?;
    }
    // Classes show parts as examples, labels are of parts and name classes.
    classes::bring(change, from, classes.since())?;
    labels::bring(change, from, events.since(), &mut salvaged)?;
    Ok(salvaged)
}

/// One record with what outputs were not told of it. When nobody knows what they were told, they are told again.
fn bring_part(change: &Transaction<'_>, from: &Connection, id: i64) -> rusqlite::Result<bool> {
    if !bring_numbered(change, from, "parts", id)? {
        return Ok(false);
    }
    let waiting = from
        .prepare_cached("SELECT count(*) FROM outbox WHERE part = ?1")
        .and_then(|mut question| question.query_row([id], |row| row.get::<_, i64>(0)));
    if !matches!(waiting, Ok(0)) {
        outbox::announce(change, id)?;
    }
    Ok(true)
}

/// A row as it is. False when there is none.
fn bring_numbered(change: &Transaction<'_>, from: &Connection, table: &str, id: i64) -> rusqlite::Result<bool> {
    let row = Row::one(from, table, "id", &Value::Integer(id))?;
    if let Some(row) = &row {
        row.put(change, table, "id")?;
    }
    Ok(row.is_some())
}
