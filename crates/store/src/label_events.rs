//! What happened to a part's label: every change, undo and redo, in their order. Nothing is ever changed or taken away,
//! so undo works across restarts and who said what stays known.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use sightline_core::{ClassId, Mark, Meaning, PartLabel, Tag};

use crate::parts::row_limit;
use crate::shapes::{ShapeBlob, shape};
use crate::{Store, StoreError};

// A "set" carries the label that holds after it; "undo" and "redo" name the "set" whose label holds again, or none where
// nothing is said any more. `before` is the state that a "set" replaced.
pub(crate) const CREATE: &str = "
    CREATE TABLE label_events (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        part        INTEGER NOT NULL REFERENCES parts (id),
        made_millis INTEGER NOT NULL,
        who         TEXT NOT NULL,
        action      TEXT NOT NULL CHECK (action IN ('set', 'undo', 'redo')),
        state       INTEGER REFERENCES label_events (id),
        before      INTEGER REFERENCES label_events (id),
        tag         TEXT CHECK (tag IN ('good', 'defect')),
        tag_class   INTEGER REFERENCES classes (id),
        note        TEXT NOT NULL DEFAULT '',
        checked     INTEGER NOT NULL DEFAULT 0 CHECK (checked IN (0, 1)),
        CHECK (tag_class IS NULL OR tag = 'defect')
    ) STRICT;
    CREATE INDEX label_events_by_part ON label_events (part, id);
    CREATE TABLE marks (
        event INTEGER NOT NULL REFERENCES label_events (id),
        place INTEGER NOT NULL,
        class INTEGER REFERENCES classes (id),
        kind  TEXT NOT NULL CHECK (kind IN ('box', 'polygon', 'mask')),
        shape BLOB NOT NULL,
        PRIMARY KEY (event, place)
    ) STRICT;
    CREATE INDEX marks_by_class ON marks (class);";

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelAction {
    /// Said something new.
    Set,
    /// Went back.
    Undo,
    /// Went forward again.
    Redo,
}

impl LabelAction {
    const WORDS: [(Self, &'static str); 3] = [(Self::Set, "set"), (Self::Undo, "undo"), (Self::Redo, "redo")];

    pub(crate) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(action, _)| *action == self).map_or("", |(_, word)| word)
    }
}

/// One thing that happened to a part's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelEvent {
    /// Running number.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub made_millis: i64,
    /// Who did it.
    pub who: String,
    /// What was done.
    pub action: LabelAction,
    /// The change whose label holds from here on; none when nothing is said any more.
    pub state: Option<i64>,
}

impl Store {
    /// What happened to a part's label, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn label_history(&self, part: i64, limit: usize) -> Result<Vec<LabelEvent>, StoreError> {
        self.read("reading a label's history", |question| {
            question
                .prepare_cached("SELECT * FROM label_events WHERE part = ?1 ORDER BY id DESC LIMIT ?2")?
                .query_map(params![part, row_limit(limit)], event)?
                .collect()
        })
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<LabelEvent> {
    let word: String = row.get("action")?;
    let action = LabelAction::WORDS.iter().find(|(_, known)| *known == word).map_or(LabelAction::Set, |(a, _)| *a);
    let id = row.get("id")?;
    let state = if action == LabelAction::Set { Some(id) } else { row.get("state")? };
    Ok(LabelEvent { id, made_millis: row.get("made_millis")?, who: row.get("who")?, action, state })
}

/// Writes down a new label, and gives the number of the change.
pub(crate) fn set(
    change: &Transaction<'_>,
    part: i64,
    label: &PartLabel,
    before: Option<i64>,
    who: &str,
    made_millis: i64,
) -> rusqlite::Result<i64> {
    let (tag, tag_class) = match label.tag {
        None => (None, None),
        Some(Tag::Good) => (Some("good"), None),
        Some(Tag::Defect(class)) => (Some("defect"), class.map(|class| class.0)),
    };
    change
        .prepare_cached(
            "INSERT INTO label_events (part, made_millis, who, action, before, tag, tag_class, note, checked)
             VALUES (:part, :made_millis, :who, 'set', :before, :tag, :tag_class, :note, :checked)",
        )?
        .execute(named_params! {
            ":part": part,
            ":made_millis": made_millis,
            ":who": who,
            ":before": before,
            ":tag": tag,
            ":tag_class": tag_class,
            ":note": label.note,
            ":checked": label.checked,
        })?;
    let event = change.last_insert_rowid();
    let mut insert =
        change.prepare_cached("INSERT INTO marks (event, place, class, kind, shape) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (mark, place) in label.marks.iter().zip(0_i64..) {
        let class = match mark.meaning {
            Meaning::Defect(class) => Some(class.0),
            Meaning::Ignore => None,
        };
        let blob = ShapeBlob(&mark.shape);
        insert.execute(params![event, place, class, blob.kind(), blob])?;
    }
    Ok(event)
}

/// Writes down that another state holds again.
pub(crate) fn go(
    change: &Transaction<'_>,
    part: i64,
    action: LabelAction,
    state: Option<i64>,
    who: &str,
    made_millis: i64,
) -> rusqlite::Result<()> {
    change
        .prepare_cached("INSERT INTO label_events (part, made_millis, who, action, state) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![part, made_millis, who, action.word(), state])?;
    Ok(())
}

/// What happened last to a part's label.
pub(crate) fn newest(question: &Connection, part: i64) -> rusqlite::Result<Option<LabelEvent>> {
    question
        .prepare_cached("SELECT * FROM label_events WHERE part = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([part], event)
        .optional()
}

/// The state that a change replaced.
pub(crate) fn before(question: &Connection, event: i64) -> rusqlite::Result<Option<i64>> {
    question.prepare_cached("SELECT before FROM label_events WHERE id = ?1")?.query_row([event], |row| row.get(0))
}

/// The newest change that was made in this state; it can be made again when the state holds.
pub(crate) fn after(question: &Connection, part: i64, state: Option<i64>) -> rusqlite::Result<Option<i64>> {
    question
        .prepare_cached(
            "SELECT id FROM label_events WHERE part = ?1 AND action = 'set' AND before IS ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![part, state], |row| row.get(0))
        .optional()
}

/// The label of a change.
pub(crate) fn label(question: &Connection, event: i64) -> rusqlite::Result<PartLabel> {
    let mut label = question
        .prepare_cached("SELECT tag, tag_class, note, checked FROM label_events WHERE id = ?1")?
        .query_row([event], |row| {
            let class: Option<u32> = row.get("tag_class")?;
            let tag = match row.get::<_, Option<String>>("tag")?.as_deref() {
                Some("good") => Some(Tag::Good),
                Some(_) => Some(Tag::Defect(class.map(ClassId))),
                None => None,
            };
            Ok(PartLabel { tag, marks: Vec::new(), note: row.get("note")?, checked: row.get("checked")? })
        })?;
    label.marks = question
        .prepare_cached("SELECT class, kind, shape FROM marks WHERE event = ?1 ORDER BY place")?
        .query_map([event], |row| {
            let class: Option<u32> = row.get("class")?;
            let kind: String = row.get("kind")?;
            Ok(Mark {
                meaning: class.map_or(Meaning::Ignore, |class| Meaning::Defect(ClassId(class))),
                shape: shape(&kind, row.get_ref("shape")?)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(label)
}
