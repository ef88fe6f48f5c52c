//! Labels, their history, and what must never be half done.

use super::*;
use crate::testing::{judged, line, unreadable};
use crate::{GalleryFilter, LabelFilter, Recorded};
use sightline_core::{
    ClassId, Feedback, Mark, Mask, Meaning, PartName, Point, Ring, Shape, Tag, UnreadableReason, Verdict,
};

const PICTURE: PictureSize = PictureSize { width: 1024, height: 768 };

fn part(store: &Store, name: &str) -> i64 {
    part_with(store, name, name, Verdict::Reject)
}

fn part_with(store: &Store, name: &str, content: &str, verdict: Verdict) -> i64 {
    let mut judged = judged(name, verdict);
    judged.content_hash = Some(content.to_owned());
    // Each file is a part of its own.
    judged.arrival.name = PartName::default();
    match store.record(&judged, None, None).unwrap() {
        Recorded::New(record) => record.id,
        Recorded::AlreadyThere(id) => id,
    }
}

fn noted(note: &str) -> PartLabel {
    PartLabel { note: note.into(), ..PartLabel::default() }
}

/// Every kind of mark.
fn full(class: ClassId) -> PartLabel {
    let ring = Ring(vec![Point { x: 0.5, y: 1.0 }, Point { x: 9.25, y: 1.0 }, Point { x: 3.0, y: 1.0 / 3.0 }]);
    let mask = Mask::of_box(PICTURE, [3.0, 4.0, 500.0, 60.0]).unwrap();
    let shapes = [
        Shape::Box { left: 1.5, top: 2.0, right: 1.0 / 0.3, bottom: 9.0 },
        Shape::Polygon(vec![ring.clone(), ring]),
        Shape::Mask(mask),
    ];
    let marks = shapes.into_iter().map(|shape| Mark { meaning: Meaning::Defect(class), shape });
    let ignored = Shape::Box { left: 0.0, top: 0.0, right: 5.0, bottom: 5.0 };
    let marks = marks.chain([Mark { meaning: Meaning::Ignore, shape: ignored }]).collect();
    PartLabel { tag: Some(Tag::Defect(Some(class))), marks, note: "belt \"左\"".into(), checked: true }
}

#[test]
fn a_label_comes_back_as_it_went_in_also_after_a_restart() {
    let (dir, store) = line();
    let class = store.add_class("scratch", None, "longer than 2 mm").unwrap().id;
    let id = part(&store, "a.png");
    assert_eq!(store.label(id).unwrap(), None);
    let kept = store.set_label(id, &full(class), "mei").unwrap();
    assert_eq!((&kept.label, kept.who.as_str(), kept.can_undo, kept.can_redo), (&full(class), "mei", true, false));
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.label(id).unwrap(), Some(kept));
    assert_eq!(store.classes().unwrap()[0].rule, "longer than 2 mm");
}

#[test]
fn undo_and_redo_go_through_the_history_across_restarts() {
    let (dir, mut store) = line();
    let id = part(&store, "a.png");
    for note in ["one", "two", "three"] {
        store.set_label(id, &noted(note), "mei").unwrap();
    }
    // The same again is no change.
    store.set_label(id, &noted("three"), "mei").unwrap();
    let go = |store: &Store, undo: bool| {
        let kept = if undo { store.undo_label(id, "li") } else { store.redo_label(id, "li") };
        kept.unwrap().map(|kept| (kept.label.note, kept.can_undo, kept.can_redo))
    };
    let told = |note: &str, undo, redo| Some((note.to_owned(), undo, redo));
    assert_eq!(go(&store, false), None);
    assert_eq!(go(&store, true), told("two", true, true));
    drop(store);
    store = Store::open(dir.path()).unwrap();
    assert_eq!(go(&store, true), told("one", true, true));
    assert_eq!(go(&store, true), told("", false, true));
    assert_eq!(go(&store, true), None);
    assert_eq!(go(&store, false), told("one", true, true));
    assert_eq!(go(&store, false), told("two", true, true));
    // Something new ends the way forward, and the way back leads past it.
    store.set_label(id, &noted("new"), "mei").unwrap();
    assert_eq!(go(&store, false), None);
    assert_eq!(go(&store, true), told("two", true, true));
    assert_eq!(go(&store, false), told("new", true, false));
    let history = store.label_history(id, 100).unwrap();
    assert_eq!(history.len(), 3 + 5 + 1 + 2);
    assert_eq!((history[0].action, history[0].who.as_str()), (LabelAction::Redo, "li"));
    assert_eq!(history[0].state, history[2].state.filter(|_| history[2].action == LabelAction::Set));
}

