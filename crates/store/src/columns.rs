//! Domain values as they stand in columns. The words are part of the file format: never rename one.

use std::path::{Path, PathBuf};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use sightline_core::{DriftBets, DriftMemory, HeatMap, PartMark, UnreadableReason, Verdict};

/// A verdict as a word.
pub(crate) struct VerdictWord(pub(crate) Verdict);

const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Pass, "pass"),
    (Verdict::Review, "review"),
    (Verdict::Reject, "reject"),
    (Verdict::Unreadable, "unreadable"),
];

impl ToSql for VerdictWord {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(word(&VERDICTS, self.0).into())
    }
}

impl FromSql for VerdictWord {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        meaning(&VERDICTS, value).map(Self)
    }
}

/// Why a part was unreadable, as a word.
pub(crate) struct ReasonWord(pub(crate) UnreadableReason);

const REASONS: [(UnreadableReason, &str); 8] = [
    (UnreadableReason::Empty, "empty"),
    (UnreadableReason::NotAPicture, "not_a_picture"),
    (UnreadableReason::Damaged, "damaged"),
    (UnreadableReason::TooLarge, "too_large"),
    (UnreadableReason::Unsupported, "unsupported"),
    (UnreadableReason::FileError, "file_error"),
    (UnreadableReason::JudgeError, "judge_error"),
    (UnreadableReason::NotAligned, "not_aligned"),
];

impl ToSql for ReasonWord {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(word(&REASONS, self.0).into())
    }
}

impl FromSql for ReasonWord {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        meaning(&REASONS, value).map(Self)
    }
}

fn word<T: PartialEq>(table: &[(T, &'static str)], wanted: T) -> &'static str {
    // Each table names every variant; a test holds them to it.
    table.iter().find(|(value, _)| *value == wanted).map_or("", |(_, word)| word)
}

fn meaning<T: Copy>(table: &[(T, &str)], stored: ValueRef<'_>) -> FromSqlResult<T> {
    let stored = stored.as_str()?;
    let found = table.iter().find(|(_, word)| *word == stored);
    found.map(|(value, _)| *value).ok_or_else(|| FromSqlError::Other(format!("unknown word \"{stored}\"").into()))
}

/// A path as the bytes that the file system uses, so that a name that is not text comes back unchanged.
pub(crate) struct PathBytes<P>(pub(crate) P);

impl ToSql for PathBytes<&Path> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        #[cfg(unix)]
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(self.0.as_os_str()).to_vec();
        // Elsewhere a name that is no text at all loses the letters that are none.
        #[cfg(not(unix))]
        let bytes = self.0.to_string_lossy().into_owned().into_bytes();
        Ok(bytes.into())
    }
}

impl FromSql for PathBytes<PathBuf> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?.to_vec();
        #[cfg(unix)]
        let path = <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes);
        #[cfg(not(unix))]
        let path = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self(path.into()))
    }
}

/// A heat map: width and height as u32, then the values as f32, all little endian.
pub(crate) struct HeatBlob<H>(pub(crate) H);

impl ToSql for HeatBlob<&HeatMap> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let map = self.0;
        let refused = || rusqlite::Error::ToSqlConversionFailure(wrong_size(map.width, map.height, map.values.len()));
        let size = [map.width, map.height].map(u32::try_from);
        let ([Ok(width), Ok(height)], true) = (size, map.width.checked_mul(map.height) == Some(map.values.len()))
        else {
            return Err(refused());
        };
        let mut bytes = Vec::with_capacity(8 + 4 * map.values.len());
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend(map.values.iter().flat_map(|value| value.to_le_bytes()));
        Ok(bytes.into())
    }
}

impl FromSql for HeatBlob<HeatMap> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let mut fours = value.as_blob()?.chunks_exact(4).filter_map(|four| <[u8; 4]>::try_from(four).ok());
        let mut side = || fours.next().map_or(0, |four| u32::from_le_bytes(four) as usize);
        let (width, height) = (side(), side());
        let values: Vec<f32> = fours.map(f32::from_le_bytes).collect();
        if width.checked_mul(height) != Some(values.len()) {
            return Err(FromSqlError::Other(wrong_size(width, height, values.len())));
        }
        Ok(Self(HeatMap { width, height, values }))
    }
}

