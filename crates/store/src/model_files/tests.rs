//! Which files go, which stay, and that nobody is left without one.

use std::fs::File;
use std::time::SystemTime;

use super::*;
use crate::testing::line;
use crate::{ModelRow, TrialRow};

/// Says that a file was kept long ago.
fn old(path: &Path) {
    let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
    File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
}

/// A model with a file that was written long ago; `number` is when it was made. It does not judge.
fn model(store: &Store, number: i64) -> String {
    let id = store.put_model_file(format!("model {number}").as_bytes()).unwrap();
    old(&store.model_path(&id));
    let row =
        ModelRow { id: id.clone(), made_millis: number, file_name: format!("{id}.slm"), promise_json: "{}".to_owned() };
    store.add_model(&row).unwrap();
    id
}

/// A line with models 0, 1, 2, … made in this order; the one before the newest judges.
fn line_with(count: i64) -> (tempfile::TempDir, Store, Vec<String>) {
    let (dir, store) = line();
    let ids: Vec<String> = (0..count).map(|number| model(&store, number)).collect();
    assert!(store.promote(&ids[ids.len() - 2], "Kim", 1).unwrap());
    (dir, store, ids)
}

fn retain(store: &Store, most: u32) -> FreedModels {
    store.retain_model_files(most, |_| None, || false).unwrap()
}

/// Which of the models have files.
fn with_files(store: &Store, ids: &[String]) -> Vec<usize> {
    (0..ids.len()).filter(|&at| store.model_path(&ids[at]).exists()).collect()
}

fn files(count: u64) -> FreedModels {
    FreedModels { files: count, stayed: 0 }
}

#[test]
fn the_oldest_files_that_nobody_needs_go_first_and_all_rows_stay() {
    let (_dir, store, ids) = line_with(8);
    let trial = TrialRow { champion: ids[7].clone(), passed: false, report_json: "{}".to_owned() };
    let rows = store.known_models().unwrap();
    store.add_challenger(&rows.iter().find(|known| known.row.id == ids[1]).unwrap().row, &trial).unwrap();
    let rows = store.known_models().unwrap();
    assert_eq!(retain(&store, 20), files(0));
    assert_eq!(retain(&store, 4), files(1));
    assert_eq!(with_files(&store, &ids), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(retain(&store, 2), files(2));
    assert_eq!(with_files(&store, &ids), [3, 4, 5, 6, 7]);
    assert_eq!((retain(&store, 0), retain(&store, 0)), (files(2), files(0)));
    assert_eq!(with_files(&store, &ids), [5, 6, 7], "the newest three, of which one judges");
    assert_eq!(store.known_models().unwrap(), rows);
    assert_eq!(store.promotions().unwrap().len(), 1);
    // One that was brought back is newer than those that were made after it.
    store.put_model_file(b"model 2").unwrap();
    store.put_model_file(b"model 0").unwrap();
    old(&store.model_path(&ids[2]));
    assert_eq!(retain(&store, 1), files(1));
    assert_eq!(with_files(&store, &ids), [0, 5, 6, 7]);
    fs::remove_file(store.model_path(&ids[0])).unwrap();
    // A file that is gone counts among nothing: newer ones do not go in its place.
    let newest = model(&store, 8);
    assert_eq!(retain(&store, 1), files(0));
    assert!(store.model_path(&newest).exists());
}

#[test]
fn what_judges_judged_or_challenges_stays_and_so_does_what_it_was_tried_against() {
    let (_dir, store, ids) = line_with(20);
    // Seven judged before the live one; the second came back later than the others.
    for at in [0, 1, 2, 3, 4, 5, 6, 1, 7] {
        assert!(store.promote(&ids[at], "Kim", 2).unwrap());
    }
    assert!(store.set_challenger(Some(&ids[9])).unwrap());
    let rows = store.known_models().unwrap();
    let tried = rows.iter().find(|known| known.row.id == ids[9]).unwrap();
    let trial = TrialRow { champion: ids[10].clone(), passed: true, report_json: "{}".to_owned() };
    store.add_challenger(&tried.row, &trial).unwrap();
    retain(&store, 0);
    let judged = [1, 3, 4, 5, 6, 7];
    let expected: Vec<usize> = judged.into_iter().chain([9, 10, 17, 18, 19]).collect();
    assert_eq!(with_files(&store, &ids), expected);
    let before = store.model_before().unwrap().unwrap().id;
    assert_eq!(before, ids[1]);
    assert!(store.promote(&before, "Kim", 3).unwrap() && store.read_model_file(&before).is_ok(), "the way back");
}

#[test]
fn what_no_row_names_stays_and_so_does_everything_where_nothing_judges() {
    let (dir, store) = line();
    let ids: Vec<String> = (0..5).map(|number| model(&store, number)).collect();
    assert_eq!(retain(&store, 0), files(0), "the database may not be the one that knew these");
    assert!(store.promote(&ids[4], "Kim", 1).unwrap());
    let import = store.put_model_file(b"about to be taken over").unwrap();
    old(&store.model_path(&import));
    let theirs = dir.path().join("models").join("old-friend.slm");
    fs::write(&theirs, b"a person's").unwrap();
    old(&theirs);
    // A name that leads out of the folder is none that we give.
    let outside = dir.path().join("outside.slm");
    fs::write(&outside, b"not ours").unwrap();
    old(&outside);
    let row = |id: &str| ModelRow {
        id: id.to_owned(),
        made_millis: 0,
        file_name: String::new(),
        promise_json: "{}".to_owned(),
    };
    store.add_model(&row("../outside")).unwrap();
    store.add_model(&row("old-friend")).unwrap();
    assert_eq!(retain(&store, 0), files(2));
    assert_eq!(with_files(&store, &ids), [2, 3, 4]);
    assert!(store.model_path(&import).exists() && theirs.exists() && outside.exists());
}

#[test]
fn a_model_without_a_file_is_let_judge_by_nobody_and_comes_back_with_it() {
    let (_dir, store, ids) = line_with(6);
    retain(&store, 0);
    let live = store.live_model().unwrap().unwrap().id;
    let gone = |refused: Result<bool, StoreError>| {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, StoreError::ModelGone { .. }), "{refused}");
        assert!(refused.to_string().contains("is gone"));
    };
    assert!(store.set_challenger(Some(&ids[5])).unwrap());
    gone(store.promote(&ids[0], "Kim", 2));
    gone(store.promote_over(&live, &ids[0], "Kim", 2));
    gone(store.set_challenger(Some(&ids[0])));
    let learned = store.known_models().unwrap().into_iter().find(|known| known.row.id == ids[0]).unwrap().row;
    gone(store.add_model_and_make_live(&learned).map(|()| true));
    gone(store.read_model_file(&ids[0]).map(|_| true));
    assert_eq!(store.live_model().unwrap().unwrap().id, live);
    assert_eq!(store.challenger().unwrap().unwrap().id, ids[5], "who judged beside goes on");
    assert_eq!(store.put_model_file(b"model 0").unwrap(), ids[0]);
    assert!(store.promote(&ids[0], "Kim", 3).unwrap());
}

