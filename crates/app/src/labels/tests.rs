//! Labels between the line and the files of other tools.

use sightline_core::{Arrival, ArrivalKey, ClassId, Judged, Mark, Meaning, PartName, Shape, Tag, Verdict};
use sightline_labels::{Format, WriteOptions};

use super::*;
use crate::testing::write_plate;

fn line() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("line")).unwrap();
    (dir, store)
}

/// A judged plate of 64 × 64 pixels whose picture is there.
fn plate(dir: &tempfile::TempDir, store: &Store, number: u32, verdict: Verdict) -> i64 {
    plate_of(dir, store, &format!("day/plate {number}.ppm"), number, verdict)
}

/// One with this path below the watched folder.
fn plate_of(dir: &tempfile::TempDir, store: &Store, relative_path: &str, number: u32, verdict: Verdict) -> i64 {
    let path = dir.path().join(format!("plate {number}.ppm"));
    write_plate(&path, number);
    let captured = crate::capture::capture(&path);
    let judged = Judged {
        arrival: Arrival {
            key: ArrivalKey { relative_path: relative_path.into(), modified_nanos: 1, size_bytes: 1 },
            path,
            seen_millis: 1,
            name: PartName::default(),
        },
        verdict,
        reason: None,
        detail: None,
        score: Some(1.0),
        p_value: Some(0.5),
        heat: None,
        size: Some(captured.frame.unwrap().size()),
        content_hash: captured.content_hash,
        model: None,
        latency_millis: 1.0,
    };
    match store.record(&judged, Some(2.0), None).unwrap() {
        sightline_store::Recorded::New(record) => record.id,
        sightline_store::Recorded::AlreadyThere(id) => id,
    }
}

#[test]
fn feedback_becomes_a_label_and_can_be_taken_back() {
    let (dir, store) = line();
    let rejected = plate(&dir, &store, 1, Verdict::Reject);
    let kept = give_feedback(&store, rejected, Feedback::FalseAlarm, "mei").unwrap();
    assert_eq!((kept.label.tag, kept.who.as_str()), (Some(Tag::Good), "mei"));
    assert!(matches!(give_feedback(&store, rejected, Feedback::MissedDefect, "mei"), Err(AppError::Feedback { .. })));
    assert!(matches!(give_feedback(&store, 99, Feedback::Confirm, "mei"), Err(AppError::NoPart { .. })));
    assert_eq!(store.undo_label(rejected, "mei").unwrap().unwrap().label, PartLabel::default());
    assert!(!person().is_empty());
}

#[test]
fn parts_are_named_by_number_or_by_picture() {
    let (dir, store) = line();
    let (first, second) = (plate(&dir, &store, 1, Verdict::Pass), plate(&dir, &store, 2, Verdict::Pass));
    assert_eq!(find_part(&store, &first.to_string()).unwrap(), first);
    assert_eq!(find_part(&store, "plate 2.ppm").unwrap(), second);
    assert_eq!(find_part(&store, "day\\plate 2.ppm").unwrap(), second);
    assert!(matches!(find_part(&store, "plate 3.ppm"), Err(AppError::NoPart { .. })));
}

