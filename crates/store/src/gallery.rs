//! Parts as the gallery shows them: filtered, newest first, page by page, with what is said about each in short.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use sightline_core::{ClassId, PictureSize, Record, Tag, Verdict};

use crate::columns::{PathBytes, VerdictWord};
use crate::parts::{record, row_limit};
use crate::{Store, StoreError};

/// Which parts by what is said about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelFilter {
    /// All parts.
    #[default]
    Any,
    /// Nobody has said anything.
    Unlabelled,
    /// Somebody has said something.
    Labelled,
    /// Called good.
    Good,
    /// Called defective, or with a marked defect.
    Defect,
    /// Labelled, and not yet called complete.
    Unchecked,
}

/// Which parts the gallery shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GalleryFilter {
    /// Only this verdict.
    pub verdict: Option<Verdict>,
    /// Only with such a label.
    pub label: LabelFilter,
    /// Only with this class, marked or for the part as a whole.
    pub class: Option<ClassId>,
}

/// A part in the gallery.
#[derive(Debug, Clone, PartialEq)]
pub struct GalleryRow {
    /// The record.
    pub record: Record,
    /// What the part is called.
    pub tag: Option<Tag>,
    /// Classes that are marked or named, each once.
    pub classes: Vec<ClassId>,
    /// Marked areas.
    pub marks: usize,
    /// The label is called complete.
    pub checked: bool,
}

const DEFECT: &str = "(said.tag = 'defect' OR EXISTS
    (SELECT 1 FROM marks WHERE marks.event = labels.state AND marks.class IS NOT NULL))";

/// A part with what is said of it in short, as [`gallery_row`] reads it.
const ROW: &str = "parts.*, labels.state AS state, said.tag AS tag, said.tag_class AS tag_class,
    coalesce(said.checked, 0) AS checked";
const WITH_LABEL: &str = "LEFT JOIN labels ON labels.part = parts.id
    LEFT JOIN label_events AS said ON said.id = labels.state";

/// Parts that are skipped one by one.
const FEW: usize = 2000;

impl GalleryFilter {
    // A "+" keeps SQLite from walking along the records themselves, whose heat maps make them wide: an index with their
    // numbers is read instead. With 100,000 records that took 0.1 s instead of 0.5.
    fn sql(&self) -> String {
        let label = match self.label {
            LabelFilter::Any => "1",
            LabelFilter::Unlabelled => "labels.state IS NULL",
            LabelFilter::Labelled => "labels.state IS NOT NULL",
            LabelFilter::Good => "said.tag = 'good'",
            LabelFilter::Defect => DEFECT,
            LabelFilter::Unchecked => "said.checked = 0",
        };
        let verdict = if self.verdict.is_some() { "parts.verdict = :verdict" } else { ":verdict IS NULL" };
        let class = if self.class.is_some() {
            "(said.tag_class = :class OR EXISTS
                (SELECT 1 FROM marks WHERE marks.event = labels.state AND marks.class = :class))"
        } else {
            ":class IS NULL"
        };
        format!(
            "FROM parts {WITH_LABEL}
             WHERE +parts.id <= :upto AND {label} AND {verdict} AND {class}"
        )
    }
}

