//! Records of judged parts: exactly one for each arrival.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use sightline_core::{Arrival, ArrivalKey, Counters, Judged, PartName, PictureSize, Record};

use crate::columns::{HeatBlob, PathBytes, ReasonWord, VerdictWord};
use crate::{Store, StoreError, outbox};

// AUTOINCREMENT: outputs tell records by their number, so none is ever given twice.
// The heat map stands last: reading another column does not pass through it.
pub(crate) const CREATE: &str = "
    CREATE TABLE parts (
        id             INTEGER PRIMARY KEY AUTOINCREMENT,
        relative_path  BLOB NOT NULL,
        modified_nanos INTEGER NOT NULL,
        size_bytes     INTEGER NOT NULL,
        path           BLOB NOT NULL,
        seen_millis    INTEGER NOT NULL,
        stored_millis  INTEGER NOT NULL,
        verdict        TEXT NOT NULL CHECK (verdict IN ('pass', 'review', 'reject', 'unreadable')),
        reason         TEXT,
        detail         TEXT,
        score          REAL,
        p_value        REAL,
        reject_above   REAL,
        width          INTEGER,
        height         INTEGER,
        content_hash   TEXT,
        model          TEXT,
        latency_millis REAL NOT NULL,
        thumb          TEXT,
        heat           BLOB,
        UNIQUE (relative_path, modified_nanos, size_bytes),
        CHECK ((verdict = 'unreadable') = (reason IS NOT NULL))
    ) STRICT;
    CREATE INDEX parts_by_verdict ON parts (verdict);";

/// What file names tell.
pub(crate) const NAMES: &str = "
    ALTER TABLE parts ADD COLUMN part TEXT;
    ALTER TABLE parts ADD COLUMN lot TEXT;
    ALTER TABLE parts ADD COLUMN view TEXT;
    CREATE INDEX parts_by_lot ON parts (lot) WHERE lot IS NOT NULL;
    CREATE INDEX parts_by_thumb ON parts (thumb) WHERE thumb IS NOT NULL;";

const INSERT: &str = "
    INSERT INTO parts (relative_path, modified_nanos, size_bytes, path, seen_millis, stored_millis, verdict, reason,
        detail, score, p_value, reject_above, width, height, content_hash, model, latency_millis, thumb, heat,
        part, lot, view)
    VALUES (:relative_path, :modified_nanos, :size_bytes, :path, :seen_millis, :stored_millis, :verdict, :reason,
        :detail, :score, :p_value, :reject_above, :width, :height, :content_hash, :model, :latency_millis, :thumb, :heat,
        :part, :lot, :view)";

/// What became of a request to record a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// The part has a record now.
    New(Box<Record>),
    /// This arrival had a record, with this number, and it was left as it is.
    AlreadyThere(i64),
}

/// A record together with what is only needed to show it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPart {
    /// The record.
    pub record: Record,
    /// Hash of its thumbnail among the line's pictures.
    pub thumb: Option<String>,
}

impl Store {
    /// Records a judged part and announces it to every output, in one transaction. `reject_above` is the score beyond
    /// which the model rejects, `thumb` the hash of a thumbnail.
    ///
    /// SQLite knows no "not a number": such a score reads back as none.
    ///
    /// # Errors
    /// When the database cannot be written; neither the record nor its announcements are then there.
    pub fn record(
        &self,
        judged: &Judged,
        reject_above: Option<f64>,
        thumb: Option<&str>,
    ) -> Result<Recorded, StoreError> {
        let stored_millis = Timestamp::now().as_millisecond();
        self.write("recording a part", |change| {
            let Judged { arrival, .. } = judged;
            if let Some(id) = id_of(change, &arrival.key)? {
                return Ok(Recorded::AlreadyThere(id));
            }
            change.prepare_cached(INSERT)?.execute(named_params! {
                ":relative_path": PathBytes(arrival.key.relative_path.as_path()),
                ":modified_nanos": arrival.key.modified_nanos,
                ":size_bytes": arrival.key.size_bytes.cast_signed(),
                ":path": PathBytes(arrival.path.as_path()),
                ":seen_millis": arrival.seen_millis,
                ":stored_millis": stored_millis,
                ":verdict": VerdictWord(judged.verdict),
                ":reason": judged.reason.map(ReasonWord),
                ":detail": judged.detail,
                ":score": judged.score,
                ":p_value": judged.p_value,
                ":reject_above": reject_above,
                ":width": judged.size.map(|size| size.width),
                ":height": judged.size.map(|size| size.height),
                ":content_hash": judged.content_hash,
                ":model": judged.model,
                ":latency_millis": judged.latency_millis,
                ":thumb": thumb,
                ":heat": judged.heat.as_ref().map(HeatBlob),
                ":part": arrival.name.part,
                ":lot": arrival.name.lot,
                ":view": arrival.name.view,
            })?;
            let id = change.last_insert_rowid();
            outbox::announce(change, id)?;
            Ok(Recorded::New(Box::new(Record { id, judged: judged.clone(), stored_millis, reject_above })))
        })
    }

