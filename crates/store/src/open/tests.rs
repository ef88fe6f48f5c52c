//! Databases that must not be opened, and what opening leaves behind.

use super::*;
use crate::Store;
use crate::testing::{judged, judged_with_heat, line};
use sightline_core::Verdict;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

fn refused(line_dir: &Path) -> StoreError {
    Store::open(line_dir).expect_err("must be refused")
}

/// A line with `parts` records whose database is closed.
fn closed_line(parts: usize) -> (tempfile::TempDir, PathBuf) {
    let (dir, store) = line();
    for part in 0..parts {
        store.record(&judged_with_heat(&format!("{part}.png")), Some(1.0), None).unwrap();
    }
    drop(store);
    let path = dir.path().join("sightline.db");
    (dir, path)
}

#[test]
fn a_line_is_there_again_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let line_dir = dir.path().join("新 line").join("deep");
    Store::open(&line_dir).unwrap().record(&judged("a.png", Verdict::Pass), None, None).unwrap();
    let store = Store::open(&line_dir).unwrap();
    assert_eq!(store.counters().unwrap().passed, 1);
    let pragma = |name| locked_pragma(&store, name);
    assert_eq!(
        (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")),
        ("wal".into(), "2".into(), "1".into())
    );
}

fn locked_pragma(store: &Store, name: &str) -> String {
    let value =
        crate::locked(&store.writer).pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    match value.unwrap() {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let (dir, path) = closed_line(3);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", KNOWN + 1).unwrap();
    let before = fs::read(&path).unwrap();
    match refused(dir.path()) {
        StoreError::Newer { path: told, found, known } => {
            assert_eq!((told, found, known), (path.clone(), KNOWN + 1, KNOWN))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_database_whose_version_lies_in_the_log_is_refused() {
    let (dir, path) = closed_line(1);
    // Held open, so that the log is not folded into the database.
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", KNOWN + 1).unwrap();
    assert_eq!(version_in_header(&path).unwrap(), KNOWN);
    assert!(matches!(refused(dir.path()), StoreError::Newer { .. }));
}

#[test]
fn what_is_not_our_database_is_refused() {
    let check = |content: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sightline.db");
        fs::write(&path, content).unwrap();
        match refused(dir.path()) {
            StoreError::Damaged { path: told, .. } => assert_eq!(told, path),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    };
    check(b"hello");
    check(&[0xa5; 20_000]);
    check(b"SQLite format 3\0");
    let mut short = b"SQLite format 3\0".to_vec();
    short.resize(4096, 0x11);
    // A plausible version in an implausible file.
    short[60..64].copy_from_slice(&KNOWN.to_be_bytes());
    check(&short);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let other = Connection::open(dir.path().join("sightline.db")).unwrap();
    other.execute_batch("CREATE TABLE parts (id INTEGER)").unwrap();
    drop(other);
    assert!(matches!(refused(dir.path()), StoreError::Damaged { .. }));
}

#[test]
fn a_line_of_the_first_format_keeps_what_it_has_and_is_watched_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let old = Connection::open(dir.path().join("sightline.db")).unwrap();
    MIGRATIONS[0].iter().for_each(|statement| old.execute_batch(statement).unwrap());
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute("INSERT INTO models VALUES ('m', 5, 'm.slm', '{}', 1)", []).unwrap();
    old.execute(
        "INSERT INTO parts (id, relative_path, modified_nanos, size_bytes, path, seen_millis, stored_millis, verdict,
             latency_millis) VALUES (41, x'61', 1, 1, x'61', 1, 1, 'pass', 1.0)",
        [],
    )
    .unwrap();
    drop(old);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.counters().unwrap().passed, 1);
    assert_eq!(store.drift("m").unwrap(), crate::KeptDrift { started: 41, upto: 41, memory: None });
    drop(store);
    // Once is enough: the next opening leaves the watch as it is.
    let path = dir.path().join("sightline.db");
    Connection::open(path).unwrap().execute("UPDATE drift SET upto = 42", []).unwrap();
    assert_eq!(Store::open(dir.path()).unwrap().drift("m").unwrap().upto, 42);
}

#[test]
fn an_empty_file_is_a_new_database() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("sightline.db"), b"").unwrap();
    Store::open(dir.path()).unwrap();
}

#[test]
fn a_page_overwritten_in_the_middle_is_found() {
    let (dir, path) = closed_line(60);
    let pages = fs::metadata(&path).unwrap().len() / 4096;
    assert!(pages > 40, "{pages}");
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(pages / 2 * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    drop(file);
    assert!(matches!(refused(dir.path()), StoreError::Damaged { .. }));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let check = |line_dir: &Path| match refused(line_dir) {
        StoreError::NotWritable { path, .. } => assert!(path.starts_with(line_dir), "{path:?}"),
        other => panic!("{other:?}"),
    };
    check(&file);
    check(&file.join("line"));
    // Nobody may write there, not even the superuser, whom permissions do not stop.
    #[cfg(target_os = "linux")]
    check(Path::new("/proc/self"));
}

#[cfg(unix)]
#[test]
fn permissions_are_respected() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = closed_line(1);
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&path, 0o444);
    allow(dir.path(), 0o555);
    // Permissions do not stop the superuser: then there is nothing to refuse.
    let superuser = fs::write(dir.path().join("probe"), b"").is_ok();
    let opened = Store::open(dir.path());
    allow(dir.path(), 0o755);
    match opened {
        Err(StoreError::NotWritable { .. }) => assert!(!superuser),
        Ok(_) => assert!(superuser),
        Err(other) => panic!("{other:?}"),
    }
}