#[test]
fn a_model_that_is_promoted_or_kept_again_in_between_keeps_its_file() {
    let (_dir, store, ids) = line_with(8);
    // Told what goes, another process promotes one of them and learns one again.
    let freed = store.retain_model_files(
        0,
        |path| {
            if path == store.model_path(&ids[0]) {
                assert!(store.promote(&ids[0], "Kim", 2).unwrap());
            } else if path == store.model_path(&ids[1]) {
                store.put_model_file(b"model 1").unwrap();
            }
            None
        },
        || false,
    );
    assert_eq!(freed.unwrap(), files(3));
    assert_eq!(with_files(&store, &ids), [0, 1, 5, 6, 7]);
    // Asked to stop, it stops.
    old(&store.model_path(&ids[1]));
    assert_eq!(store.retain_model_files(0, |_| None, || true).unwrap(), files(0));
}

#[test]
fn many_at_once_remove_no_more_than_one_would() {
    let (dir, store, ids) = line_with(30);
    let freed: u64 = std::thread::scope(|scope| {
        let pass = || retain(&Store::open(dir.path()).unwrap(), 7).files;
        let passes: Vec<_> = (0..4).map(|_| scope.spawn(pass)).collect();
        passes.into_iter().map(|pass| pass.join().unwrap()).sum()
    });
    assert_eq!(freed, 20);
    assert_eq!(with_files(&store, &ids), (20..30).collect::<Vec<_>>());
}

#[test]
fn one_file_that_cannot_be_removed_stops_nothing_and_what_a_crash_left_goes_later() {
    let (dir, store, ids) = line_with(6);
    // A folder in the way: nothing can be renamed to that name.
    let taken = |id: &str| dir.path().join("models").join(format!("{UNFINISHED}{TAKEN}{id}.slm"));
    fs::create_dir_all(taken(&ids[0]).join("in the way")).unwrap();
    assert_eq!(retain(&store, 0), FreedModels { files: 2, stayed: 1 });
    assert_eq!(with_files(&store, &ids), [0, 3, 4, 5]);
    fs::remove_dir_all(taken(&ids[0])).unwrap();
    // As after a crash between taking it away and deleting it.
    fs::rename(store.model_path(&ids[0]), taken(&ids[0])).unwrap();
    assert_eq!(retain(&store, 0), files(0));
    assert!(!taken(&ids[0]).exists());
}

#[test]
fn what_is_to_be_left_of_a_model_stays_in_its_place() {
    let (_dir, store, ids) = line_with(4);
    let left = |path: &Path| fs::read(path).ok().map(|bytes| [b"left of ".as_slice(), bytes.as_slice()].concat());
    store.retain_model_files(0, left, || false).unwrap();
    assert_eq!(store.left_of_model(&ids[0]).unwrap(), b"left of model 0");
    assert_eq!(store.left_of_model(&ids[1]), None, "its file is there");
    assert_eq!(retain(&store, 0), files(0));
}