    /// Whether this arrival has a record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_recorded(&self, key: &ArrivalKey) -> Result<bool, StoreError> {
        self.read("looking for a part", |question| Ok(id_of(question, key)?.is_some()))
    }

    /// How many records there are of each verdict.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn counters(&self) -> Result<Counters, StoreError> {
        let of = |question: &Connection, verdict: &str| {
            question
                .prepare_cached("SELECT count(*) FROM parts WHERE verdict = ?1")?
                .query_row([verdict], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
        };
        self.read("counting the parts", |question| {
            // One transaction: all four counts are of the same moment.
            let moment = question.unchecked_transaction()?;
            Ok(Counters {
                passed: of(&moment, "pass")?,
                review: of(&moment, "review")?,
                rejected: of(&moment, "reject")?,
                unreadable: of(&moment, "unreadable")?,
            })
        })
    }

    /// The newest records, newest first; only those with a smaller number than `before` when it is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn latest(&self, before: Option<i64>, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.read("reading the latest parts", |question| {
            question
                .prepare_cached("SELECT * FROM parts WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?
                .query_map(params![before.unwrap_or(i64::MAX), row_limit(limit)], record)?
                .collect()
        })
    }

    /// Records after the one with number `after`, in the order in which they were stored, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn records_after(&self, after: i64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.read("reading parts", |question| {
            question
                .prepare_cached("SELECT * FROM parts WHERE id > ?1 ORDER BY id LIMIT ?2")?
                .query_map(params![after, row_limit(limit)], record)?
                .collect()
        })
    }

    /// The record with this number; none when there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn part(&self, id: i64) -> Result<Option<StoredPart>, StoreError> {
        self.read("reading a part", |question| {
            question
                .prepare_cached("SELECT * FROM parts WHERE id = ?1")?
                .query_row([id], |row| Ok(StoredPart { record: record(row)?, thumb: row.get("thumb")? }))
                .optional()
        })
    }

    /// Median and 95th percentile of the latency of the newest `last` records, in milliseconds, by nearest rank; none
    /// before the first record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn latency_quantiles(&self, last: usize) -> Result<Option<(f64, f64)>, StoreError> {
        let mut latencies: Vec<f64> = self.read("reading latencies", |question| {
            question
                .prepare_cached("SELECT latency_millis FROM parts ORDER BY id DESC LIMIT ?1")?
                .query_map([row_limit(last)], |row| row.get(0))?
                .collect()
        })?;
        latencies.sort_by(f64::total_cmp);
        let quantile = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100);
            latencies.get(rank.saturating_sub(1)).copied()
        };
        Ok(quantile(50).zip(quantile(95)))
    }
}

/// A record from a row with all columns of `parts`.
pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let size = row.get::<_, Option<u32>>("width")?.zip(row.get("height")?);
    let arrival = Arrival {
        key: key(row)?,
        path: row.get::<_, PathBytes<_>>("path")?.0,
        name: PartName { part: row.get("part")?, lot: row.get("lot")?, view: row.get("view")? },
        seen_millis: row.get("seen_millis")?,
    };
    let judged = Judged {
        arrival,
        verdict: row.get::<_, VerdictWord>("verdict")?.0,
        reason: row.get::<_, Option<ReasonWord>>("reason")?.map(|reason| reason.0),
        detail: row.get("detail")?,
        score: row.get("score")?,
        p_value: row.get("p_value")?,
        heat: row.get::<_, Option<HeatBlob<_>>>("heat")?.map(|heat| heat.0),
        size: size.map(|(width, height)| PictureSize { width, height }),
        content_hash: row.get("content_hash")?,
        model: row.get("model")?,
        latency_millis: row.get("latency_millis")?,
    };
    let (id, stored_millis, reject_above) = (row.get("id")?, row.get("stored_millis")?, row.get("reject_above")?);
    Ok(Record { id, judged, stored_millis, reject_above })
}

/// SQLite counts in i64.
pub(crate) fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn key(row: &Row<'_>) -> rusqlite::Result<ArrivalKey> {
    Ok(ArrivalKey {
        relative_path: row.get::<_, PathBytes<_>>("relative_path")?.0,
        modified_nanos: row.get("modified_nanos")?,
        size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
    })
}

fn id_of(question: &Connection, key: &ArrivalKey) -> rusqlite::Result<Option<i64>> {
    question
        .prepare_cached("SELECT id FROM parts WHERE relative_path = ?1 AND modified_nanos = ?2 AND size_bytes = ?3")?
        .query_row(
            params![PathBytes(key.relative_path.as_path()), key.modified_nanos, key.size_bytes.cast_signed()],
            |row| row.get(0),
        )
        .optional()
}

#[cfg(test)]
mod tests;
