//! Opening a database: is it one, is it ours, is it whole, may we write it, and does it have today's tables?

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{
    StoreError, checks, classes, drift, label_events, labels, models, outbox, parts, retention, shadows, trials,
};

/// "SIGL": tells our databases from those of other programs.
const APPLICATION_ID: i32 = 0x5349_474c;

/// Each entry brings a database from the format of its index to the next one.
const MIGRATIONS: [&[&str]; 5] = [
    &[parts::CREATE, outbox::CREATE, models::CREATE],
    &[drift::CREATE, drift::START],
    &[parts::NAMES, retention::INDEX, shadows::CREATE, checks::CREATE],
    &[classes::CREATE, label_events::CREATE, labels::CREATE],
    &[trials::CREATE],
];

pub(crate) const KNOWN: i32 = MIGRATIONS.len() as i32;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const STEP: &str = "opening the database";

/// The writing and the reading connection.
pub(crate) fn open(line_dir: &Path, path: &Path) -> Result<(Connection, Connection), StoreError> {
    let sql = |source| StoreError::from_sql(path, STEP, source);
    fs::create_dir_all(line_dir)
        .map_err(|error| StoreError::NotWritable { path: line_dir.to_path_buf(), detail: error.to_string() })?;
    // Before SQLite opens it: SQLite may write to a file by merely opening it.
    refuse_newer(path, version_in_header(path)?)?;

    // Without SQLITE_OPEN_URI: a folder may be called "file:".
    let shared = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let create = shared | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut writer = Connection::open_with_flags(path, create).map_err(sql)?;
    writer.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    // SQLite falls back to reading without a word.
    if writer.is_readonly("main").map_err(sql)? {
        return Err(StoreError::NotWritable { path: path.to_path_buf(), detail: "it may only be read".into() });
    }
    // Again: the newest change may lie in the write-ahead log.
    refuse_newer(path, version(&writer).map_err(sql)?)?;
    refuse_foreign(path, &writer)?;
    refuse_damaged(path, &writer)?;

    writer.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(sql)?;
    // A verdict that was told must survive a power cut.
    writer.pragma_update(None, "synchronous", "full").map_err(sql)?;
    writer.pragma_update(None, "foreign_keys", true).map_err(sql)?;
    migrate(&mut writer).map_err(|source| StoreError::from_sql(path, "creating the tables", source))?;

    let reader = Connection::open_with_flags(path, shared | OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
    reader.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    Ok((writer, reader))
}

/// The format number as the file's first bytes have it; 0 for a file that is not there or empty.
fn version_in_header(path: &Path) -> Result<i32, StoreError> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => {
            file.take(100).read_to_end(&mut header).map_err(|error| StoreError::file(path, "reading", error))?
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(StoreError::NotWritable { path: path.to_path_buf(), detail: error.to_string() }),
    };
    if header.is_empty() {
        return Ok(0);
    }
    // https://www.sqlite.org/fileformat.html, section 1.3
    match header.get(60..64).and_then(|bytes| bytes.try_into().ok()) {
        Some(bytes) if header.starts_with(b"SQLite format 3\0") => Ok(i32::from_be_bytes(bytes)),
        _ => Err(StoreError::Damaged { path: path.to_path_buf(), detail: "it is not a database".into() }),
    }
}

pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn refuse_newer(path: &Path, found: i32) -> Result<(), StoreError> {
    if found > KNOWN {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, known: KNOWN });
    }
    Ok(())
}

fn refuse_foreign(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let tables = |connection: &Connection| -> rusqlite::Result<(i32, i64)> {
        let id = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((id, tables))
    };
    match tables(connection).map_err(|source| StoreError::from_sql(path, STEP, source))? {
        (APPLICATION_ID, _) | (_, 0) => Ok(()),
        _ => Err(StoreError::Damaged { path: path.to_path_buf(), detail: "it belongs to another program".into() }),
    }
}

pub(crate) fn refuse_damaged(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| StoreError::from_sql(path, "checking the database", source))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_path_buf(), detail: found }) }
}

pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read inside the transaction: another process may have been quicker.
    let done = usize::try_from(version(&transaction)?).unwrap_or(0);
    for statements in MIGRATIONS.iter().skip(done) {
        for statement in *statements {
            transaction.execute_batch(statement)?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    transaction.commit()
}

#[cfg(test)]
mod tests;
