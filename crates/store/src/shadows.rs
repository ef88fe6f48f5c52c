//! What a challenger said of parts that the live model judged. Nobody on the line is told; the two are compared.

use rusqlite::{OptionalExtension, named_params, params};
use sightline_core::Verdict;

use crate::columns::VerdictWord;
use crate::{ModelRow, Store, StoreError, models};

pub(crate) const CREATE: &str = "
    CREATE TABLE shadows (
        part           INTEGER NOT NULL REFERENCES parts (id),
        model          TEXT NOT NULL,
        verdict        TEXT NOT NULL CHECK (verdict IN ('pass', 'review', 'reject', 'unreadable')),
        score          REAL,
        reject_above   REAL,
        latency_millis REAL NOT NULL,
        PRIMARY KEY (model, part)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE models ADD COLUMN challenger INTEGER NOT NULL DEFAULT 0 CHECK (challenger IN (0, 1));
    CREATE UNIQUE INDEX one_challenger ON models (challenger) WHERE challenger = 1;";

/// A challenger's word on a part.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadow {
    /// Number of the part's record.
    pub part: i64,
    /// The challenger.
    pub model: String,
    /// What it would have told the line.
    pub verdict: Verdict,
    /// Its score; none when it could not judge, or the score was not a number.
    pub score: Option<f64>,
    /// The score beyond which it rejects.
    pub reject_above: Option<f64>,
    /// How long it took to judge.
    pub latency_millis: f64,
}

/// How two models judged the same parts. "Bad" is rejected or unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    /// Parts that both judged.
    pub parts: u64,
    /// Bad by both.
    pub both_bad: u64,
    /// Bad by the one that judged live alone.
    pub only_live_bad: u64,
    /// Bad by the challenger alone.
    pub only_challenger_bad: u64,
}

impl Store {
    /// Keeps a challenger's word. A second word on the same part changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written, or there is no such part.
    pub fn keep_shadow(&self, shadow: &Shadow) -> Result<(), StoreError> {
        self.write("keeping a challenger's verdict", |change| {
            change
                .prepare_cached(
                    "INSERT INTO shadows (part, model, verdict, score, reject_above, latency_millis)
                     VALUES (:part, :model, :verdict, :score, :reject_above, :latency_millis)
                     ON CONFLICT (model, part) DO NOTHING",
                )?
                .execute(named_params! {
                    ":part": shadow.part,
                    ":model": shadow.model,
                    ":verdict": VerdictWord(shadow.verdict),
                    ":score": shadow.score,
                    ":reject_above": shadow.reject_above,
                    ":latency_millis": shadow.latency_millis,
                })?;
            Ok(())
        })
    }

    /// Lets one of the line's models judge beside the live one, or none. False when there is no such model.
    ///
    /// # Errors
    /// When its file is gone or the database cannot be written; who judges beside is then the same as before.
    pub fn set_challenger(&self, model: Option<&str>) -> Result<bool, StoreError> {
        self.write_or_refuse("choosing a challenger", |change| {
            change.execute("UPDATE models SET challenger = 0 WHERE challenger = 1", [])?;
            let Some(model) = model else { return Ok(true) };
            let known = change.execute("UPDATE models SET challenger = 1 WHERE id = ?1", [model])? == 1;
            if known {
                self.refuse_without_file(model)?;
            }
            Ok(known)
        })
    }