/// What the drift monitor remembers, in words of eight bytes, little endian: the eight numbers of the bets, then a cell
/// and its count for each cell that holds scores.
pub(crate) struct DriftBlob<M>(pub(crate) M);

impl ToSql for DriftBlob<&DriftMemory> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let DriftMemory { bets, pool } = self.0;
        let bets = [
            bets.parts_seen,
            bets.asleep.to_bits(),
            bets.on_higher.to_bits(),
            bets.on_lower.to_bits(),
            bets.lowest.to_bits(),
            bets.since.part.cast_unsigned(),
            bets.since.stored_millis.cast_unsigned(),
            u64::from(bets.alarmed),
        ];
        let cells = pool.iter().flat_map(|&(cell, count)| [u64::from(cell), count]);
        Ok(bets.into_iter().chain(cells).flat_map(u64::to_le_bytes).collect::<Vec<u8>>().into())
    }
}

impl FromSql for DriftBlob<DriftMemory> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        let refused = || FromSqlError::Other(format!("a drift watch of {} bytes", bytes.len()).into());
        let (words, rest) = bytes.as_chunks();
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let Some((&[parts_seen, asleep, on_higher, on_lower, lowest, part, stored_millis, alarmed], cells)) =
            words.split_first_chunk()
        else {
            return Err(refused());
        };
        let (cells, odd) = cells.as_chunks();
        if !rest.is_empty() || !odd.is_empty() {
            return Err(refused());
        }
        let cell = |&[cell, count]: &[u64; 2]| u32::try_from(cell).map(|cell| (cell, count)).map_err(|_| refused());
        let bets = DriftBets {
            parts_seen,
            asleep: f64::from_bits(asleep),
            on_higher: f64::from_bits(on_higher),
            on_lower: f64::from_bits(on_lower),
            lowest: f64::from_bits(lowest),
            since: PartMark { part: part.cast_signed(), stored_millis: stored_millis.cast_signed() },
            alarmed: alarmed != 0,
        };
        // What adds up past the end, or is no number, was not written by us.
        let counted = cells.iter().try_fold(0_u64, |sum, &[_, count]| sum.checked_add(count));
        let bet_on = [bets.asleep, bets.on_higher, bets.on_lower, bets.lowest];
        if counted.is_none() || bet_on.iter().any(|bet| bet.is_nan()) {
            return Err(refused());
        }
        Ok(Self(DriftMemory { bets, pool: cells.iter().map(cell).collect::<FromSqlResult<_>>()? }))
    }
}

fn wrong_size(width: usize, height: usize, values: usize) -> Box<dyn std::error::Error + Send + Sync> {
    format!("a heat map of {width} x {height} has {values} values").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_every_value_once() {
        for (_, word) in VERDICTS {
            let value = VerdictWord::column_result(ValueRef::Text(word.as_bytes())).unwrap().0;
            assert_eq!(super::word(&VERDICTS, value), word);
        }
        for (_, word) in REASONS {
            let value = ReasonWord::column_result(ValueRef::Text(word.as_bytes())).unwrap().0;
            assert_eq!(super::word(&REASONS, value), word);
        }
        assert!(VerdictWord::column_result(ValueRef::Text(b"perhaps")).is_err());
    }

    #[test]
    fn a_drift_watch_that_was_cut_short_is_refused() {
        let stored = |bytes: usize| DriftBlob::<DriftMemory>::column_result(ValueRef::Blob(&vec![0; bytes])).is_ok();
        assert!(stored(64) && stored(64 + 16));
        assert!(!stored(0) && !stored(63) && !stored(64 + 8) && !stored(64 + 17));
    }

    #[test]
    fn a_heat_map_whose_size_and_values_disagree_is_refused() {
        let check = |width, height, values: usize, fits: bool| {
            let map = HeatMap { width, height, values: vec![0.5; values] };
            assert_eq!(HeatBlob(&map).to_sql().is_ok(), fits, "{width} x {height}, {values}");
        };
        check(2, 3, 6, true);
        check(0, 0, 0, true);
        check(2, 3, 5, false);
        check(usize::MAX, 2, 2, false);
        let stored = |bytes: &[u8]| HeatBlob::<HeatMap>::column_result(ValueRef::Blob(bytes)).is_ok();
        assert!(stored(&[1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!stored(&[1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!stored(&[255; 12]));
    }
}