#[test]
fn labels_go_to_another_line_and_come_as_they_were() {
    let (dir, store) = line();
    let class = store.add_class("scratch", None, "longer than 2 mm").unwrap().id;
    let (marked, good) = (plate(&dir, &store, 1, Verdict::Reject), plate(&dir, &store, 2, Verdict::Pass));
    let shape = Shape::Box { left: 1.0, top: 2.0, right: 30.5, bottom: 40.0 };
    let marks = vec![Mark { meaning: Meaning::Defect(class), shape }];
    let label = PartLabel { tag: Some(Tag::Defect(Some(class))), marks, note: "belt".into(), checked: true };
    store.set_label(marked, &label, "mei").unwrap();
    give_feedback(&store, good, Feedback::Confirm, "mei").unwrap();
    let file = dir.path().join("labels.json");
    let exported = export_labels(&store, Format::Coco, &file, WriteOptions::default()).unwrap();
    assert_eq!(exported, Exported { pictures: 2, marks: 1 });

    let (other_dir, other) = line();
    other.add_class("pit", None, "").unwrap();
    let go = |options| import_labels(&other, Format::Coco, &file, options, "li");
    assert_eq!(plate(&other_dir, &other, 1, Verdict::Pass), 1);
    let error = go(ImportOptions::default()).unwrap_err();
    assert!(matches!(&error, AppError::UnknownPictures { count: 1, first } if first == "day/plate 2.ppm"), "{error}");
    assert_eq!(other.labelled(None).unwrap(), []);
    let skip = ImportOptions { skip_unknown: true, keep: false };
    let imported = go(skip).unwrap();
    let unknown = vec!["day/plate 2.ppm".to_owned()];
    assert_eq!(imported, Imported { parts: 1, marks: 1, classes: 1, kept: 0, unknown });
    assert_eq!(other.label(1).unwrap().unwrap().label, label.clone().renumbered(|_| ClassId(2)));
    assert_eq!(other.classes().unwrap()[1].rule, "longer than 2 mm");
    assert_eq!(go(ImportOptions { keep: true, ..skip }).unwrap().kept, 1);
    assert!(export_labels(&store, Format::Yolo, &dir.path().join("yolo"), WriteOptions::default()).is_err());
}

#[test]
fn parts_of_one_name_in_two_lots_keep_their_own_labels() {
    let (dir, store) = line();
    let [first, second] =
        ["lot1/plate.ppm", "lot2/plate.ppm"].map(|path| plate_of(&dir, &store, path, 1, Verdict::Reject));
    let note = |part| store.label(part).unwrap().map(|kept| kept.label.note);
    let say = |part, note: &str| {
        store.set_label(part, &PartLabel { note: note.into(), ..PartLabel::default() }, "mei").unwrap();
    };
    let file = dir.path().join("labels.json");
    let options = WriteOptions { allow_loss: true, ..WriteOptions::default() };
    let export = |format, path: &std::path::Path| export_labels(&store, format, path, options);
    let import = || import_labels(&store, Format::Coco, &file, ImportOptions::default(), "li");
    // Only the older one is labelled, and its label goes there and back.
    say(first, "of the first");
    export(Format::Coco, &file).unwrap();
    say(first, "changed");
    assert_eq!(import().unwrap().parts, 1);
    assert_eq!((note(first).as_deref(), note(second)), (Some("of the first"), None));
    say(second, "of the second");
    assert_eq!(export(Format::Coco, &file).unwrap().pictures, 2);
    say(first, "changed");
    say(second, "changed");
    assert_eq!(import().unwrap().parts, 2);
    assert_eq!((note(first).as_deref(), note(second).as_deref()), (Some("of the first"), Some("of the second")));
    // Without folders nobody knows whose labels these are.
    let error = export(Format::Yolo, &dir.path().join("yolo")).unwrap_err().to_string();
    assert!(error.contains("would share the label file"), "{error}");
    let bare = "{\"images\":[{\"id\":1,\"file_name\":\"plate.ppm\",\"width\":64,\"height\":64}]}";
    std::fs::write(&file, bare).unwrap();
    let error = import().unwrap_err().to_string();
    assert!(error.contains("1 names of pictures belong to several parts"), "{error}");
    assert!(error.contains("the first is \"plate.ppm\""), "{error}");
    assert!(error.starts_with(&file.display().to_string()), "{error}");
    assert_eq!(find_part(&store, "lot1/plate.ppm").unwrap(), first);
    let error = find_part(&store, "plate.ppm").unwrap_err().to_string();
    assert!(error.contains("lot2/plate.ppm and lot1/plate.ppm have this name"), "{error}");
}

#[test]
fn the_wand_works_on_the_picture_that_was_judged() {
    let (dir, store) = line();
    let id = plate(&dir, &store, 1, Verdict::Pass);
    assert_eq!(magic_wand(&store, id, 3, 3, 255).unwrap().area(), 64 * 64);
    let one = magic_wand(&store, id, 3, 3, 0).unwrap();
    assert!(one.contains(3, 3) && one.area() < 64 * 64);
    write_plate(&dir.path().join("plate 1.ppm"), 7);
    assert!(matches!(magic_wand(&store, id, 3, 3, 0), Err(AppError::PictureGone { .. })));
    assert_eq!(propose_mask(&store, id).unwrap(), None);
}
