//! What people said about parts since the backup: every change with its marks, and what holds now.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params};
use sightline_core::LabelUse;

use super::rows::{Row, whole};
use super::{Salvaged, classes};
use crate::label_events::{self, LabelAction};
use crate::label_use::{UseWord, use_of};
use crate::labels;

/// What holds of a part as the damaged database has it.
struct Held {
    state: Option<i64>,
    used: LabelUse,
    made_millis: i64,
    who: String,
}

/// Brings the changes with these numbers, and counts them.
pub(super) fn bring(
    change: &Transaction<'_>,
    from: &Connection,
    since: RangeInclusive<i64>,
    salvaged: &mut Salvaged,
) -> rusqlite::Result<()> {
    // In the order of their first changes: of parts with the very same picture the first one decides what they are for.
    let (mut parts, mut seen) = (Vec::new(), BTreeSet::new());
    for id in since {
        let Some(part) = whole(change, || bring_event(change, from, id))?.flatten() else {
            salvaged.labels_lost += 1;
            continue;
        };
        salvaged.labels_saved += 1;
        if seen.insert(part) {
            parts.push(part);
        }
    }
    // Those whose row can be read come first, for the same reason.
    let (told, untold): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|part| (part, held(from, part))).partition(|(_, held)| held.is_some());
    for (part, held) in told.into_iter().chain(untold) {
        whole(change, || hold(change, part, held))?;
    }
    Ok(())
}

/// A change with all its marks; gives the part. None when there is none, or it says nothing without what is lost.
fn bring_event(change: &Transaction<'_>, from: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    let number = Value::Integer(id);
    let Some(mut event) = Row::one(from, "label_events", "id", &number)? else { return Ok(None) };
    let marks = Row::all(from, "marks", "event", &number)?;
    let Some(part) = event.number("part") else { return Ok(None) };
    for column in ["before", "state"] {
        let Some(state) = event.number(column) else { continue };
        if is_state(change, part, state)? {
            continue;
        }
        if event.text("action") == Some(LabelAction::Redo.word()) {
            return Ok(None);
        }
        // The way back ends here. An undo takes back all the same: what it took back must not hold again.
        event.set(column, Value::Null);
    }
    for class in marks.iter().filter_map(|mark| mark.number("class")).chain(event.number("tag_class")) {
        classes::make_up(change, class)?;
    }
    event.put(change, "label_events", "id")?;
    for mark in &marks {
        mark.put(change, "marks", "event, place")?;
    }
    // One that cannot be understood would keep all labels from being read.
    label_events::label(change, id)?;
    Ok(Some(part))
}

fn is_state(change: &Transaction<'_>, part: i64, event: i64) -> rusqlite::Result<bool> {
    change
        .prepare_cached("SELECT 1 FROM label_events WHERE id = ?1 AND part = ?2 AND action = 'set'")?
        .exists(params![event, part])
}

/// None when there is no such row, or it cannot be read.
fn held(from: &Connection, part: i64) -> Option<Held> {
    let mut question = from.prepare_cached("SELECT state, used, made_millis, who FROM labels WHERE part = ?1").ok()?;
    let held = question.query_row([part], |row| {
        let used = row.get::<_, UseWord>("used")?.0;
        Ok(Held { state: row.get("state")?, used, made_millis: row.get("made_millis")?, who: row.get("who")? })
    });
    held.ok()
}

/// Lets hold what the damaged database says, or else what the newest change says that was brought, an undo as well: a
/// label that was taken back does not come again. What a part is used for that has a label in the backup stays.
fn hold(change: &Transaction<'_>, part: i64, held: Option<Held>) -> rusqlite::Result<()> {
    let used = match &held {
        Some(held) => held.used,
        None => use_of(change, part)?,
    };
    if let Some(held) = held {
        let there = held.state.map(|state| is_state(change, part, state)).transpose()?;
        if there != Some(false) {
            return labels::hold(change, part, held.state, used, held.made_millis, &held.who);
        }
    }
    match label_events::newest(change, part)? {
        Some(newest) => labels::hold(change, part, newest.state, used, newest.made_millis, &newest.who),
        None => Ok(()),
    }
}
