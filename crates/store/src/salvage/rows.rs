//! Rows of a damaged database, taken over as they are.

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Transaction, params_from_iter};

/// One row with the columns that it has: those of a later format are not there.
pub(super) struct Row(Vec<(String, Value)>);

impl Row {
    /// All rows of `table` whose `key` is `value`, or an error: never some of them.
    pub(super) fn all(from: &Connection, table: &str, key: &str, value: &Value) -> rusqlite::Result<Vec<Self>> {
        let read = |hint: &str| -> rusqlite::Result<Vec<Self>> {
            let mut question = from.prepare_cached(&format!("SELECT * FROM {table} {hint} WHERE {key} = ?1"))?;
            let columns: Vec<String> = question.column_names().map(str::to_owned).collect();
            let row = |row: &rusqlite::Row<'_>| {
                let cells = columns.iter().enumerate();
                let cells = cells.map(|(at, column)| row.get::<_, Value>(at).map(|value| (column.clone(), value)));
                cells.collect::<rusqlite::Result<Vec<_>>>().map(Self)
            };
            question.query_map([value], row)?.collect()
        };
        // Where the index is damaged, the table itself may be whole.
        read("").or_else(|_| read("NOT INDEXED"))
    }

    /// The row of `table` whose `key` is `value`. None when there is none.
    pub(super) fn one(from: &Connection, table: &str, key: &str, value: &Value) -> rusqlite::Result<Option<Self>> {
        Ok(Self::all(from, table, key, value)?.into_iter().next())
    }

    /// What stands in a column; none when it is no number.
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        match self.value(column) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// What stands in a column; none when it is no text.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        match self.value(column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn value(&self, column: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == column).map(|(_, value)| value)
    }

    /// Puts something else into a column that the row has.
    pub(super) fn set(&mut self, column: &str, value: Value) {
        if let Some((_, there)) = self.0.iter_mut().find(|(known, _)| known == column) {
            *there = value;
        }
    }

    /// Writes the row, or renews the one that has the same `key`.
    pub(super) fn put(&self, change: &Transaction<'_>, table: &str, key: &str) -> rusqlite::Result<()> {
        let columns: Vec<&str> = self.0.iter().map(|(column, _)| column.as_str()).collect();
        let marks = vec!["?"; columns.len()].join(", ");
        let renewed: Vec<String> = columns
            .iter()
            .filter(|column| key.split(", ").all(|part| part != **column))
            .map(|column| format!("{column} = excluded.{column}"))
            .collect();
        let (columns, renewed) = (columns.join(", "), renewed.join(", "));
        let put =
            format!("INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {renewed}");
        change.prepare_cached(&put)?.execute(params_from_iter(self.0.iter().map(|(_, value)| value)))?;
        Ok(())
    }
}

/// Brings something whole or not at all; what was brought before stays. None when it cannot be brought.
///
/// # Errors
/// When the disk is full: that says nothing against the rows, and this can be tried again.
pub(super) fn whole<T>(
    change: &Transaction<'_>,
    bring: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    change.execute_batch("SAVEPOINT whole")?;
    match bring() {
        Ok(brought) => {
            change.execute_batch("RELEASE whole")?;
            Ok(Some(brought))
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => Err(error),
        Err(_) => {
            change.execute_batch("ROLLBACK TO whole; RELEASE whole")?;
            Ok(None)
        }
    }
}
