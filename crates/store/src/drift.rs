//! How far the watch over the live model's parts has come (`sightline_core::drift`), kept so that a restart goes on there.

use rusqlite::{OptionalExtension, Transaction, named_params, params};
use sightline_core::DriftMemory;

use crate::columns::DriftBlob;
use crate::parts::row_limit;
use crate::{Store, StoreError};

// One row: the live model's. `started` is the newest part when the model became live, `upto` the last one counted.
pub(crate) const CREATE: &str = "
    CREATE TABLE drift (
        model   TEXT PRIMARY KEY REFERENCES models (id),
        started INTEGER NOT NULL,
        upto    INTEGER NOT NULL,
        memory  BLOB
    ) STRICT;";

/// A line that had a model before it was watched is watched from its next part on.
pub(crate) const START: &str = "
    INSERT INTO drift (model, started, upto)
        SELECT models.id, newest.id, newest.id
        FROM models, (SELECT coalesce(max(id), 0) AS id FROM parts) AS newest WHERE models.live = 1;";

/// Where a model's watch stands.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptDrift {
    /// The newest part when the model became live: parts after it are watched. Tells one watch of a model from the next.
    pub started: i64,
    /// The last part that was looked at.
    pub upto: i64,
    /// What the monitor remembered then; none when it has kept nothing yet.
    pub memory: Option<DriftMemory>,
}

/// What the monitor needs of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Running number of the part.
    pub id: i64,
    /// When it was stored, in milliseconds since 1970.
    pub stored_millis: i64,
    /// The model that judged; none when the part could not be judged.
    pub model: Option<String>,
    /// Its score; none when it could not be judged, or the score was not a number.
    pub score: Option<f64>,
}

/// Starts the live model's watch anew, in the transaction that makes it live.
pub(crate) fn restart(change: &Transaction<'_>) -> rusqlite::Result<()> {
    change.execute("DELETE FROM drift", [])?;
    change.execute(START, [])?;
    Ok(())
}

impl Store {
    /// Where the watch over a model stands. A model that is not live has none that is kept: it starts at the newest part.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn drift(&self, model: &str) -> Result<KeptDrift, StoreError> {
        self.read("reading the drift watch", |question| {
            let kept = question
                .prepare_cached("SELECT started, upto, memory FROM drift WHERE model = ?1")?
                .query_row([model], |row| {
                    let memory = row.get::<_, Option<DriftBlob<_>>>("memory")?.map(|memory| memory.0);
                    Ok(KeptDrift { started: row.get("started")?, upto: row.get("upto")?, memory })
                })
                .optional()?;
            kept.map_or_else(
                || {
                    question.query_row("SELECT coalesce(max(id), 0) FROM parts", [], |row| {
                        let newest = row.get(0)?;
                        Ok(KeptDrift { started: newest, upto: newest, memory: None })
                    })
                },
                Ok,
            )
        })
    }

    /// Keeps where the watch over a model stands. Nothing is kept when that watch is over: another model is live, or the
    /// same one was made live again.
    ///
    /// # Errors
    /// When the database cannot be written; what was kept before is then still there.
    pub fn keep_drift(&self, model: &str, started: i64, upto: i64, memory: &DriftMemory) -> Result<(), StoreError> {
        self.write("keeping the drift watch", |change| {
            change
                .prepare_cached(
                    "UPDATE drift SET upto = :upto, memory = :memory WHERE model = :model AND started = :started",
                )?
                .execute(named_params! {
                    ":model": model,
                    ":started": started,
                    ":upto": upto,
                    ":memory": DriftBlob(memory),
                })?;
            Ok(())
        })
    }

    /// Scores of the records after the one with number `after`, in the order in which they were stored, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn scores_after(&self, after: i64, limit: usize) -> Result<Vec<ScoreRow>, StoreError> {
        self.read("reading scores", |question| {
            question
                .prepare_cached("SELECT id, stored_millis, model, score FROM parts WHERE id > ?1 ORDER BY id LIMIT ?2")?
                .query_map(params![after, row_limit(limit)], |row| {
                    Ok(ScoreRow {
                        id: row.get("id")?,
                        stored_millis: row.get("stored_millis")?,
                        model: row.get("model")?,
                        score: row.get("score")?,
                    })
                })?
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelRow;
    use crate::testing::{judged, line, model_files, unreadable};
    use sightline_core::{Calibration, DriftMonitor, PartMark, UnreadableReason, Verdict};

    fn make_live(store: &Store, id: &str) {
        let row = ModelRow { id: id.into(), made_millis: 5, file_name: format!("{id}.slm"), promise_json: "{}".into() };
        model_files(store, &[id]);
        store.add_model_and_make_live(&row).unwrap();
    }

    fn record(store: &Store, name: &str) {
        store.record(&judged(name, Verdict::Pass), None, None).unwrap();
    }

    /// What a monitor remembers after some parts.
    fn memory() -> DriftMemory {
        let calibration = Calibration::new((0..50).map(f64::from).collect(), 0.1, 0.9).unwrap();
        let mut monitor = DriftMonitor::new(&calibration, "m");
        for part in 1..30 {
            monitor.observe(PartMark { part, stored_millis: -part }, 40.0 / part as f64 - 7.0);
        }
        monitor.memory()
    }

    #[test]
    fn a_watch_is_kept_to_the_bit() {
        let (dir, store) = line();
        make_live(&store, "a");
        assert_eq!(store.drift("a").unwrap(), KeptDrift { started: 0, upto: 0, memory: None });
        store.keep_drift("a", 0, 17, &memory()).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.drift("a").unwrap(), KeptDrift { started: 0, upto: 17, memory: Some(memory()) });
    }

    #[test]
    fn a_model_that_becomes_live_is_watched_from_its_next_part_on() {
        let (_dir, store) = line();
        record(&store, "1.png");
        make_live(&store, "a");
        record(&store, "2.png");
        store.keep_drift("a", 1, 2, &memory()).unwrap();
        // Learned again to the same bytes: the watch starts anew, and the old one cannot come back.
        make_live(&store, "a");
        let anew = KeptDrift { started: 2, upto: 2, memory: None };
        assert_eq!(store.drift("a").unwrap(), anew);
        store.keep_drift("a", 1, 2, &memory()).unwrap();
        assert_eq!(store.drift("a").unwrap(), anew);
        make_live(&store, "b");
        store.keep_drift("a", 2, 2, &memory()).unwrap();
        assert_eq!((store.drift("a").unwrap(), store.drift("b").unwrap()), (anew.clone(), anew));
    }

    #[test]
    fn scores_come_in_order_and_no_more_than_asked_for() {
        let (_dir, store) = line();
        record(&store, "1.png");
        store.record(&unreadable("2.png", UnreadableReason::Damaged), None, None).unwrap();
        record(&store, "3.png");
        let rows = |after, limit| {
            let rows = store.scores_after(after, limit).unwrap();
            rows.into_iter().map(|row| (row.id, row.model.is_some(), row.score)).collect::<Vec<_>>()
        };
        assert_eq!(rows(0, 2), [(1, true, Some(1.25)), (2, false, None)]);
        assert_eq!(rows(2, 9), [(3, true, Some(1.25))]);
        assert_eq!(rows(3, 9), []);
    }
}
