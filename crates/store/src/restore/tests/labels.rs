//! What people said and which models there were, since the backup.

use super::*;
use crate::{LineCheck, TrialRow, label_events};
use sightline_core::{ClassId, DefectClass, Mark, Meaning, PartLabel, PartName, Shape, Tag};

/// A part of its own, but the 40th shows the very same as the 39th.
fn record(store: &Store, number: i64) {
    let mut part = judged_with_heat(&format!("{number}.png"));
    part.content_hash = Some(format!("content {}", if number == 40 { 39 } else { number }));
    part.arrival.name = PartName::default();
    store.record(&part, Some(1.0), None).unwrap();
}

/// A defect and an area to ignore.
fn label(class: ClassId, note: &str) -> PartLabel {
    let mark =
        |meaning, left: f64| Mark { meaning, shape: Shape::Box { left, top: 2.0, right: left + 50.0, bottom: 60.0 } };
    let marks = vec![mark(Meaning::Defect(class), 1.0), mark(Meaning::Ignore, 100.0)];
    PartLabel { tag: Some(Tag::Defect(Some(class))), marks, note: note.into(), checked: true }
}

fn row(id: &str) -> ModelRow {
    ModelRow { id: id.into(), made_millis: 1, file_name: format!("{id}.slm"), promise_json: "{}".into() }
}

/// Everything that people said and decided.
fn told(store: &Store) -> String {
    let labels: Vec<_> =
        (1..=60).map(|part| (store.label(part).unwrap(), store.label_history(part, 100).unwrap())).collect();
    let models = (store.known_models().unwrap(), store.promotions().unwrap(), store.model_before().unwrap());
    let rest = (store.classes().unwrap(), store.challenger().unwrap(), store.last_check().unwrap());
    format!("{labels:#?}\n{models:#?}\n{rest:#?}")
}

fn changes(store: &Store) -> u64 {
    (1..=60).map(|part| store.label_history(part, 100).unwrap().len() as u64).sum()
}

/// A line where much was said and decided before its backup and after it, what that is, and how many label changes are
/// newer; closed.
fn line_with_labels(promoted: bool) -> (tempfile::TempDir, String, u64) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (1..=30).for_each(|number| record(&store, number));
    let scratch = store.add_class("scratch", None, "").unwrap();
    let pit = store.add_class("pit", None, "").unwrap();
    for part in 1..=5 {
        store.set_label(part, &label(scratch.id, "before"), "mei").unwrap();
    }
    model_files(&store, &["a", "b", "c"]);
    store.add_model_and_make_live(&row("a")).unwrap();
    store.back_up().unwrap();
    let before = changes(&store);

    (31..=60).for_each(|number| record(&store, number));
    let stain = store.add_class("stain", None, "darker than the belt").unwrap();
    // They swap their keys.
    store.change_class(&DefectClass { key: None, ..scratch.clone() }).unwrap();
    store.change_class(&DefectClass { key: Some(1), rule: "deep".into(), ..pit.clone() }).unwrap();
    let renamed = DefectClass { key: Some(2), name: "划痕".into(), example: Some(31), ..scratch };
    store.change_class(&renamed).unwrap();
    store.set_label(1, &label(pit.id, "after"), "li").unwrap();
    store.undo_label(2, "li").unwrap();
    store.set_label(3, &label(pit.id, "after"), "li").unwrap();
    store.undo_label(3, "li").unwrap();
    // The later one of two twins first: its name decides what both are for.
    for part in [40, 39].into_iter().chain(31..=45) {
        store.set_label(part, &label(stain.id, "new"), "li").unwrap();
    }
    store.undo_label(44, "mei").unwrap();
    store.undo_label(45, "mei").unwrap();
    store.redo_label(45, "mei").unwrap();
    let trial = |passed| TrialRow { champion: "a".into(), passed, report_json: "{}".into() };
    store.add_challenger(&row("b"), &trial(false)).unwrap();
    store.add_challenger(&row("c"), &trial(true)).unwrap();
    if promoted {
        assert!(store.promote("c", "li", 7).unwrap());
    } else {
        assert!(store.set_challenger(Some("c")).unwrap());
    }
    store.keep_check(&LineCheck { made_millis: 9, model: "a".into(), parts: 3, wrong: String::new() }).unwrap();
    let (told, newer) = (told(&store), changes(&store) - before);
    (dir, told, newer)
}

/// Overwrites the leaf of a table or index that is `back` before its last one.
fn damage_leaf(line_dir: &Path, of: &str, back: i64) {
    let path = line_dir.join("sightline.db");
    let question =
        "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1 OFFSET ?2";
    let database = Connection::open(&path).unwrap();
    let page: i64 = database.query_row(question, (of, back), |row| row.get(0)).expect(of);
    drop(database);
    overwrite(&path, page as u64 - 1);
}

