//! What is said about each part now, and the one thing that each labelled part is used for.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sightline_core::label::LabelError;
use sightline_core::{DefectClass, LabelUse, PartLabel, PictureSize, Record};

use crate::label_events::{self, LabelAction};
use crate::label_use::{UseWord, use_of};
use crate::refusal::Refusal;
use crate::{Store, StoreError, classes, parts};

/// Letters of the name of a person.
const MAX_WHO_CHARS: usize = 100;

// `state` is the change whose label holds; none when it was undone to the beginning. `used` stays through all changes: a
// part that a model has learned from never helps to set a limit.
pub(crate) const CREATE: &str = "
    CREATE TABLE labels (
        part        INTEGER PRIMARY KEY REFERENCES parts (id),
        state       INTEGER REFERENCES label_events (id),
        used        TEXT NOT NULL CHECK (used IN ('training', 'calibration', 'test')),
        made_millis INTEGER NOT NULL,
        who         TEXT NOT NULL
    ) STRICT;
    CREATE INDEX labels_by_use ON labels (used);
    CREATE INDEX parts_by_content ON parts (content_hash);";

/// The label of a part as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptLabel {
    /// What is said; empty where everything was undone.
    pub label: PartLabel,
    /// What the part is used for.
    pub used: LabelUse,
    /// When the label last changed, in milliseconds since 1970.
    pub made_millis: i64,
    /// Who changed it.
    pub who: String,
    /// There is a change to take back.
    pub can_undo: bool,
    /// There is a change that was taken back.
    pub can_redo: bool,
}

/// A part with what is said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPart {
    /// The record.
    pub record: Record,
    /// What is said.
    pub label: PartLabel,
    /// What the part is used for.
    pub used: LabelUse,
}

impl Store {
    /// The label of a part; none when nobody ever said anything.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn label(&self, part: i64) -> Result<Option<KeptLabel>, StoreError> {
        self.read("reading a label", |question| kept(question, part))
    }

    /// Says something new about a part.
    ///
    /// # Errors
    /// When there is no such part or class, the label is not valid for the part's picture, or the database cannot be
    /// written; nothing is then changed.
    pub fn set_label(&self, part: i64, label: &PartLabel, who: &str) -> Result<KeptLabel, StoreError> {
        self.set_labels(&[(part, label.clone())], who)?;
        self.label(part)?.ok_or(StoreError::NoPart { id: part })
    }

    /// Says something new about many parts at once: all of it or nothing.
    ///
    /// # Errors
    /// As [`Self::set_label`].
    pub fn set_labels(&self, labels: &[(i64, PartLabel)], who: &str) -> Result<(), StoreError> {
        self.write_or_refuse("keeping labels", |change| set_all(change, labels, who))
    }

    /// Takes over classes and labels of another place, all or nothing: a class that is known by its name is taken for
    /// the one that is there, the others are made. The labels' classes are numbered as in `theirs`. Gives the number of
    /// new classes.
    ///
    /// # Errors
    /// As [`Self::set_label`].
    pub fn take_over_labels(
        &self,
        theirs: &[DefectClass],
        labels: Vec<(i64, PartLabel)>,
        who: &str,
    ) -> Result<usize, StoreError> {
        self.write_or_refuse("taking over labels", |change| {
            let (numbers, made) = classes::take_over(change, theirs)?;
            let number = |class| numbers.get(&class).copied().unwrap_or(class);
            let labels: Vec<(i64, PartLabel)> =
                labels.into_iter().map(|(part, label)| (part, label.renumbered(number))).collect();
            set_all(change, &labels, who)?;
            Ok(made)
        })
    }

    /// Takes back the last change of a part's label; none when there is nothing to take back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn undo_label(&self, part: i64, who: &str) -> Result<Option<KeptLabel>, StoreError> {
        self.write("taking back a label", |change| {
            let Some(Some(state)) = state(change, part)? else { return Ok(None) };
            let before = label_events::before(change, state)?;
            go(change, part, LabelAction::Undo, before, who)?;
            kept(change, part)
        })
    }

    /// Makes the last change again that was taken back; none when there is none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn redo_label(&self, part: i64, who: &str) -> Result<Option<KeptLabel>, StoreError> {
        self.write("making a label again", |change| {
            let Some(state) = state(change, part)? else { return Ok(None) };
            let Some(after) = label_events::after(change, part, state)? else { return Ok(None) };
            go(change, part, LabelAction::Redo, Some(after), who)?;
            kept(change, part)
        })
    }

    /// All parts about which something is said, in the order of their records; of one use when it is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labelled(&self, used: Option<LabelUse>) -> Result<Vec<LabelledPart>, StoreError> {
        self.read("reading labelled parts", |question| {
            let moment = question.unchecked_transaction()?;
            let mut rows = moment.prepare_cached(
                "SELECT parts.*, labels.state, labels.used FROM labels JOIN parts ON parts.id = labels.part
                 WHERE labels.state IS NOT NULL AND (?1 IS NULL OR labels.used = ?1) ORDER BY parts.id",
            )?;
            let found = rows.query_map([used.map(UseWord)], |row| {
                let label = label_events::label(&moment, row.get("state")?)?;
                Ok(LabelledPart { record: parts::record(row)?, label, used: row.get::<_, UseWord>("used")?.0 })
            })?;
            // A label may be empty again without an undo.
            found.filter(|part| !part.as_ref().is_ok_and(|part| part.label.is_empty())).collect()
        })
    }
}

