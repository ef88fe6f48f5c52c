//! Arrivals against records, in the database and in the files of verdicts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sightline_core::Record;
use sightline_store::Store;

/// How the names that were written came out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) lost: Vec<PathBuf>,
    pub(crate) doubled: Vec<PathBuf>,
}

/// Counts the records of each written file, prints the totals, and fails when they are not one each.
pub(crate) fn expect_one_each(what: &str, line: &Path, written: &[PathBuf]) -> Vec<Record> {
    let records = Store::open(line).unwrap().latest(None, usize::MAX).unwrap();
    let mut of_file: BTreeMap<&Path, usize> = written.iter().map(|path| (path.as_path(), 0)).collect();
    let mut strangers = Vec::new();
    for record in &records {
        match of_file.get_mut(record.judged.arrival.key.relative_path.as_path()) {
            Some(count) => *count += 1,
            None => strangers.push(record.judged.arrival.key.relative_path.clone()),
        }
    }
    let with = |wanted: fn(usize) -> bool| -> Vec<PathBuf> {
        of_file.iter().filter(|(_, count)| wanted(**count)).map(|(path, _)| path.to_path_buf()).collect()
    };
    let count = Count { lost: with(|count| count == 0), doubled: with(|count| count > 1) };
    println!(
        "{what}: arrivals {}, records {}, lost {}, doubled {}",
        written.len(),
        records.len(),
        count.lost.len(),
        count.doubled.len()
    );
    assert_eq!(count, Count { lost: Vec::new(), doubled: Vec::new() }, "{what}");
    assert_eq!(strangers, Vec::<PathBuf>::new(), "{what}: records of files that nobody wrote");
    records
}

/// How often each record's number stands in the files of verdicts.
pub(crate) fn csv_rows(line: &Path) -> BTreeMap<i64, usize> {
    let mut rows = BTreeMap::new();
    for entry in fs::read_dir(line.join("verdicts")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().skip(1) {
            let id = line.split(',').nth(1).unwrap().parse().unwrap();
            *rows.entry(id).or_default() += 1;
        }
    }
    rows
}

/// Each record has one row in the files of verdicts, and there is no other.
pub(crate) fn expect_one_row_each(line: &Path, records: &[Record]) {
    let rows = csv_rows(line);
    assert!(rows.values().all(|&count| count == 1), "{rows:?}");
    let mut ids: Vec<i64> = records.iter().map(|record| record.id).collect();
    ids.sort_unstable();
    assert_eq!(rows.into_keys().collect::<Vec<_>>(), ids);
}