#[test]
fn what_is_not_valid_changes_nothing_also_in_the_middle_of_many() {
    let (_dir, store) = line();
    let (first, second) = (part(&store, "a.png"), part(&store, "b.png"));
    let check = |part: i64, label: PartLabel, words: &str| {
        let error = store.set_labels(&[(first, noted("fine")), (part, label)], "mei").unwrap_err();
        assert!(crate::StoreError::to_string(&error).contains(words), "{error}");
        assert_eq!(store.label(first).unwrap(), None, "{words}");
    };
    check(99, noted("x"), "no part with number 99");
    check(second, full(ClassId(7)), "no class with number 7");
    let tall = Mask::of_box(PictureSize { width: 768, height: 1024 }, [0.0, 0.0, 5.0, 5.0]).unwrap();
    let mark = Mark { meaning: Meaning::Ignore, shape: Shape::Mask(tall) };
    check(second, PartLabel { marks: vec![mark], ..PartLabel::default() }, "768 × 1024");
    let Recorded::New(broken) = store.record(&unreadable("c.png", UnreadableReason::Empty), None, None).unwrap() else {
        panic!()
    };
    let mark = Mark { meaning: Meaning::Ignore, shape: Shape::Box { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 } };
    check(broken.id, PartLabel { marks: vec![mark], ..PartLabel::default() }, "no picture");
    let good = PartLabel { tag: Some(Tag::Good), ..PartLabel::default() };
    assert_eq!(store.set_label(broken.id, &good, "mei").unwrap().label, good);
}