fn set_all(change: &Transaction<'_>, labels: &[(i64, PartLabel)], who: &str) -> Result<(), Refusal> {
    let known = classes::all(change)?;
    for (part, label) in labels {
        let size = picture_size(change, *part)?.ok_or(StoreError::NoPart { id: *part })?;
        let unknown = label.classes().into_iter().find(|id| known.iter().all(|class| class.id != *id));
        let fault = unknown.map(|id| LabelError::UnknownClass { id: id.0 });
        if let Some(source) = fault.or_else(|| check(label, size).err()) {
            return Err(StoreError::Label { id: *part, source }.into());
        }
        set(change, *part, label, who)?;
    }
    Ok(())
}

/// A part without a picture may have a tag and a note, and no marks.
fn check(label: &PartLabel, size: Option<PictureSize>) -> Result<(), LabelError> {
    match size {
        Some(size) => label.check(size),
        None if label.marks.is_empty() => label.check(PictureSize { width: 1, height: 1 }),
        None => Err(LabelError::NoArea { mark: 1, why: "the part has no picture that could be read" }),
    }
}

fn set(change: &Transaction<'_>, part: i64, label: &PartLabel, who: &str) -> rusqlite::Result<()> {
    let (now, who) = (Timestamp::now().as_millisecond(), shortened(who));
    let before = state(change, part)?;
    if let Some(Some(event)) = before
        && label_events::label(change, event)? == *label
    {
        // Saying the same again is no change that could be taken back.
        return Ok(());
    }
    let event = label_events::set(change, part, label, before.flatten(), &who, now)?;
    hold(change, part, Some(event), use_of(change, part)?, now, &who)
}

/// Lets a state of a part's label hold. `used` counts for a part that had no label before: then it stays.
pub(crate) fn hold(
    change: &Transaction<'_>,
    part: i64,
    state: Option<i64>,
    used: LabelUse,
    made_millis: i64,
    who: &str,
) -> rusqlite::Result<()> {
    change
        .prepare_cached(
            "INSERT INTO labels (part, state, used, made_millis, who) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (part) DO UPDATE SET state = excluded.state, made_millis = excluded.made_millis,
                 who = excluded.who",
        )?
        .execute(params![part, state, UseWord(used), made_millis, who])?;
    Ok(())
}

fn go(change: &Transaction<'_>, part: i64, action: LabelAction, state: Option<i64>, who: &str) -> rusqlite::Result<()> {
    let (now, who) = (Timestamp::now().as_millisecond(), shortened(who));
    label_events::go(change, part, action, state, &who, now)?;
    change
        .prepare_cached("UPDATE labels SET state = ?2, made_millis = ?3, who = ?4 WHERE part = ?1")?
        .execute(params![part, state, now, who])?;
    Ok(())
}

fn shortened(who: &str) -> String {
    who.chars().filter(|letter| !letter.is_control()).take(MAX_WHO_CHARS).collect()
}

fn kept(question: &Connection, part: i64) -> rusqlite::Result<Option<KeptLabel>> {
    let row = question
        .prepare_cached("SELECT state, used, made_millis, who FROM labels WHERE part = ?1")?
        .query_row([part], |row| {
            let state: Option<i64> = row.get("state")?;
            Ok((state, row.get::<_, UseWord>("used")?.0, row.get("made_millis")?, row.get("who")?))
        })
        .optional()?;
    let Some((state, used, made_millis, who)) = row else { return Ok(None) };
    let label = state.map(|event| label_events::label(question, event)).transpose()?.unwrap_or_default();
    let can_redo = label_events::after(question, part, state)?.is_some();
    Ok(Some(KeptLabel { label, used, made_millis, who, can_undo: state.is_some(), can_redo }))
}

/// None when the part never had a label; then the change whose label holds.
fn state(question: &Connection, part: i64) -> rusqlite::Result<Option<Option<i64>>> {
    question.prepare_cached("SELECT state FROM labels WHERE part = ?1")?.query_row([part], |row| row.get(0)).optional()
}

/// The size of a part's picture, none where it could not be read; none when there is no such part.
fn picture_size(question: &Connection, part: i64) -> rusqlite::Result<Option<Option<PictureSize>>> {
    question
        .prepare_cached("SELECT width, height FROM parts WHERE id = ?1")?
        .query_row([part], |row| {
            let (width, height): (Option<u32>, Option<u32>) = (row.get(0)?, row.get(1)?);
            Ok(width.zip(height).map(|(width, height)| PictureSize { width, height }))
        })
        .optional()
}

pub(crate) fn is_part(question: &Connection, part: i64) -> rusqlite::Result<bool> {
    Ok(picture_size(question, part)?.is_some())
}

#[cfg(test)]
mod tests;