impl Store {
    /// How many parts the gallery shows, of those up to the record with number `upto`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn gallery_count(&self, filter: &GalleryFilter, upto: i64) -> Result<u64, StoreError> {
        self.read("counting parts", |question| {
            question
                .prepare_cached(&format!("SELECT count(*) {}", filter.sql()))?
                .query_row(
                    named_params! {
                        ":upto": upto,
                        ":verdict": filter.verdict.map(VerdictWord),
                        ":class": filter.class.map(|class| class.0),
                    },
                    |row| row.get::<_, i64>(0),
                )
                .map(i64::unsigned_abs)
        })
    }

    /// The numbers of all parts that the gallery shows, newest first, of those up to the record with number `upto`: what
    /// is labelled while somebody walks along them must not move the pages.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn gallery_numbers(&self, filter: &GalleryFilter, upto: i64) -> Result<Vec<i64>, StoreError> {
        self.read("listing parts", |question| {
            question
                .prepare_cached(&format!("SELECT parts.id {} ORDER BY +parts.id DESC", filter.sql()))?
                .query_map(
                    named_params! {
                        ":upto": upto,
                        ":verdict": filter.verdict.map(VerdictWord),
                        ":class": filter.class.map(|class| class.0),
                    },
                    |row| row.get(0),
                )?
                .collect()
        })
    }

    /// A page of the gallery, newest first: `limit` parts after the first `skip` of those up to the record `upto`. New
    /// parts do not move a page that was asked for with the same `upto`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn gallery(
        &self,
        filter: &GalleryFilter,
        upto: i64,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<GalleryRow>, StoreError> {
        self.read("reading the gallery", |question| {
            let moment = question.unchecked_transaction()?;
            let (filter_sql, order) = if skip > FEW {
                (filter.sql(), "+parts.id")
            } else {
                // The first pages lie at the end of the records: a short way along them finds these without a sort.
                (filter.sql().replace("+parts.id", "parts.id"), "parts.id")
            };
            moment
                .prepare_cached(&format!(
                    "SELECT {ROW}
                     FROM (SELECT parts.id AS id {filter_sql} ORDER BY {order} DESC LIMIT :limit OFFSET :skip) AS page
                         JOIN parts ON parts.id = page.id {WITH_LABEL}
                     ORDER BY parts.id DESC"
                ))?
                .query_map(
                    named_params! {
                        ":upto": upto,
                        ":verdict": filter.verdict.map(VerdictWord),
                        ":class": filter.class.map(|class| class.0),
                        ":limit": row_limit(limit),
                        ":skip": row_limit(skip),
                    },
                    |row| gallery_row(&moment, row),
                )?
                .collect()
        })
    }

    /// These parts as the gallery shows them, in this order; numbers that no part has are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn gallery_parts(&self, parts: &[i64]) -> Result<Vec<GalleryRow>, StoreError> {
        self.read("reading parts of the gallery", |question| {
            let moment = question.unchecked_transaction()?;
            let mut read =
                moment.prepare_cached(&format!("SELECT {ROW} FROM parts {WITH_LABEL} WHERE parts.id = ?1"))?;
            let mut rows = Vec::new();
            for part in parts {
                rows.extend(read.query_row([part], |row| gallery_row(&moment, row)).optional()?);
            }
            Ok(rows)
        })
    }

    /// The number of the newest record; 0 before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest_part(&self) -> Result<i64, StoreError> {
        self.read("looking for the newest part", |question| {
            question.prepare_cached("SELECT coalesce(max(id), 0) FROM parts")?.query_row([], |row| row.get(0))
        })
    }

    /// Every part's number, path below the watched folder and picture size, newest first; those without a readable
    /// picture are left out. Label files name parts by their pictures. Folders end with / on every system.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn part_names(&self) -> Result<Vec<(i64, String, PictureSize)>, StoreError> {
        self.read("reading the parts' names", |question| {
            let sql = "SELECT id, relative_path, width, height FROM parts
                WHERE width IS NOT NULL AND height IS NOT NULL ORDER BY id DESC";
            question
                .prepare_cached(sql)?
                .query_map([], |row| {
                    let path: PathBuf = row.get::<_, PathBytes<_>>("relative_path")?.0;
                    let name = path.to_string_lossy().replace('\\', "/");
                    let size = PictureSize { width: row.get("width")?, height: row.get("height")? };
                    Ok((row.get("id")?, name, size))
                })?
                .collect()
        })
    }
}

fn gallery_row(question: &Connection, row: &Row<'_>) -> rusqlite::Result<GalleryRow> {
    let named: Option<u32> = row.get("tag_class")?;
    let tag = match row.get::<_, Option<String>>("tag")?.as_deref() {
        Some("good") => Some(Tag::Good),
        Some(_) => Some(Tag::Defect(named.map(ClassId))),
        None => None,
    };
    let marked: Vec<Option<u32>> = match row.get::<_, Option<i64>>("state")? {
        None => Vec::new(),
        Some(state) => question
            .prepare_cached("SELECT class FROM marks WHERE event = ?1")?
            .query_map([state], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    let mut classes: Vec<ClassId> = named.into_iter().chain(marked.iter().copied().flatten()).map(ClassId).collect();
    classes.sort_unstable();
    classes.dedup();
    Ok(GalleryRow { record: record(row)?, tag, classes, marks: marked.len(), checked: row.get("checked")? })
}
