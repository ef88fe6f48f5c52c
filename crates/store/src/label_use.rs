//! The one thing that a labelled part is used for.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};
use sightline_core::LabelUse;

use crate::parts;

/// A use as a word; part of the file format.
pub(crate) struct UseWord(pub(crate) LabelUse);

const USES: [(LabelUse, &str); 3] =
    [(LabelUse::Training, "training"), (LabelUse::Calibration, "calibration"), (LabelUse::Test, "test")];

impl ToSql for UseWord {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(USES.iter().find(|(used, _)| *used == self.0).map_or("", |(_, word)| word).into())
    }
}

impl FromSql for UseWord {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let found = USES.iter().find(|(_, known)| *known == word);
        found.map(|(used, _)| Self(*used)).ok_or_else(|| FromSqlError::Other(format!("unknown use \"{word}\"").into()))
    }
}

/// The use of a part: that of a part with the very same picture when there is one, else by the part's name on the line,
/// so that several pictures of one part stay together.
pub(crate) fn use_of(question: &Connection, part: i64) -> rusqlite::Result<LabelUse> {
    let twin = question
        .prepare_cached(
            "SELECT labels.used FROM parts AS mine JOIN parts AS twin ON twin.content_hash = mine.content_hash
             JOIN labels ON labels.part = twin.id WHERE mine.id = ?1 ORDER BY twin.id LIMIT 1",
        )?
        .query_row([part], |row| row.get::<_, UseWord>(0))
        .optional()?;
    if let Some(twin) = twin {
        return Ok(twin.0);
    }
    let record = question.prepare_cached("SELECT * FROM parts WHERE id = ?1")?.query_row([part], parts::record)?;
    Ok(LabelUse::of_group(&record.judged.arrival.part_id()))
}
