//! What goes, what stays, and in which order.

use super::*;
use crate::testing::{judged, judged_with_heat, line, unreadable};
use crate::{CSV_OUTPUT, Recorded};
use sightline_core::{PartLabel, Tag, UnreadableReason, Verdict};
use std::fs::{self, File};
use std::time::SystemTime;

/// Records a part with a thumbnail of its own that was made long ago, and confirms its deliveries.
fn part(store: &Store, number: u32, verdict: Verdict) -> i64 {
    let judged = match verdict {
        Verdict::Unreadable => unreadable(&format!("{number}.png"), UnreadableReason::Damaged),
        verdict => sightline_core::Judged { verdict, ..judged_with_heat(&format!("{number}.png")) },
    };
    let thumb = thumb(store, number);
    let Recorded::New(record) = store.record(&judged, None, Some(&thumb)).unwrap() else { panic!("known") };
    let waiting: Vec<i64> = store.pending(CSV_OUTPUT, 100).unwrap().iter().map(|row| row.id).collect();
    store.mark_delivered(&waiting).unwrap();
    record.id
}

fn thumb(store: &Store, number: u32) -> String {
    let thumb = store.pictures().put(format!("picture {number}").as_bytes(), "jpg").unwrap();
    let path = store.pictures().path_of(&thumb).unwrap();
    let old = SystemTime::now() - 2 * FRESH;
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    thumb
}

fn stored(store: &Store, id: i64, millis: i64) {
    let change = "UPDATE parts SET stored_millis = ?2 WHERE id = ?1";
    crate::locked(&store.writer).execute(change, params![id, millis]).unwrap();
}

/// Numbers of the parts that have pictures, each with its file.
fn with_pictures(store: &Store) -> Vec<i64> {
    let parts = store.latest(None, 1000).unwrap();
    let mut found: Vec<i64> = Vec::new();
    for id in parts.into_iter().map(|record| record.id) {
        let part = store.part(id).unwrap().unwrap();
        if let Some(thumb) = part.thumb {
            assert!(store.pictures().path_of(&thumb).is_some(), "part {id} refers to a thumbnail that is gone");
            found.push(id);
        }
    }
    found.sort_unstable();
    found
}

fn retain(store: &Store, kept: Retention, now_millis: i64) -> Freed {
    store.retain(&kept, now_millis, || None, || false).unwrap()
}

#[test]
fn without_a_limit_everything_is_kept() {
    let (_dir, store) = line();
    let id = part(&store, 1, Verdict::Pass);
    assert_eq!(retain(&store, Retention::default(), i64::MAX), Freed::default());
    assert_eq!(with_pictures(&store), [id]);
}

#[test]
fn pictures_go_by_age_and_rejects_later() {
    let (dir, store) = line();
    let verdicts = [Verdict::Pass, Verdict::Reject, Verdict::Unreadable, Verdict::Review, Verdict::Pass];
    let ids: Vec<i64> = (0..).zip(verdicts).map(|(number, verdict)| part(&store, number, verdict)).collect();
    for id in &ids[..4] {
        stored(&store, *id, 1000);
    }
    let kept = Retention { passed_days: Some(10), other_days: Some(30), ..Retention::default() };
    let day = |days: i64| 1000 + days * DAY_MILLIS;
    stored(&store, ids[4], day(25));
    assert_eq!(retain(&store, kept, day(10)), Freed::default());
    assert_eq!(retain(&store, kept, day(11)), Freed { parts: 1, files: 1 });
    assert_eq!(with_pictures(&store), ids[1..]);
    assert_eq!(retain(&store, kept, day(31)), Freed { parts: 3, files: 3 });
    assert_eq!(with_pictures(&store), ids[4..]);
    // Records stay: no file is judged twice.
    assert_eq!(store.counters().unwrap().inspected(), 5);
    assert!(store.is_recorded(&judged("0.png", Verdict::Pass).arrival.key).unwrap());
    let files = fs::read_dir(dir.path().join("pictures")).unwrap().flatten();
    assert_eq!(files.map(|folder| fs::read_dir(folder.path()).unwrap().count()).sum::<usize>(), 1);
}

#[test]
fn pictures_go_by_number_passed_parts_first() {
    let (_dir, store) = line();
    let verdicts = [Verdict::Reject, Verdict::Pass, Verdict::Pass, Verdict::Reject, Verdict::Pass];
    let ids: Vec<i64> = (0..).zip(verdicts).map(|(number, verdict)| part(&store, number, verdict)).collect();
    let most = |most| Retention { most_parts: Some(most), ..Retention::default() };
    assert_eq!(retain(&store, most(3), 0).parts, 2);
    assert_eq!(with_pictures(&store), [ids[0], ids[3], ids[4]]);
    assert_eq!(retain(&store, most(1), 0).parts, 2);
    assert_eq!(with_pictures(&store), [ids[3]]);
}

#[test]
fn pictures_go_until_enough_of_the_disk_is_free() {
    let (_dir, store) = line();
    (0..3).for_each(|number| _ = part(&store, number, Verdict::Pass));
    let kept = Retention { free_bytes: Some(100), ..Retention::default() };
    let free = std::cell::Cell::new(99);
    let freed = store.retain(&kept, 0, || Some(free.replace(100)), || false).unwrap();
    assert_eq!((freed.parts, with_pictures(&store).len()), (3, 0));
    // Asked to stop, it stops.
    assert_eq!(store.retain(&kept, 0, || Some(0), || true).unwrap(), Freed::default());
}

#[test]
fn what_is_referred_to_stays() {
    let (_dir, store) = line();
    let labelled = part(&store, 1, Verdict::Pass);
    let good = PartLabel { tag: Some(Tag::Good), ..PartLabel::default() };
    store.set_label(labelled, &good, "mei").unwrap();
    let shared = part(&store, 2, Verdict::Pass);
    store.set_label(shared, &good, "mei").unwrap();
    // The same picture again, of a part that nobody refers to.
    let thumb = thumb(&store, 2);
    store.record(&judged_with_heat("again.png"), None, Some(&thumb)).unwrap();
    let kept = Retention { most_parts: Some(0), ..Retention::default() };
    // Not delivered yet: an output is still to be told.
    assert_eq!(retain(&store, kept, 0).parts, 0);
    let waiting: Vec<i64> = store.pending(CSV_OUTPUT, 100).unwrap().iter().map(|row| row.id).collect();
    store.mark_delivered(&waiting).unwrap();
    assert_eq!(retain(&store, kept, 0), Freed { parts: 1, files: 0 });
    assert_eq!(with_pictures(&store), [labelled, shared]);
    store.undo_label(labelled, "mei").unwrap();
    assert_eq!(retain(&store, kept, 0), Freed { parts: 1, files: 1 });
}