#[test]
fn a_part_has_one_use_and_so_has_its_picture() {
    let (_dir, store) = line();
    let mut seen = std::collections::BTreeMap::new();
    for lot in 0..40 {
        let first = part_with(&store, &format!("{lot}.png"), &format!("content {lot}"), Verdict::Pass);
        let again = part_with(&store, &format!("again {lot}.png"), &format!("content {lot}"), Verdict::Pass);
        let used = store.set_label(first, &noted("one"), "mei").unwrap().used;
        assert_eq!(store.set_label(again, &noted("one"), "mei").unwrap().used, used);
        assert_eq!(store.set_label(first, &noted("two"), "mei").unwrap().used, used);
        *seen.entry(format!("{used:?}")).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    let of = |used| store.labelled(Some(used)).unwrap().len();
    let (training, calibration, test) = (of(LabelUse::Training), of(LabelUse::Calibration), of(LabelUse::Test));
    assert!(training > calibration && calibration > 0 && test > 0);
    assert_eq!(training + calibration + test, store.labelled(None).unwrap().len());
}

#[test]
fn the_gallery_is_filtered_and_stays_in_place() {
    let (_dir, store) = line();
    let scratch = store.add_class("scratch", None, "").unwrap().id;
    let pit = store.add_class("pit", None, "").unwrap().id;
    let ids: Vec<i64> = (0..6)
        .map(|n| part_with(&store, &format!("{n}.png"), "x", if n < 2 { Verdict::Pass } else { Verdict::Reject }))
        .collect();
    let good = Feedback::Confirm.apply(&PartLabel::default(), Verdict::Pass).unwrap();
    store.set_label(ids[0], &good, "mei").unwrap();
    store.set_label(ids[2], &full(scratch), "mei").unwrap();
    store.set_label(ids[3], &PartLabel { tag: Some(Tag::Defect(Some(pit))), ..noted("") }, "mei").unwrap();
    store.set_label(ids[4], &noted("x"), "mei").unwrap();
    store.undo_label(ids[4], "mei").unwrap();
    let upto = store.newest_part().unwrap();
    part(&store, "later.png");
    let check = |filter: GalleryFilter, expected: &[usize]| {
        let found: Vec<i64> = store.gallery(&filter, upto, 0, 100).unwrap().iter().map(|row| row.record.id).collect();
        let expected: Vec<i64> = expected.iter().map(|at| ids[*at]).collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(store.gallery_count(&filter, upto).unwrap(), expected.len() as u64);
        assert_eq!(store.gallery_numbers(&filter, upto).unwrap(), expected);
    };
    let any = GalleryFilter::default();
    let label = |label| GalleryFilter { label, ..any };
    check(any, &[5, 4, 3, 2, 1, 0]);
    check(GalleryFilter { verdict: Some(Verdict::Pass), ..any }, &[1, 0]);
    check(label(LabelFilter::Unlabelled), &[5, 4, 1]);
    check(label(LabelFilter::Labelled), &[3, 2, 0]);
    check(label(LabelFilter::Good), &[0]);
    check(label(LabelFilter::Defect), &[3, 2]);
    check(label(LabelFilter::Unchecked), &[3, 0]);
    check(GalleryFilter { class: Some(scratch), ..any }, &[2]);
    check(GalleryFilter { class: Some(pit), verdict: Some(Verdict::Pass), ..any }, &[]);
    let page: Vec<i64> = store.gallery(&any, upto, 2, 2).unwrap().iter().map(|row| row.record.id).collect();
    assert_eq!(page, [ids[3], ids[2]]);
    let row = &store.gallery(&label(LabelFilter::Defect), upto, 1, 1).unwrap()[0];
    assert_eq!((row.tag, row.classes.as_slice(), row.marks, row.checked), (full(scratch).tag, &[scratch][..], 4, true));
    let some = store.gallery_parts(&[ids[2], upto + 7, ids[1]]).unwrap();
    assert_eq!(some.iter().map(|row| row.record.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert_eq!(&some[0], row);
}

#[test]
fn pages_far_down_the_gallery_are_in_the_same_order() {
    let (_dir, store) = line();
    {
        let mut writer = crate::locked(&store.writer);
        let all = writer.transaction().unwrap();
        for n in 0..2500 {
            let sql = "INSERT INTO parts (relative_path, modified_nanos, size_bytes, path, seen_millis, stored_millis,
                verdict, latency_millis) VALUES (?1, 1, 1, ?1, 1, 1, 'pass', 1.0)";
            all.execute(sql, [format!("{n}.png").into_bytes()]).unwrap();
        }
        all.commit().unwrap();
    }
    let any = GalleryFilter::default();
    assert_eq!(store.gallery_count(&any, 2450).unwrap(), 2450);
    for skip in [0, 1999, 2000, 2001, 2400, 2449, 2450] {
        let page: Vec<i64> = store.gallery(&any, 2450, skip, 3).unwrap().iter().map(|row| row.record.id).collect();
        let expected: Vec<i64> = (1..=2450 - skip as i64).rev().take(3).collect();
        assert_eq!(page, expected, "after {skip}");
    }
}

#[test]
fn classes_are_told_apart() {
    let (_dir, store) = line();
    let scratch = store.add_class(" scratch ", None, "").unwrap();
    assert_eq!((scratch.name.as_str(), scratch.key), ("scratch", Some(1)));
    assert_eq!(store.add_class("pit", None, "").unwrap().key, Some(2));
    assert!(matches!(store.add_class("Scratch", None, ""), Err(StoreError::Class(_))));
    assert!(matches!(store.add_class("stain", Some(2), ""), Err(StoreError::Class(_))));
    let renamed = sightline_core::DefectClass { name: "划痕".into(), key: None, ..scratch.clone() };
    store.change_class(&renamed).unwrap();
    assert_eq!(store.classes().unwrap()[0], renamed);
    let with_example = sightline_core::DefectClass { example: Some(7), ..renamed };
    assert!(matches!(store.change_class(&with_example), Err(StoreError::NoPart { id: 7 })));
    let unknown = sightline_core::DefectClass { id: ClassId(9), name: "x".into(), ..scratch };
    assert!(matches!(store.change_class(&unknown), Err(StoreError::NoClass { id: 9 })));
}

#[test]
fn labels_of_another_place_come_with_their_classes_or_not_at_all() {
    let (_dir, store) = line();
    let scratch = store.add_class("Scratch", Some(3), "ours").unwrap();
    let (first, second) = (part(&store, "a.png"), part(&store, "b.png"));
    let class = |id, name: &str| sightline_core::DefectClass {
        id: ClassId(id),
        name: name.into(),
        rule: "theirs".into(),
        key: Some(3),
        ..scratch.clone()
    };
    let theirs = [class(1, "pit"), class(2, "scratch")];
    let labels = vec![(first, full(ClassId(1))), (second, full(ClassId(2)))];
    let mut wrong = labels.clone();
    wrong.push((99, noted("x")));
    assert!(store.take_over_labels(&theirs, wrong, "mei").is_err());
    assert_eq!((store.classes().unwrap().len(), store.label(first).unwrap()), (1, None));
    assert_eq!(store.take_over_labels(&theirs, labels, "mei").unwrap(), 1);
    let classes = store.classes().unwrap();
    assert_eq!(classes[0], scratch, "what is there stays");
    assert_eq!((classes[1].name.as_str(), classes[1].rule.as_str(), classes[1].key), ("pit", "theirs", Some(1)));
    assert_eq!(store.label(first).unwrap().unwrap().label, full(classes[1].id));
    assert_eq!(store.label(second).unwrap().unwrap().label, full(scratch.id));
}

#[test]
fn a_part_that_is_labelled_cannot_be_taken_away() {
    let (_dir, store) = line();
    let id = part(&store, "a.png");
    store.set_label(id, &noted("x"), "mei").unwrap();
    let deleted = crate::locked(&store.writer).execute("DELETE FROM parts WHERE id = ?1", [id]);
    assert!(deleted.is_err());
}