/// Changes the database behind the back of the line, references that are broken included.
fn change(line_dir: &Path, statements: &str) {
    let database = Connection::open(line_dir.join("sightline.db")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.execute_batch(statements).unwrap();
}

/// Nothing refers to what is not there.
fn opened(line_dir: &Path) -> (Store, Restored) {
    let (store, restored) = Store::open_alone(line_dir).unwrap();
    let broken = crate::locked(&store.writer).prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!broken, "{restored:?}");
    (store, restored.unwrap())
}

fn models(store: &Store) -> Vec<String> {
    store.known_models().unwrap().into_iter().map(|known| known.row.id).collect()
}

#[test]
fn what_people_said_and_decided_since_the_backup_stays() {
    for promoted in [false, true] {
        // What tells numbers, uses, flags, or where rows are may be damaged as well as rows of parts.
        for (of, lost) in [
            ("parts", 1),
            ("labels", 0),
            ("sqlite_sequence", 0),
            ("label_events_by_part", 0),
            ("sqlite_autoindex_marks_1", 0),
            ("sqlite_autoindex_models_1", 0),
            ("sqlite_autoindex_trials_1", 0),
            ("one_live_model", 0),
        ] {
            let (dir, before, newer) = line_with_labels(promoted);
            damage_leaf(dir.path(), of, 0);
            let (store, restored) = opened(dir.path());
            let counts = (restored.saved, restored.lost, restored.labels_saved, restored.labels_lost);
            assert_eq!(counts, (30 - lost, lost, newer, 0), "{of}: {restored:?}");
            assert_eq!(told(&store), before, "{of}");
            // The way back is there, and no number is given twice.
            assert_eq!(store.undo_label(1, "mei").unwrap().unwrap().label.note, "before");
            assert!(store.label_history(1, 1).unwrap()[0].id > 1000, "{of}");
            assert!(store.add_class("new", None, "").unwrap().id.0 > 1000, "{of}");
            assert_eq!(store.model_before().unwrap().is_some(), promoted, "{of}");
        }
    }
}

#[test]
fn changes_of_labels_that_cannot_be_read_are_told_and_take_no_others_with_them() {
    let mut lost = 0;
    for back in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        (1..=31).for_each(|number| record(&store, number));
        let class = store.add_class("scratch", None, "").unwrap().id;
        store.set_label(31, &label(class, "old"), "mei").unwrap();
        store.back_up().unwrap();
        for word in ["one", "two"] {
            let label = label(class, &format!("{word}{}", "-".repeat(300)));
            (1..=30).for_each(|part| _ = store.set_label(part, &label, "mei").unwrap());
        }
        drop(store);
        damage_leaf(dir.path(), "label_events", back);
        let (store, restored) = opened(dir.path());
        assert_eq!((restored.saved, restored.lost), (0, 0), "{restored:?}");
        assert_eq!(restored.labels_saved + restored.labels_lost, 60, "{restored:?}");
        lost += restored.labels_lost;
        for part in 1..=30 {
            let history = store.label_history(part, 100).unwrap();
            let said = |at: usize| {
                let Some(event) = history.get(at) else { return PartLabel::default() };
                label_events::label(&crate::locked(&store.reader), event.id).unwrap()
            };
            let (newest, before) = (said(0), said(1));
            assert_eq!(store.label(part).unwrap().map(|kept| kept.label).unwrap_or_default(), newest);
            assert_eq!(newest.marks.len(), 2 * history.len().min(1), "marks come with their change");
            // Where the change before is lost, the way back ends.
            let undone = store.undo_label(part, "li").unwrap().map(|kept| kept.label);
            assert_eq!(undone.unwrap_or_default(), before);
        }
    }
    assert!((30..=60).contains(&lost), "{lost}");
}

#[test]
fn labels_of_parts_that_are_lost_are_told_as_lost() {
    let (dir, _, newer) = line_with_labels(false);
    let store = Store::open(dir.path()).unwrap();
    store.set_label(60, &label(ClassId(1), "gone"), "mei").unwrap();
    drop(store);
    damage_leaf(dir.path(), "parts", 0);
    let (_store, restored) = opened(dir.path());
    assert_eq!((restored.lost, restored.labels_saved, restored.labels_lost), (1, newer, 1));
}

#[test]
fn what_was_taken_back_does_not_come_again_where_the_label_before_is_lost() {
    let (dir, ..) = line_with_labels(false);
    let store = Store::open(dir.path()).unwrap();
    for note in ["first", "second"] {
        store.set_label(50, &label(ClassId(1), note), "mei").unwrap();
    }
    store.undo_label(50, "mei").unwrap();
    let first = store.label_history(50, 100).unwrap()[2].id;
    drop(store);
    change(dir.path(), &format!("DELETE FROM label_events WHERE id = {first}"));
    damage_leaf(dir.path(), "parts", 0);
    let (store, restored) = opened(dir.path());
    assert_eq!(restored.labels_lost, 1);
    assert!(store.label(50).unwrap().unwrap().label.is_empty());
    assert_eq!(store.redo_label(50, "mei").unwrap().unwrap().label.note, "second");
}

