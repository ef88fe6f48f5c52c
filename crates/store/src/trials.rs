//! Models that were tried against the one that judges, and which model judged from when on.

use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::models::{ModelRow, insert, model};
use crate::{Store, StoreError, drift};

// A model that was learned from good parts alone has no trial.
pub(crate) const CREATE: &str = "
    CREATE TABLE trials (
        model    TEXT PRIMARY KEY REFERENCES models (id),
        champion TEXT NOT NULL REFERENCES models (id),
        passed   INTEGER NOT NULL CHECK (passed IN (0, 1)),
        report   TEXT NOT NULL
    ) STRICT;
    CREATE TABLE promotions (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        model       TEXT NOT NULL REFERENCES models (id),
        before      TEXT REFERENCES models (id),
        made_millis INTEGER NOT NULL,
        who         TEXT NOT NULL
    ) STRICT;";

/// How a challenger did against the model that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRow {
    /// The model that judged.
    pub champion: String,
    /// It may judge in the champion's place.
    pub passed: bool,
    /// What was compared, as the JSON text that the caller gave.
    pub report_json: String,
}

/// A model of the line with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// The model.
    pub row: ModelRow,
    /// It judges.
    pub live: bool,
    /// How it did; none for a model that was learned from good parts alone.
    pub trial: Option<TrialRow>,
}

/// A model became the one that judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Which model.
    pub model: String,
    /// When, in milliseconds since 1970.
    pub made_millis: i64,
    /// Who said so.
    pub who: String,
}

impl Store {
    /// Keeps a model that comes from elsewhere. It does not judge, and no trial speaks for it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_model(&self, model: &ModelRow) -> Result<(), StoreError> {
        self.write("taking over a model", |change| insert(change, model))
    }

    /// Every change of the model that judges, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn promotions(&self) -> Result<Vec<Promotion>, StoreError> {
        self.read("listing promotions", |question| {
            question
                .prepare_cached("SELECT model, made_millis, who FROM promotions ORDER BY id DESC")?
                .query_map([], |row| {
                    Ok(Promotion {
                        model: row.get("model")?,
                        made_millis: row.get("made_millis")?,
                        who: row.get("who")?,
                    })
                })?
                .collect()
        })
    }

    /// Parts about which something was said after a moment, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labels_since(&self, millis: i64) -> Result<u64, StoreError> {
        self.read("counting new labels", |question| {
            let count: i64 = question
                .prepare_cached("SELECT count(*) FROM labels WHERE state IS NOT NULL AND made_millis > ?1")?
                .query_row([millis], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Keeps a model that was tried against the one that judges. Nothing else changes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_challenger(&self, model: &ModelRow, trial: &TrialRow) -> Result<(), StoreError> {
        self.write("keeping a challenger", |change| {
            insert(change, model)?;
            change.execute(
                "INSERT INTO trials (model, champion, passed, report) VALUES (:model, :champion, :passed, :report)
                 ON CONFLICT (model) DO UPDATE SET champion = excluded.champion, passed = excluded.passed,
                     report = excluded.report",
                named_params! {
                    ":model": model.id,
                    ":champion": trial.champion,
                    ":passed": trial.passed,
                    ":report": trial.report_json,
                },
            )?;
            Ok(())
        })
    }

    /// Lets a known model judge, in one transaction with the note of who said so. Its parts are watched for drift from
    /// the next one on. Gives whether there is such a model.
    ///
    /// # Errors
    /// When its file is gone or the database cannot be written; the live model is then the same as before.
    pub fn promote(&self, id: &str, who: &str, made_millis: i64) -> Result<bool, StoreError> {
        self.write_or_refuse("promoting a model", |change| {
            let known: Option<i64> =
                change.query_row("SELECT 1 FROM models WHERE id = ?1", [id], |row| row.get(0)).optional()?;
            if known.is_none() {
                return Ok(false);
            }
            self.refuse_without_file(id)?;
            make_live(change, id, who, made_millis)?;
            Ok(true)
        })
    }

    /// The same in place of `champion` and no other: gives false, and changes nothing, when another model is live by now.
    ///
    /// # Errors
    /// As [`Store::promote`].
    pub fn promote_over(&self, champion: &str, id: &str, who: &str, made_millis: i64) -> Result<bool, StoreError> {
        self.write_or_refuse("promoting a challenger", |change| {
            let question = "SELECT COUNT(*) FROM models WHERE (id = ?1 AND live = 1) OR id = ?2";
            let both: i64 = change.query_row(question, [champion, id], |row| row.get(0))?;
            if champion == id || both != 2 {
                return Ok(false);
            }
            self.refuse_without_file(id)?;
            make_live(change, id, who, made_millis)?;
            Ok(true)
        })
    }

    /// The model that judged before the live one was promoted; none when it was not promoted in another's place.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn model_before(&self) -> Result<Option<ModelRow>, StoreError> {
        self.read("looking for the model before", |question| {
            question
                .query_row(
                    "SELECT models.* FROM promotions JOIN models ON models.id = promotions.before
                     WHERE promotions.model = (SELECT id FROM models WHERE live = 1) AND promotions.before <> promotions.model
                     ORDER BY promotions.id DESC LIMIT 1",
                    [],
                    model,
                )
                .optional()
        })
    }

    /// All models of the line, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn known_models(&self) -> Result<Vec<KnownModel>, StoreError> {
        self.read("listing models", |question| {
            question
                .prepare_cached(
                    "SELECT models.*, trials.champion, trials.passed, trials.report FROM models
                     LEFT JOIN trials ON trials.model = models.id ORDER BY models.made_millis DESC, models.id",
                )?
                .query_map([], known)?
                .collect()
        })
    }
}

