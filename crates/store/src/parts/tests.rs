//! Each question about parts, and what must never be half done.

use std::path::Path;

use super::*;
use crate::testing::{judged, judged_with_heat, line, unreadable};
use sightline_core::{UnreadableReason, Verdict};

fn new(store: &Store, judged: &Judged) -> Record {
    match store.record(judged, Some(2.5), Some("thumb")).unwrap() {
        Recorded::New(record) => *record,
        Recorded::AlreadyThere(id) => panic!("already there as {id}"),
    }
}

#[test]
fn a_record_comes_back_as_it_went_in() {
    let (_dir, store) = line();
    for judged in [
        judged("a.png", Verdict::Pass),
        judged_with_heat("零件 b.png"),
        unreadable("c.png", UnreadableReason::TooLarge),
    ] {
        let record = new(&store, &judged);
        let stored = store.part(record.id).unwrap().unwrap();
        assert_eq!(stored, StoredPart { record: record.clone(), thumb: Some("thumb".into()) });
        assert_eq!((&stored.record.judged, stored.record.reject_above), (&judged, Some(2.5)));
        assert!(stored.record.stored_millis > 1_700_000_000_000);
    }
    assert_eq!(store.part(99).unwrap(), None);
}

#[test]
fn an_arrival_is_recorded_once_and_a_changed_file_again() {
    let (_dir, store) = line();
    let first = judged("a.png", Verdict::Pass);
    let mut later = first.clone();
    later.arrival.key.modified_nanos += 1;
    let mut larger = first.clone();
    larger.arrival.key.size_bytes += 1;

    assert!(!store.is_recorded(&first.arrival.key).unwrap());
    let id = new(&store, &first).id;
    let mut again = first.clone();
    again.verdict = Verdict::Reject;
    assert_eq!(store.record(&again, None, None).unwrap(), Recorded::AlreadyThere(id));
    assert_eq!(store.part(id).unwrap().unwrap().record.judged, first);
    assert_eq!(store.pending(crate::CSV_OUTPUT, 10).unwrap().len(), 1);

    assert_eq!((new(&store, &later).id, new(&store, &larger).id), (id + 1, id + 2));
    for judged in [first, later, larger] {
        assert!(store.is_recorded(&judged.arrival.key).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_comes_back_unchanged() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (_dir, store) = line();
    let mut odd = judged("x", Verdict::Pass);
    odd.arrival.key.relative_path = OsStr::from_bytes(b"\xff\xfe part\n.png").into();
    odd.arrival.path = Path::new("/camera").join(&odd.arrival.key.relative_path);
    // Shown to people it looks the same.
    let mut other = odd.clone();
    other.arrival.key.relative_path = OsStr::from_bytes(b"\xfe\xfe part\n.png").into();
    let id = new(&store, &odd).id;
    assert_eq!(new(&store, &other).id, id + 1);
    assert_eq!(store.part(id).unwrap().unwrap().record.judged.arrival, odd.arrival);
    assert!(store.is_recorded(&odd.arrival.key).unwrap());
}

#[test]
fn counters_count_each_verdict() {
    let (_dir, store) = line();
    assert_eq!(store.counters().unwrap(), Counters::default());
    let verdicts = [Verdict::Pass, Verdict::Reject, Verdict::Review, Verdict::Reject, Verdict::Pass, Verdict::Pass];
    for (part, verdict) in verdicts.into_iter().enumerate() {
        new(&store, &judged(&format!("{part}.png"), verdict));
    }
    new(&store, &unreadable("broken.png", UnreadableReason::Damaged));
    assert_eq!(store.counters().unwrap(), Counters { passed: 3, review: 1, rejected: 2, unreadable: 1 });
}

#[test]
fn the_latest_come_newest_first() {
    let (_dir, store) = line();
    for part in 1..=5 {
        new(&store, &judged(&format!("{part}.png"), Verdict::Pass));
    }
    let check = |before, limit, expected: &[i64]| {
        let ids: Vec<i64> = store.latest(before, limit).unwrap().iter().map(|record| record.id).collect();
        assert_eq!(ids, expected, "{before:?}, {limit}");
    };
    check(None, 3, &[5, 4, 3]);
    check(Some(3), 10, &[2, 1]);
    check(Some(1), 10, &[]);
    check(None, 0, &[]);
    check(None, usize::MAX, &[5, 4, 3, 2, 1]);
}

#[test]
fn latencies_are_summed_up_over_the_newest() {
    let (_dir, store) = line();
    assert_eq!(store.latency_quantiles(10).unwrap(), None);
    for part in (1..=100_u32).rev() {
        let mut judged = judged(&format!("{part}.png"), Verdict::Pass);
        judged.latency_millis = f64::from(part);
        new(&store, &judged);
    }
    assert_eq!(store.latency_quantiles(1).unwrap(), Some((1.0, 1.0)));
    assert_eq!(store.latency_quantiles(20).unwrap(), Some((10.0, 19.0)));
    assert_eq!(store.latency_quantiles(1000).unwrap(), Some((50.0, 95.0)));
}

#[test]
fn a_score_that_is_no_number_is_recorded_without_it() {
    let (_dir, store) = line();
    let mut strange = judged("a.png", Verdict::Reject);
    strange.score = Some(f64::NAN);
    let id = new(&store, &strange).id;
    let stored = store.part(id).unwrap().unwrap().record.judged;
    assert_eq!((stored.score, stored.verdict), (None, Verdict::Reject));
}

#[test]
fn a_failed_record_leaves_neither_part_nor_announcement() {
    let (_dir, store) = line();
    let full = "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END";
    crate::locked(&store.writer).execute_batch(full).unwrap();
    let part = judged("a.png", Verdict::Pass);
    assert!(matches!(store.record(&part, None, None), Err(StoreError::Sql { .. })));
    assert!(!store.is_recorded(&part.arrival.key).unwrap());
    assert_eq!(store.pending(crate::CSV_OUTPUT, 10).unwrap(), []);
    // And the next attempt succeeds, with the number that was not used.
    crate::locked(&store.writer).execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(new(&store, &part).id, 1);
}

#[test]
fn an_unreadable_part_without_a_reason_is_refused() {
    let (_dir, store) = line();
    let mut no_reason = unreadable("a.png", UnreadableReason::Empty);
    no_reason.reason = None;
    assert!(matches!(store.record(&no_reason, None, None), Err(StoreError::Sql { .. })));
    assert_eq!(store.counters().unwrap().inspected(), 0);
}
