//! Models since the backup, how they did in their trials, and which of them judges. What fails leaves the backup's.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::rows::{Row, whole};
use crate::drift;

/// Brings models, what is noted of promotions with these numbers, and trials.
pub(super) fn bring(
    change: &Transaction<'_>,
    from: &Connection,
    promoted: RangeInclusive<i64>,
) -> rusqlite::Result<()> {
    let new = bring_models(change, from)?;
    for id in promoted {
        whole(change, || bring_promotion(change, from, id))?;
    }
    bring_trials(change, from, &new)
}

/// Gives those that the backup did not know.
fn bring_models(change: &Transaction<'_>, from: &Connection) -> rusqlite::Result<Vec<String>> {
    let (live, challenger) = (flagged(change, "live")?, flagged(change, "challenger")?);
    // There may be one live model and one challenger only: none, until it is known which.
    change.execute("UPDATE models SET live = 0, challenger = 0", [])?;
    let mut new = Vec::new();
    for id in ids(from) {
        let known = is_model(change, &id)?;
        let brought = whole(change, || bring_model(change, from, &id))?;
        if brought == Some(true) && !known {
            new.push(id);
        }
    }
    let wanted = flagged(from, "live").ok().flatten();
    if !flag(change, "live", wanted.as_deref())? {
        flag(change, "live", live.as_deref())?;
    }
    flag(change, "challenger", flagged(from, "challenger").unwrap_or(challenger).as_deref())?;
    if flagged(change, "live")? != live {
        drift::restart(change)?;
    }
    Ok(new)
}

fn bring_model(change: &Transaction<'_>, from: &Connection, id: &str) -> rusqlite::Result<bool> {
    let Some(mut row) = Row::one(from, "models", "id", &Value::Text(id.to_owned()))? else { return Ok(false) };
    row.set("live", Value::Integer(0));
    row.set("challenger", Value::Integer(0));
    row.put(change, "models", "id")?;
    Ok(true)
}

/// One whose model is lost is lost. Where the model before it is, the way back ends there.
fn bring_promotion(change: &Transaction<'_>, from: &Connection, id: i64) -> rusqlite::Result<()> {
    let Some(mut row) = Row::one(from, "promotions", "id", &Value::Integer(id))? else { return Ok(()) };
    let before = row.text("before").map(|before| is_model(change, before)).transpose()?;
    if before == Some(false) {
        row.set("before", Value::Null);
    }
    row.put(change, "promotions", "id")
}

fn bring_trials(change: &Transaction<'_>, from: &Connection, new: &[String]) -> rusqlite::Result<()> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'trials'";
    if matches!(from.query_row(tables, [], |row| row.get::<_, i64>(0)), Ok(0)) {
        // An older format: nothing was tried yet.
        return Ok(());
    }
    for id in ids(change) {
        let key = Value::Text(id.clone());
        let brought = whole(change, || {
            Row::all(from, "trials", "model", &key)?.iter().try_for_each(|row| row.put(change, "trials", "model"))
        })?;
        if brought.is_none() && new.contains(&id) {
            // Without its trial a refused model would pass for one that needs none, so it goes too; its file stays. One
            // that has judged was not refused: it is live, or a promotion or another's trial names it and it cannot go.
            whole(change, || change.execute("DELETE FROM models WHERE id = ?1 AND live = 0", [&id]))?;
        }
    }
    Ok(())
}

/// All that can be found, by the index and without it.
fn ids(of: &Connection) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for hint in ["", "NOT INDEXED"] {
        let Ok(mut question) = of.prepare(&format!("SELECT id FROM models {hint}")) else { continue };
        let Ok(rows) = question.query_map([], |row| row.get::<_, String>(0)) else { continue };
        ids.extend(rows.map_while(Result::ok));
    }
    ids
}

fn is_model(change: &Transaction<'_>, id: &str) -> rusqlite::Result<bool> {
    change.prepare_cached("SELECT 1 FROM models WHERE id = ?1")?.exists([id])
}

/// The model with a flag.
fn flagged(of: &Connection, flag: &str) -> rusqlite::Result<Option<String>> {
    let ask = |hint: &str| {
        let question = format!("SELECT id FROM models {hint} WHERE {flag} = 1");
        of.query_row(&question, [], |row| row.get(0)).optional()
    };
    ask("").or_else(|_| ask("NOT INDEXED"))
}

/// Gives a flag to a model that is not live. False when there is no such model.
fn flag(change: &Transaction<'_>, flag: &str, model: Option<&str>) -> rusqlite::Result<bool> {
    let Some(model) = model else { return Ok(false) };
    Ok(change.execute(&format!("UPDATE models SET {flag} = 1 WHERE id = ?1 AND live = 0"), [model])? == 1)
}