    /// The model that judges beside the live one; none when none does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn challenger(&self) -> Result<Option<ModelRow>, StoreError> {
        self.read("looking for the challenger", |question| {
            question.query_row("SELECT * FROM models WHERE challenger = 1", [], models::model).optional()
        })
    }

    /// All models of the line, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn models(&self) -> Result<Vec<ModelRow>, StoreError> {
        self.read("listing the models", |question| {
            question
                .prepare_cached("SELECT * FROM models ORDER BY made_millis DESC")?
                .query_map([], models::model)?
                .collect()
        })
    }

    /// When the first part was stored that a challenger and the live model `live` both judged, in milliseconds since 1970;
    /// none before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn shadow_since(&self, challenger: &str, live: &str) -> Result<Option<i64>, StoreError> {
        self.read("looking for the first compared part", |question| {
            question.query_row(
                "SELECT min(parts.stored_millis) FROM shadows JOIN parts ON parts.id = shadows.part
                 WHERE shadows.model = ?1 AND parts.model = ?2",
                params![challenger, live],
                |row| row.get(0),
            )
        })
    }

    /// How a challenger and the live model `live` judged the parts that both judged.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn compare_shadow(&self, challenger: &str, live: &str) -> Result<Compared, StoreError> {
        self.read("comparing two models", |question| {
            let mut rows = question.prepare_cached(
                "SELECT parts.verdict IN ('reject', 'unreadable') AS live_bad,
                        shadows.verdict IN ('reject', 'unreadable') AS challenger_bad, count(*) AS parts
                 FROM shadows JOIN parts ON parts.id = shadows.part
                 WHERE shadows.model = ?1 AND parts.model = ?2 GROUP BY live_bad, challenger_bad",
            )?;
            let mut compared = Compared::default();
            let mut rows = rows.query(params![challenger, live])?;
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>("parts")?.unsigned_abs();
                compared.parts += count;
                match (row.get("live_bad")?, row.get("challenger_bad")?) {
                    (true, true) => compared.both_bad += count,
                    (true, false) => compared.only_live_bad += count,
                    (false, true) => compared.only_challenger_bad += count,
                    (false, false) => {}
                }
            }
            Ok(compared)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{judged, line, model_files};

    #[test]
    fn one_model_of_the_line_may_challenge() {
        let (_dir, store) = line();
        model_files(&store, &["a", "b"]);
        for id in ["a", "b"] {
            let row = ModelRow { id: id.into(), made_millis: 1, file_name: String::new(), promise_json: "{}".into() };
            store.add_model_and_make_live(&row).unwrap();
        }
        let challenger = || store.challenger().unwrap().map(|model| model.id);
        assert!(store.set_challenger(Some("a")).unwrap());
        assert!(store.set_challenger(Some("b")).unwrap());
        assert_eq!((challenger().as_deref(), store.models().unwrap().len()), (Some("b"), 2));
        assert!(!store.set_challenger(Some("unknown")).unwrap());
        assert_eq!(challenger(), None);
        assert!(store.set_challenger(None).unwrap());
    }

    #[test]
    fn two_models_are_compared_on_the_parts_that_both_judged() {
        let (_dir, store) = line();
        let cases = [
            (Verdict::Pass, Some(Verdict::Review)),
            (Verdict::Pass, Some(Verdict::Reject)),
            (Verdict::Reject, Some(Verdict::Pass)),
            (Verdict::Reject, Some(Verdict::Unreadable)),
            (Verdict::Reject, None),
        ];
        for (part, (live, challenger)) in (1..).zip(cases) {
            store.record(&judged(&format!("{part}.png"), live), None, None).unwrap();
            let Some(verdict) = challenger else { continue };
            let shadow = Shadow {
                part,
                model: "new".into(),
                verdict,
                score: Some(f64::NAN),
                reject_above: Some(2.0),
                latency_millis: 1.0,
            };
            store.keep_shadow(&shadow).unwrap();
            store.keep_shadow(&Shadow { verdict: Verdict::Pass, ..shadow }).unwrap();
        }
        let expected = Compared { parts: 4, both_bad: 1, only_live_bad: 1, only_challenger_bad: 1 };
        assert_eq!(store.compare_shadow("new", "m0de1").unwrap(), expected);
        assert_eq!(store.compare_shadow("new", "another").unwrap(), Compared::default());
        let first = store.latest(None, 10).unwrap().last().unwrap().stored_millis;
        assert_eq!(store.shadow_since("new", "m0de1").unwrap(), Some(first));
        assert_eq!(store.shadow_since("new", "another").unwrap(), None);
        let nowhere = Shadow {
            part: 99,
            model: "new".into(),
            verdict: Verdict::Pass,
            score: None,
            reject_above: None,
            latency_millis: 1.0,
        };
        assert!(matches!(store.keep_shadow(&nowhere), Err(StoreError::Sql { .. })));
    }
}