#[test]
fn a_change_with_a_mark_that_cannot_be_understood_is_lost_whole() {
    let (dir, _, newer) = line_with_labels(false);
    let store = Store::open(dir.path()).unwrap();
    store.set_label(50, &label(ClassId(1), "cut"), "mei").unwrap();
    drop(store);
    change(dir.path(), "UPDATE marks SET shape = x'00' WHERE event = (SELECT max(id) FROM label_events) AND place = 1");
    damage_leaf(dir.path(), "parts", 0);
    let (store, restored) = opened(dir.path());
    assert_eq!((restored.labels_saved, restored.labels_lost), (newer, 1));
    assert_eq!((store.label(50).unwrap(), store.label_history(50, 9).unwrap()), (None, vec![]));
    assert!(!store.labelled(None).unwrap().is_empty());
}

#[test]
fn marks_of_a_class_that_is_lost_are_of_a_class_without_a_name_and_not_ignored() {
    let (dir, _, newer) = line_with_labels(false);
    damage_leaf(dir.path(), "classes", 0);
    let (store, restored) = opened(dir.path());
    assert_eq!((restored.labels_saved, restored.labels_lost), (newer, 0));
    let classes = store.classes().unwrap();
    let names: Vec<_> = classes.iter().map(|class| (class.name.as_str(), class.key)).collect();
    assert_eq!(names, [("scratch", Some(1)), ("pit", Some(2)), ("class 3", None)]);
    assert_eq!(store.label(33).unwrap().unwrap().label, label(classes[2].id, "new"));
}

#[test]
fn a_class_that_is_lost_keeps_its_key_and_the_others_are_changed() {
    let (dir, ..) = line_with_labels(false);
    let statements = "DELETE FROM classes WHERE id = 1; UPDATE classes SET key = 5 WHERE id = 2;
        UPDATE classes SET key = 1 WHERE id = 3; UPDATE classes SET example = 60 WHERE id = 2";
    change(dir.path(), statements);
    damage_leaf(dir.path(), "parts", 0);
    let (store, _) = opened(dir.path());
    let classes = store.classes().unwrap();
    let told: Vec<_> = classes.iter().map(|class| (class.name.as_str(), class.key, class.example)).collect();
    assert_eq!(told, [("scratch", Some(1), None), ("pit", Some(5), None), ("stain", None, None)]);
}

#[test]
fn a_challenger_whose_trial_is_lost_is_left_out() {
    for (promoted, left) in [(false, &["a"][..]), (true, &["a", "c"][..])] {
        let (dir, ..) = line_with_labels(promoted);
        damage_leaf(dir.path(), "trials", 0);
        let (store, _) = opened(dir.path());
        assert_eq!(models(&store), left, "who did not pass could judge");
        assert_eq!(store.live_model().unwrap().unwrap().id, left[left.len() - 1]);
    }
}

#[test]
fn where_the_model_before_is_lost_the_way_back_ends() {
    let (dir, ..) = line_with_labels(true);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.promote("b", "li", 8).unwrap());
    drop(store);
    change(dir.path(), "DELETE FROM models WHERE id = 'c'");
    damage_leaf(dir.path(), "parts", 0);
    let (store, _) = opened(dir.path());
    assert_eq!((models(&store), store.model_before().unwrap()), (vec!["a".to_owned(), "b".to_owned()], None));
    let promoted: Vec<String> = store.promotions().unwrap().into_iter().map(|promotion| promotion.model).collect();
    assert_eq!(promoted, ["b", "a"]);
}

#[test]
fn a_database_of_an_older_format_brings_what_it_has() {
    let (dir, ..) = line_with_labels(true);
    let tables = ["trials", "promotions", "labels", "marks", "label_events", "classes"];
    let dropped: String = tables.iter().map(|table| format!("DROP TABLE {table};")).collect();
    change(dir.path(), &format!("{dropped} PRAGMA user_version = 3;"));
    damage_leaf(dir.path(), "parts", 0);
    let (store, restored) = opened(dir.path());
    assert_eq!((restored.saved, restored.labels_saved, restored.labels_lost), (29, 0, 0));
    assert_eq!(models(&store), ["a", "b", "c"]);
    assert_eq!(store.label(5).unwrap().unwrap().label.note, "before");
}

#[test]
fn where_nothing_can_be_read_the_labels_of_the_backup_stay() {
    let (dir, ..) = line_with_labels(true);
    fs::write(dir.path().join("sightline.db"), b"Shift 2: camera 1 was cleaned.").unwrap();
    let (store, restored) = opened(dir.path());
    assert_eq!((restored.labels_saved, restored.labels_lost), (0, 0));
    assert_eq!(store.label(1).unwrap().unwrap().label.note, "before");
    assert_eq!((models(&store), store.live_model().unwrap().unwrap().id), (vec!["a".to_owned()], "a".to_owned()));
    store.set_label(1, &label(ClassId(2), "again"), "mei").unwrap();
    assert!(store.label_history(1, 1).unwrap()[0].id > WELL_BEYOND);
    assert!(i64::from(store.add_class("stain", None, "").unwrap().id.0) > WELL_BEYOND);
}
