//! Checks of the line with known parts, as they were made: who audits the line asks for them.

use rusqlite::{OptionalExtension, named_params};

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE line_checks (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        made_millis INTEGER NOT NULL,
        model       TEXT NOT NULL,
        passed      INTEGER NOT NULL CHECK (passed IN (0, 1)),
        parts       INTEGER NOT NULL,
        wrong       TEXT NOT NULL
    ) STRICT;";

/// One check of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCheck {
    /// When it was made, in milliseconds since 1970.
    pub made_millis: i64,
    /// The model that judged.
    pub model: String,
    /// Known parts that were judged.
    pub parts: u64,
    /// Those that came out wrong, a line each; empty when the line passed.
    pub wrong: String,
}

impl LineCheck {
    /// Whether all known parts came out as they must, and there were any.
    pub fn passed(&self) -> bool {
        self.wrong.is_empty() && self.parts > 0
    }
}

impl Store {
    /// Keeps a check for good.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_check(&self, check: &LineCheck) -> Result<(), StoreError> {
        self.write("keeping a check of the line", |change| {
            change.execute(
                "INSERT INTO line_checks (made_millis, model, passed, parts, wrong)
                 VALUES (:made_millis, :model, :passed, :parts, :wrong)",
                named_params! {
                    ":made_millis": check.made_millis,
                    ":model": check.model,
                    ":passed": check.passed(),
                    ":parts": check.parts.cast_signed(),
                    ":wrong": check.wrong,
                },
            )?;
            Ok(())
        })
    }

    /// The newest check; none before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_check(&self) -> Result<Option<LineCheck>, StoreError> {
        self.read("reading the last check", |question| {
            question
                .query_row("SELECT * FROM line_checks ORDER BY id DESC LIMIT 1", [], |row| {
                    Ok(LineCheck {
                        made_millis: row.get("made_millis")?,
                        model: row.get("model")?,
                        parts: row.get::<_, i64>("parts")?.unsigned_abs(),
                        wrong: row.get("wrong")?,
                    })
                })
                .optional()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::line;

    #[test]
    fn the_last_check_is_kept() {
        let (_dir, store) = line();
        assert_eq!(store.last_check().unwrap(), None);
        for (parts, wrong, passed) in [(3, "", true), (3, "bad.png passed", false), (0, "", false)] {
            let check = LineCheck { made_millis: 5, model: "m".into(), parts, wrong: wrong.into() };
            store.keep_check(&check).unwrap();
            assert_eq!((store.last_check().unwrap(), check.passed()), (Some(check.clone()), passed));
        }
    }
}