/// Lets a model judge in the place of the one that did, and notes it. Its parts are watched for drift from the next one
/// on, with nothing held against it.
pub(crate) fn make_live(change: &Transaction<'_>, id: &str, who: &str, made_millis: i64) -> rusqlite::Result<()> {
    let before: Option<String> =
        change.query_row("SELECT id FROM models WHERE live = 1", [], |row| row.get(0)).optional()?;
    change.execute("UPDATE models SET live = 0 WHERE live = 1", [])?;
    // It judges beside the live one no more.
    change.execute("UPDATE models SET live = 1, challenger = 0 WHERE id = ?1", [id])?;
    change.execute(
        "INSERT INTO promotions (model, before, made_millis, who) VALUES (?1, ?2, ?3, ?4)",
        params![id, before, made_millis, who],
    )?;
    drift::restart(change)
}

fn known(row: &Row<'_>) -> rusqlite::Result<KnownModel> {
    let champion: Option<String> = row.get("champion")?;
    let trial = match champion {
        Some(champion) => Some(TrialRow { champion, passed: row.get("passed")?, report_json: row.get("report")? }),
        None => None,
    };
    Ok(KnownModel { row: model(row)?, live: row.get("live")?, trial })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::model_files;

    fn row(id: &str, made_millis: i64) -> ModelRow {
        ModelRow { id: id.to_owned(), made_millis, file_name: format!("{id}.slm"), promise_json: "{}".to_owned() }
    }

    fn trial(champion: &str, passed: bool) -> TrialRow {
        TrialRow { champion: champion.to_owned(), passed, report_json: r#"{"found":0.9}"#.to_owned() }
    }

    fn live(store: &Store) -> Option<String> {
        store.live_model().unwrap().map(|row| row.id)
    }

    #[test]
    fn a_challenger_waits_until_it_is_promoted_and_the_way_back_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        model_files(&store, &["a", "b"]);
        store.add_model_and_make_live(&row("a", 1)).unwrap();
        assert_eq!(store.model_before().unwrap(), None);
        store.add_challenger(&row("b", 2), &trial("a", true)).unwrap();
        assert_eq!(live(&store).as_deref(), Some("a"));
        let known = store.known_models().unwrap();
        let told: Vec<(&str, bool, bool)> =
            known.iter().map(|known| (known.row.id.as_str(), known.live, known.trial.is_some())).collect();
        assert_eq!(told, [("b", false, true), ("a", true, false)]);

        assert!(store.set_challenger(Some("b")).unwrap());
        assert!(store.promote("b", "Kim", 3).unwrap());
        assert_eq!((live(&store).as_deref(), store.challenger().unwrap()), (Some("b"), None));
        assert_eq!(store.model_before().unwrap().unwrap().id, "a");
        assert!(store.promote("a", "Kim", 4).unwrap());
        assert_eq!((live(&store).as_deref(), store.model_before().unwrap().unwrap().id.as_str()), (Some("a"), "b"));
        assert!(!store.promote("c", "Kim", 5).unwrap());
        let told = store.promotions().unwrap();
        let told: Vec<(&str, &str)> = told.iter().map(|p| (p.model.as_str(), p.who.as_str())).collect();
        assert_eq!(told, [("a", "Kim"), ("b", "Kim"), ("a", "learning")]);
        assert_eq!(live(&store).as_deref(), Some("a"));
    }

    #[test]
    fn the_same_model_tried_again_has_its_latest_trial() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        model_files(&store, &["a"]);
        store.add_model_and_make_live(&row("a", 1)).unwrap();
        store.add_challenger(&row("b", 2), &trial("a", false)).unwrap();
        store.add_challenger(&row("b", 2), &trial("a", true)).unwrap();
        assert_eq!(store.known_models().unwrap()[0].trial, Some(trial("a", true)));
    }
}
