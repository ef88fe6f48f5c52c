//! Damaged lines with and without a backup.

use super::*;
use crate::testing::{judged, judged_with_heat, model_files};
use crate::{CSV_OUTPUT, ModelRow, Recorded};
use sightline_core::Verdict;
use std::io::{Seek, SeekFrom, Write};

mod labels;

/// A line with 30 records, a backup, and 30 more; closed.
fn line_with_backup() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let record = |part: usize| store.record(&judged_with_heat(&format!("{part}.png")), Some(1.0), None).unwrap();
    (0..30).for_each(|part| _ = record(part));
    let delivered: Vec<i64> = store.pending(CSV_OUTPUT, 100).unwrap().iter().map(|row| row.id).collect();
    store.mark_delivered(&delivered).unwrap();
    store.back_up().unwrap();
    let row = ModelRow { id: "m".into(), made_millis: 1, file_name: "m.slm".into(), promise_json: "{}".into() };
    model_files(&store, &["m"]);
    store.add_model_and_make_live(&row).unwrap();
    (30..60).for_each(|part| _ = record(part));
    dir
}

/// Overwrites one page in the share `at` of the file.
fn damage(path: &Path, at: f64) {
    let pages = fs::metadata(path).unwrap().len() / 4096;
    overwrite(path, (pages as f64 * at) as u64);
}

fn overwrite(path: &Path, page: u64) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(page * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
}

#[test]
fn a_damaged_database_is_replaced_by_its_backup_and_what_can_be_read() {
    for at in [0.3, 0.6, 0.9] {
        let dir = line_with_backup();
        let path = dir.path().join("sightline.db");
        damage(&path, at);
        let before = fs::read(&path).unwrap();
        let (store, restored) = Store::open_alone(dir.path()).unwrap();
        let restored = restored.unwrap();
        assert_eq!(fs::read(restored.quarantine.join("sightline.db")).unwrap(), before, "the evidence changed");
        assert_eq!(restored.saved + restored.lost, 30, "{restored:?}");
        assert!(restored.saved >= 20, "{restored:?}");
        assert_eq!(store.counters().unwrap().passed, 30 + restored.saved);
        assert_eq!(store.live_model().unwrap().map(|model| model.id).as_deref(), Some("m"));
        assert_eq!(store.pending(CSV_OUTPUT, 100).unwrap().len() as u64, restored.saved);
        // No number is given twice, and a part that is not recorded can be.
        let lost: Vec<String> = (30..60)
            .map(|part| format!("{part}.png"))
            .filter(|name| !store.is_recorded(&judged(name, Verdict::Pass).arrival.key).unwrap())
            .collect();
        assert_eq!(lost.len() as u64, restored.lost);
        match store.record(&judged("new.png", Verdict::Pass), None, None).unwrap() {
            Recorded::New(record) => assert!(record.id > 60, "{}", record.id),
            other => panic!("{other:?}"),
        }
        drop(store);
        assert!(Store::open_alone(dir.path()).unwrap().1.is_none(), "restored twice");
    }
}

#[test]
fn a_database_that_is_none_any_more_is_replaced_by_its_backup_alone() {
    let dir = line_with_backup();
    fs::write(dir.path().join("sightline.db"), b"Shift 2: camera 1 was cleaned.").unwrap();
    let (store, restored) = Store::open_alone(dir.path()).unwrap();
    assert_eq!((restored.unwrap().saved, store.counters().unwrap().passed), (0, 30));
    match store.record(&judged("new.png", Verdict::Pass), None, None).unwrap() {
        Recorded::New(record) => assert!(record.id > WELL_BEYOND, "{}", record.id),
        other => panic!("{other:?}"),
    }
}

/// Nobody knows how far the numbers went.
const WELL_BEYOND: i64 = 100_000;

#[test]
fn without_a_usable_backup_nothing_is_touched() {
    let dir = line_with_backup();
    let (path, copy) = (dir.path().join("sightline.db"), backup::copies(dir.path())[0].1.clone());
    damage(&path, 0.5);
    damage(&copy, 0.5);
    let before = fs::read(&path).unwrap();
    assert!(matches!(Store::open_alone(dir.path()), Err(StoreError::Damaged { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!dir.path().join("quarantine").exists());
}

#[test]
fn a_store_in_use_is_repaired_without_being_opened_anew() {
    let dir = line_with_backup();
    let (store, _) = Store::open_alone(dir.path()).unwrap();
    damage(&dir.path().join("sightline.db"), 0.5);
    assert!(matches!(store.check(), Err(StoreError::Damaged { .. })));
    let restored = store.repair().unwrap().unwrap();
    store.check().unwrap();
    assert_eq!(store.counters().unwrap().passed, 30 + restored.saved);
    store.record(&judged("new.png", Verdict::Reject), None, None).unwrap();
    assert_eq!(store.counters().unwrap().rejected, 1);
    // Nothing is wrong any more.
    assert_eq!(store.repair().unwrap(), None);
    assert_eq!(store.counters().unwrap().rejected, 1);
}

#[test]
fn a_database_that_another_has_open_is_not_replaced_and_what_that_one_stores_is_not_lost() {
    let dir = line_with_backup();
    let path = dir.path().join("sightline.db");
    let (store, _) = Store::open_alone(dir.path()).unwrap();
    // As a process that learns on the line and is about to store what it learned.
    let learning = Store::open(dir.path()).unwrap();
    damage(&path, 0.9);
    let refused = store.repair().unwrap_err();
    assert!(matches!(refused, StoreError::OpenElsewhere { .. }), "{refused}");
    let said = refused.to_string();
    assert!(said.contains("wait for it, or stop it") && said.contains("sightline.db"), "{said}");
    assert!(!dir.path().join(QUARANTINE).exists(), "a copy for each try would fill the disk");
    let row = ModelRow { id: "n".into(), made_millis: 2, file_name: "n.slm".into(), promise_json: "{}".into() };
    learning.add_model(&row).unwrap();
    drop(learning);
    store.repair().unwrap().unwrap();
    assert!(store.known_models().unwrap().iter().any(|known| known.row.id == "n"));
    assert_eq!(store.live_model().unwrap().map(|model| model.id).as_deref(), Some("m"));
    // Nor is it when the line is opened.
    drop(store);
    damage(&path, 0.9);
    let reading = alone::say_open(dir.path());
    assert!(matches!(Store::open_alone(dir.path()), Err(StoreError::OpenElsewhere { .. })));
    drop(reading);
    assert!(Store::open_alone(dir.path()).unwrap().1.is_some());
}

#[test]
fn who_opens_a_database_while_it_is_replaced_gets_the_one_that_took_its_place() {
    let dir = line_with_backup();
    let path = dir.path().join("sightline.db");
    let replacing = alone::nobody_else(dir.path(), &path, "").unwrap();
    std::thread::scope(|threads| {
        let opening = threads.spawn(|| Store::open(dir.path()).unwrap().counters().unwrap().passed);
        std::thread::sleep(std::time::Duration::from_millis(50));
        let copy = backup::copies(dir.path())[0].1.clone();
        fs::rename(copy, &path).unwrap();
        drop(replacing);
        assert_eq!(opening.join().unwrap(), 30, "the damaged one had 60");
    });
}
