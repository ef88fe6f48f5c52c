//! Files of verdicts: what stands in them, and that no line is there twice or by half.

use super::*;
use jiff::tz::offset;
use sightline_core::{Arrival, ArrivalKey, Judged, PartName, UnreadableReason, Verdict};

/// 2026-11-23 23:59:59.500 in the plant's zone, one hour east of Greenwich.
const LATE: i64 = 1_795_474_799_500;

fn open(line_dir: &Path) -> CsvLog {
    CsvLog::open_in_zone(line_dir, TimeZone::fixed(offset(1))).unwrap()
}

fn record(id: i64, name: &str, stored_millis: i64) -> Record {
    let key = ArrivalKey { relative_path: name.into(), modified_nanos: 1, size_bytes: 1 };
    let judged = Judged {
        arrival: Arrival {
            key,
            path: Path::new("/camera").join(name),
            name: PartName::default(),
            seen_millis: stored_millis,
        },
        verdict: Verdict::Review,
        reason: None,
        detail: None,
        score: Some(-1.5),
        p_value: Some(0.25),
        heat: None,
        size: None,
        content_hash: None,
        model: Some("m0de1".into()),
        latency_millis: 12.34,
    };
    Record { id, judged, stored_millis, reject_above: Some(2.0) }
}

fn text(dir: &tempfile::TempDir, day: &str) -> String {
    fs::read_to_string(dir.path().join("verdicts").join(day)).unwrap()
}

const HEADER: &str = "time,id,part,file,verdict,score,limit,p_value,latency_ms,model,reason,lot,view\n";
const FIRST: &str = "2026-11-23T23:59:59.500+01:00,1,a b,a b.png,review,-1.5,2,0.25,12.3,m0de1,,,\n";
const SECOND: &str = "2026-11-24T00:00:00.000+01:00,2,零件,零件.png,unreadable,,2,,12.3,,damaged,,\n";

#[test]
fn each_day_in_plant_time_has_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    let mut second = record(2, "零件.png", LATE + 500);
    let unreadable = Judged {
        verdict: Verdict::Unreadable,
        reason: Some(UnreadableReason::Damaged),
        score: None,
        p_value: None,
        model: None,
        ..second.judged
    };
    second.judged = unreadable;
    log.write(&record(1, "a b.png", LATE)).unwrap();
    log.write(&second).unwrap();
    log.sync().unwrap();
    assert_eq!(text(&dir, "2026-11-23.csv"), format!("{HEADER}{FIRST}"));
    assert_eq!(text(&dir, "2026-11-24.csv"), format!("{HEADER}{SECOND}"));
}

#[test]
fn a_record_delivered_twice_has_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["a b.png", "quo\"te,\nline.png", "=1.png"];
    let deliver = |log: &mut CsvLog| {
        for (id, name) in (1..).zip(names) {
            log.write(&record(id, name, LATE)).unwrap();
        }
    };
    let mut log = open(dir.path());
    deliver(&mut log);
    let once = text(&dir, "2026-11-23.csv");
    assert!(once.contains(",'=1,'=1.png,"), "{once}");
    deliver(&mut log);
    deliver(&mut open(dir.path()));
    // Away to another day and back.
    log.write(&record(9, "c.png", LATE + 500)).unwrap();
    deliver(&mut log);
    assert_eq!(text(&dir, "2026-11-23.csv"), once);
    assert_eq!(once.matches("review").count(), names.len());
}

#[test]
fn wherever_a_crash_cuts_the_file_the_next_delivery_mends_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("verdicts/2026-11-23.csv");
    let deliver = || {
        let mut log = open(dir.path());
        log.write(&record(1, "a b.png", LATE)).unwrap();
        log.write(&record(2, "two\nli\"nes,.png", LATE)).unwrap();
    };
    deliver();
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        deliver();
        assert_eq!(fs::read_to_string(&path).unwrap(), String::from_utf8_lossy(&whole), "cut at {cut}");
    }
}

#[test]
fn a_file_that_was_moved_away_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    log.write(&record(1, "a b.png", LATE)).unwrap();
    fs::rename(dir.path().join("verdicts/2026-11-23.csv"), dir.path().join("moved.csv")).unwrap();
    log.write(&record(2, "b.png", LATE)).unwrap();
    assert_eq!(text(&dir, "2026-11-23.csv").lines().count(), 2);
}

#[test]
fn a_file_saved_by_a_spreadsheet_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    log.write(&record(1, "a b.png", LATE)).unwrap();
    let saved = format!("\u{feff}{}note\r\n", text(&dir, "2026-11-23.csv").replace('\n', "\r\n"));
    fs::write(dir.path().join("verdicts/2026-11-23.csv"), &saved).unwrap();
    let mut log = open(dir.path());
    log.write(&record(1, "a b.png", LATE)).unwrap();
    assert_eq!(text(&dir, "2026-11-23.csv"), saved);
}

#[test]
fn lot_and_view_stand_last_and_a_file_that_was_begun_without_them_goes_on_without() {
    let dir = tempfile::tempdir().unwrap();
    let mut named = record(1, "a b.png", LATE);
    named.judged.arrival.name =
        PartName { part: Some("A17".into()), lot: Some("=L4".into()), view: Some("two\nlines".into()) };
    open(dir.path()).write(&named).unwrap();
    let line = "2026-11-23T23:59:59.500+01:00,1,A17,a b.png,review,-1.5,2,0.25,12.3,m0de1,,'=L4,two lines\n";
    assert_eq!(text(&dir, "2026-11-23.csv"), format!("{HEADER}{line}"));

    let before = HEADER.replace(",lot,view", "");
    fs::write(dir.path().join("verdicts/2026-11-23.csv"), &before).unwrap();
    open(dir.path()).write(&named).unwrap();
    open(dir.path()).write(&named).unwrap();
    let line = line.replace(",'=L4,two lines", "");
    assert_eq!(text(&dir, "2026-11-23.csv"), format!("{before}{line}"));
}

#[test]
fn errors_name_the_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("verdicts"), b"").unwrap();
    match CsvLog::open(dir.path()) {
        Err(OutputError::File { path, .. }) => assert_eq!(path, dir.path().join("verdicts")),
        other => panic!("{other:?}"),
    }
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("verdicts/2026-11-23.csv");
    fs::create_dir_all(&blocked).unwrap();
    let mut log = open(dir.path());
    match log.write(&record(1, "a.png", LATE)) {
        Err(OutputError::File { path, .. }) => assert_eq!(path, blocked),
        other => panic!("{other:?}"),
    }
    // The other days go on.
    log.write(&record(2, "b.png", LATE + 500)).unwrap();
    assert!(matches!(log.write(&record(3, "c.png", i64::MAX)), Err(OutputError::Time { id: 3, .. })));
}
