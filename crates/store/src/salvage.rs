//! What can still be read of a damaged database, on its way into the backup that takes its place. Rows are asked for
//! one by one: a damaged page costs the rows on it, not the others.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params_from_iter};

use crate::{StoreError, drift, open};

/// Numbers that are left out after a restore, so that none is given twice. More when nobody knows how far they went.
const GAP: i64 = 1000;
const WIDE_GAP: i64 = 1_000_000;

/// So many numbers beyond the backup are asked for at most: what a damaged page claims may be anything.
const MOST: i64 = 5_000_000;

const STEP: &str = "saving what can be read of the damaged database";

/// How many records since the backup could be read.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) saved: u64,
    pub(crate) lost: u64,
}

/// Brings what `damaged` has beyond `backup` into it: records, what outputs were not told yet, and models.
///
/// # Errors
/// When the backup cannot be written. What cannot be read is counted.
pub(crate) fn salvage(backup: &Path, damaged: &Path) -> Result<Salvaged, StoreError> {
    let sql = |source| StoreError::from_sql(backup, STEP, source);
    let mut into = Connection::open(backup).map_err(sql)?;
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
    let newest_of = |connection: &Connection, table: &str| {
        connection
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |row| row.get::<_, i64>(0))
            .optional()
    };
    let mut salvaged = Salvaged::default();
    let known = newest_of(change, "parts")?.unwrap_or(0);
    let newest = from.and_then(|from| newest_of(from, "parts").ok().flatten());
    if let Some(from) = from {
        bring_models(change, from);
        for id in known + 1..=newest.unwrap_or(known).min(known.saturating_add(MOST)) {
            match bring_part(change, from, id) {
                Ok(true) => salvaged.saved += 1,
                // A number that was never given, as after a refused record, cannot be told from a row that is gone.
                Ok(false) | Err(_) => salvaged.lost += 1,
            }
        }
    }
    let gap = if newest.is_some() { GAP } else { WIDE_GAP };
    for table in ["parts", "outbox"] {
        let told = from.and_then(|from| newest_of(from, table).ok().flatten()).unwrap_or(0);
        let next = newest_of(change, table)?.unwrap_or(0).max(told.min(i64::MAX / 2)) + gap;
        let changed = change.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = ?2", (next, table))?;
        if changed == 0 {
            change.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, next))?;
        }
    }
    Ok(salvaged)
}

/// One record with what outputs were not told of it. When nobody knows what they were told, they are told again.
fn bring_part(change: &Transaction<'_>, from: &Connection, id: i64) -> rusqlite::Result<bool> {
    if !copy_row(change, from, "parts", "id", &Value::Integer(id))? {
        return Ok(false);
    }
    let waiting = from
        .prepare_cached("SELECT count(*) FROM outbox WHERE part = ?1")
        .and_then(|mut question| question.query_row([id], |row| row.get::<_, i64>(0)));
    if !matches!(waiting, Ok(0)) {
        crate::outbox::announce(change, id)?;
    }
    Ok(true)
}

/// Models that were learned since the backup, and which one is live. What fails leaves the backup's.
fn bring_models(change: &Transaction<'_>, from: &Connection) {
    let ids = || -> rusqlite::Result<Vec<Value>> {
        from.prepare("SELECT id FROM models")?.query_map([], |row| row.get(0))?.collect()
    };
    let live = |of: &Connection| {
        of.query_row("SELECT id FROM models WHERE live = 1", [], |row| row.get::<_, String>(0)).optional()
    };
    let (Ok(ids), Ok(Some(wanted))) = (ids(), live(from)) else { return };
    if live(change).is_ok_and(|now| now.as_ref() == Some(&wanted)) {
        return;
    }
    let brought = || -> rusqlite::Result<()> {
        change.execute("UPDATE models SET live = 0, challenger = 0", [])?;
        for id in &ids {
            let known = "SELECT 1 FROM models WHERE id = ?1";
            if change.query_row(known, [id], |_| Ok(())).optional()?.is_none() {
                copy_row(change, from, "models", "id", id)?;
                // One flag at a time: there may be one live model and one challenger only.
                change.execute("UPDATE models SET live = 0, challenger = 0 WHERE id = ?1", [id])?;
            }
        }
        change.execute("UPDATE models SET live = (id = ?1)", [&wanted])?;
        drift::restart(change)
    };
    let kept = change.execute_batch("SAVEPOINT models").and_then(|()| brought());
    let _ = change.execute_batch(if kept.is_ok() { "RELEASE models" } else { "ROLLBACK TO models; RELEASE models" });
}

/// Copies one row, whatever columns it has. False when there is none.
fn copy_row(
    change: &Transaction<'_>,
    from: &Connection,
    table: &str,
    key: &str,
    value: &Value,
) -> rusqlite::Result<bool> {
    let mut question = from.prepare_cached(&format!("SELECT * FROM {table} WHERE {key} = ?1"))?;
    let columns: Vec<String> = question.column_names().map(str::to_owned).collect();
    let values = question
        .query_row([value], |row| (0..columns.len()).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>())
        .optional()?;
    let Some(values) = values else { return Ok(false) };
    let marks = vec!["?"; columns.len()].join(", ");
    let insert = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    change.prepare_cached(&insert)?.execute(params_from_iter(values))?;
    Ok(true)
}
