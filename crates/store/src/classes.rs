//! Kinds of defects that this line tells apart.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, named_params};
use sightline_core::label::check_classes;
use sightline_core::{ClassId, Colour, DefectClass};

use crate::refusal::Refusal;
use crate::{Store, StoreError};

// AUTOINCREMENT: labels tell classes by their number, so none is ever given twice.
pub(crate) const CREATE: &str = "
    CREATE TABLE classes (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        name    TEXT NOT NULL UNIQUE,
        colour  TEXT NOT NULL,
        key     INTEGER UNIQUE CHECK (key BETWEEN 0 AND 9),
        rule    TEXT NOT NULL,
        example INTEGER REFERENCES parts (id)
    ) STRICT;";

impl Store {
    /// All classes, in the order in which they were made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn classes(&self) -> Result<Vec<DefectClass>, StoreError> {
        self.read("reading the classes", all)
    }

    /// Makes a class with the next colour, and with the next free digit unless a key is given.
    ///
    /// # Errors
    /// When the name or key cannot be used, or the database cannot be written.
    pub fn add_class(&self, name: &str, key: Option<u8>, rule: &str) -> Result<DefectClass, StoreError> {
        self.write("making a class", |change| {
            let others = all(change)?;
            let class = next_class(&others, name, key, rule);
            if let Err(error) = check_classes(&class, &others) {
                return Ok(Err(error.into()));
            }
            let class = insert(change, class)?;
            Ok(Ok(class))
        })?
    }

    /// Changes name, colour, key, rule and example of the class with this number.
    ///
    /// # Errors
    /// When there is no such class or part, the name or key cannot be used, or the database cannot be written.
    pub fn change_class(&self, class: &DefectClass) -> Result<(), StoreError> {
        self.write("changing a class", |change| {
            let others = all(change)?;
            if let Err(error) = check_classes(class, &others) {
                return Ok(Err(error.into()));
            }
            if let Some(part) = class.example.filter(|part| !crate::labels::is_part(change, *part).unwrap_or(false)) {
                return Ok(Err(StoreError::NoPart { id: part }));
            }
            let changed = change
                .prepare_cached(
                    "UPDATE classes SET name = :name, colour = :colour, key = :key, rule = :rule, example = :example
                     WHERE id = :id",
                )?
                .execute(named_params! {
                    ":id": class.id.0,
                    ":name": class.name,
                    ":colour": class.colour.hex(),
                    ":key": class.key,
                    ":rule": class.rule,
                    ":example": class.example,
                })?;
            Ok(if changed == 1 { Ok(()) } else { Err(StoreError::NoClass { id: class.id.0 }) })
        })?
    }
}

/// A class that is not there yet.
pub(crate) fn next_class(others: &[DefectClass], name: &str, key: Option<u8>, rule: &str) -> DefectClass {
    let free = (1..=9).chain([0]).find(|digit| others.iter().all(|other| other.key != Some(*digit)));
    DefectClass {
        // No class has this number: `check_classes` takes none for the one that is replaced.
        id: ClassId(0),
        name: name.trim().to_owned(),
        colour: Colour::PALETTE[others.len() % Colour::PALETTE.len()],
        key: key.or(free),
        rule: rule.to_owned(),
        example: None,
    }
}

pub(crate) fn insert(change: &Connection, class: DefectClass) -> rusqlite::Result<DefectClass> {
    change
        .prepare_cached("INSERT INTO classes (name, colour, key, rule) VALUES (:name, :colour, :key, :rule)")?
        .execute(named_params! {
            ":name": class.name,
            ":colour": class.colour.hex(),
            ":key": class.key,
            ":rule": class.rule,
        })?;
    Ok(DefectClass { id: ClassId(change.last_insert_rowid() as u32), ..class })
}

pub(crate) fn all(question: &Connection) -> rusqlite::Result<Vec<DefectClass>> {
    question.prepare_cached("SELECT * FROM classes ORDER BY id")?.query_map([], class)?.collect()
}

/// Takes over classes of another place by their names, and gives their numbers here and how many are new.
pub(crate) fn take_over(
    change: &Connection,
    theirs: &[DefectClass],
) -> Result<(BTreeMap<ClassId, ClassId>, usize), Refusal> {
    let mut ours = all(change)?;
    let mut numbers = BTreeMap::new();
    let mut made = 0;
    for class in theirs {
        let there = ours.iter().find(|ours| DefectClass::same_name(&ours.name, &class.name)).map(|ours| ours.id);
        let id = match there {
            Some(id) => id,
            None => {
                // A key that is taken here is not worth a refusal: the next free one serves.
                let key = class.key.filter(|key| ours.iter().all(|ours| ours.key != Some(*key)));
                let new = DefectClass { colour: class.colour, ..next_class(&ours, &class.name, key, &class.rule) };
                check_classes(&new, &ours).map_err(StoreError::from)?;
                let new = insert(change, new)?;
                made += 1;
                ours.push(new.clone());
                new.id
            }
        };
        numbers.insert(class.id, id);
    }
    Ok((numbers, made))
}

fn class(row: &Row<'_>) -> rusqlite::Result<DefectClass> {
    let colour: String = row.get("colour")?;
    Ok(DefectClass {
        id: ClassId(row.get("id")?),
        name: row.get("name")?,
        colour: Colour::from_hex(&colour).unwrap_or(Colour::PALETTE[7]),
        key: row.get("key")?,
        rule: row.get("rule")?,
        example: row.get("example")?,
    })
}
