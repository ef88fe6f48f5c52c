//! Classes since the backup: new ones, and what was changed of known ones.

use std::ops::RangeInclusive;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sightline_core::{Colour, DefectClass};

use super::rows::{Row, whole};
use crate::{classes, labels};

/// Brings new classes, which have these numbers, and changes of the others. What cannot be brought leaves the backup's.
pub(super) fn bring(change: &Transaction<'_>, from: &Connection, since: RangeInclusive<i64>) -> rusqlite::Result<()> {
    let known: Vec<i64> = classes::all(change)?.iter().map(|class| i64::from(class.id.0)).collect();
    let mut rows = Vec::new();
    for id in known.iter().copied().chain(since) {
        let Ok(Some(mut row)) = Row::one(from, "classes", "id", &Value::Integer(id)) else { continue };
        keep_example(change, id, &mut row)?;
        rows.push((id, row));
    }
    let together = whole(change, || {
        // Two that swapped their names or keys would stand in each other's way. No class is called so by a person.
        let mut set_free = change.prepare_cached("UPDATE classes SET name = '/' || id, key = NULL WHERE id = ?1")?;
        for (id, _) in &rows {
            set_free.execute([id])?;
        }
        rows.iter().try_for_each(|(_, row)| row.put(change, "classes", "id"))
    })?;
    if together.is_some() {
        return Ok(());
    }
    // One that could not be read still has in the backup what another has taken since.
    for (id, mut row) in rows {
        let brought = whole(change, || row.put(change, "classes", "id"))?;
        if brought.is_none() && !known.contains(&id) {
            // A key is not worth a class.
            row.set("key", Value::Null);
            whole(change, || row.put(change, "classes", "id"))?;
        }
    }
    Ok(())
}

/// An example that is lost leaves the backup's.
fn keep_example(change: &Transaction<'_>, id: i64, row: &mut Row) -> rusqlite::Result<()> {
    let lost = row.number("example").is_some_and(|part| !labels::is_part(change, part).unwrap_or(false));
    if lost {
        let ours: Option<Option<i64>> =
            change.query_row("SELECT example FROM classes WHERE id = ?1", [id], |row| row.get(0)).optional()?;
        row.set("example", ours.flatten().map_or(Value::Null, Value::Integer));
    }
    Ok(())
}

/// Makes a class up that labels name and that could not be read. Without one their marks would be areas to ignore, and
/// to drop them would throw a person's work away; all that were of one class still are, and a person can name it again.
pub(super) fn make_up(change: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    if change.prepare_cached("SELECT 1 FROM classes WHERE id = ?1")?.exists([id])? {
        return Ok(());
    }
    let others = classes::all(change)?;
    let free = |name: &String| others.iter().all(|other| !DefectClass::same_name(&other.name, name));
    let Some(name) = [format!("class {id}"), format!("class {id} (lost)")].into_iter().find(free) else {
        return Ok(());
    };
    // A number that was never given is damage itself: the label that names it is refused then.
    change
        .prepare_cached(
            "INSERT INTO classes (id, name, colour, rule)
             SELECT ?1, ?2, ?3, '' WHERE ?1 BETWEEN 1 AND (SELECT seq FROM sqlite_sequence WHERE name = 'classes')",
        )?
        .execute(params![id, name, Colour::PALETTE[7].hex()])?;
    Ok(())
}
