//! What a plant delivers on a bad day: each case ends in one clear sentence or one record, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sightline_core::{UnreadableReason, Verdict};
use sightline_store::ModelRow;
use sightline_testkit::bad_input;
use sightline_tests::{Ran, TestLine, drop_file, good_part, program, sightline};

#[test]
fn folders_that_cannot_be_used_are_named() {
    let line = TestLine::folders(12);
    let (missing, empty, file) = (line.other("not there"), line.other("空 folder"), line.other("a file"));
    fs::create_dir(&empty).unwrap();
    fs::write(&file, "in the way").unwrap();
    let init = |folder: &Path, good: &Path, watch: &Path| run("init", folder, &[("--good", good), ("--watch", watch)]);
    let (folder, good, camera) = (line.folder(), line.good(), line.camera());

    refused(&init(&folder, &missing, &camera), &missing, "does not exist");
    refused(&init(&folder, &good, &missing), &missing, "does not exist");
    refused(&init(&folder, &empty, &camera), &empty, "holds no pictures");
    refused(&init(&file.join("line"), &good, &camera), &file, "cannot be written");
    assert!(!folder.exists(), "a line that was refused left something behind");

    refused(&run("learn", &missing, &[]), &missing, "does not exist");
    refused(&run("watch", &empty, &[]), &empty, "not a Sightline line");
    refused(&run("evaluate", &good, &[("--out", &line.other("out"))]), &good.join("good"), "does not exist");
}

#[test]
fn too_few_good_parts_are_counted() {
    let line = TestLine::set_up(5);
    let ran = run("learn", &line.folder(), &[]);
    refused(&ran, &line.good(), "5 readable good parts; at least 12");
    let said = run("watch", &line.folder(), &[]);
    refused(&said, &line.folder(), "no model yet");
}

#[test]
fn folders_that_vanish_or_cannot_be_written_later_are_named() {
    let line = TestLine::learned();
    let verdicts = line.folder().join("verdicts");
    fs::write(&verdicts, "in the way").unwrap();
    refused(&run("watch", &line.folder(), &[]), &verdicts, "creating");
    fs::remove_file(&verdicts).unwrap();
    fs::remove_dir(line.camera()).unwrap();
    refused(&run("watch", &line.folder(), &[]), &line.camera(), "does not exist");
    fs::remove_dir_all(line.good()).unwrap();
    refused(&run("learn", &line.folder(), &[]), &line.good(), "does not exist");
    assert!(line.live_model().is_some());
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    for arguments in [&["watch"][..], &["polish"], &["learn", "line", "--steps", "many"], &[]] {
        let ran = sightline(arguments).expect_code(2);
        assert!(ran.stderr.contains("--help"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_command_without_a_word() {
    let line = TestLine::learned();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut models = Command::new(program("sightline"));
    let models = models.arg("models").arg(line.folder()).stdout(writer).stderr(Stdio::piped());
    let output = models.spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(141), ""));
}

#[test]
fn a_bad_picture_never_stops_the_line() {
    let line = TestLine::learned();
    let camera = line.camera();
    let check: [(PathBuf, Option<UnreadableReason>); 7] = [
        (bad_input::truncated_jpeg(&camera).unwrap(), Some(UnreadableReason::Damaged)),
        (bad_input::zero_byte_png(&camera).unwrap(), Some(UnreadableReason::Empty)),
        (bad_input::text_named_png(&camera).unwrap(), Some(UnreadableReason::NotAPicture)),
        (bad_input::huge_png_header(&camera).unwrap(), Some(UnreadableReason::TooLarge)),
        (bad_input::grey16_tiff(&camera).unwrap(), None),
        (bad_input::chinese_name_with_spaces(&camera).unwrap(), None),
        (drop_file(&camera, "good.png", &good_part(4)), None),
    ];
    let ran = run("watch", &line.folder(), &[("--parts", Path::new("7"))]).expect_code(0);
    assert!(ran.stdout.contains("unreadable 4"), "{}", ran.stdout);

    let store = line.store();
    let records = store.latest(None, 100).unwrap();
    assert_eq!(records.len(), check.len());
    for (path, reason) in check {
        let of_file: Vec<_> = records.iter().filter(|record| record.judged.arrival.path == path).collect();
        let [record] = of_file.as_slice() else { panic!("{} has {} records", path.display(), of_file.len()) };
        let judged = &record.judged;
        assert_eq!(judged.reason, reason, "{}: {:?}", path.display(), judged.detail);
        assert_eq!(judged.verdict == Verdict::Unreadable, reason.is_some(), "{}", path.display());
        assert_eq!(judged.score.is_none(), reason.is_some(), "{}", path.display());
        let detail = judged.detail.clone().unwrap_or_default();
        assert!(reason.is_none() || detail.contains(&path.display().to_string()), "the detail names no path: {detail}");
        // The same on the spot: what cannot be judged is no pass.
        let inspected = run("inspect", &path, &[("--line", &line.folder())]);
        if reason.is_some() {
            assert_eq!(inspected.code, Some(3), "{}", inspected.stdout);
        }
    }
}

#[test]
fn a_model_that_is_not_whole_does_not_judge() {
    let line = TestLine::learned();
    drop_file(&line.camera(), "part.png", &good_part(4));
    let path = line.store().model_path(&line.live_model().unwrap());
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [&flipped[..], &whole[..whole.len() / 2], &[]] {
        fs::write(&path, damaged).unwrap();
        refused(&run("watch", &line.folder(), &[]), &path, "damaged");
        refused(&run("inspect", &line.camera(), &[("--line", &line.folder())]), &path, "damaged");
    }
    fs::remove_file(&path).unwrap();
    refused(&run("watch", &line.folder(), &[]), &path, "is gone");
    assert_eq!(line.store().counters().unwrap().inspected(), 0);
    // Put back, it judges: nothing else was harmed.
    fs::write(&path, whole).unwrap();
    run("watch", &line.folder(), &[("--parts", Path::new("1"))]).expect_code(0);
}

#[test]
fn a_model_from_a_newer_version_is_refused() {
    let line = TestLine::learned();
    let store = line.store();
    let mut bytes = store.read_model_file(&line.live_model().unwrap()).unwrap();
    // The format number stands after the eight bytes that name the kind of file.
    bytes[8..12].copy_from_slice(&999_u32.to_le_bytes());
    let id = store.put_model_file(&bytes).unwrap();
    let row = ModelRow { id: id.clone(), made_millis: 0, file_name: format!("{id}.slm"), promise_json: "{}".into() };
    store.add_model_and_make_live(&row).unwrap();
    refused(
        &run("watch", &line.folder(), &[]),
        &store.model_path(&id),
        "format 999; this Sightline knows formats up to",
    );
}

#[test]
fn a_database_that_cannot_be_used_is_refused_and_left_as_it_is() {
    let line = TestLine::learned();
    let path = line.folder().join("sightline.db");
    let whole = fs::read(&path).unwrap();
    let check = |change: &dyn Fn(&mut Vec<u8>), expected: &str| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        refused(&run("watch", &line.folder(), &[]), &path, expected);
        refused(&run("learn", &line.folder(), &[]), &path, expected);
        assert!(fs::read(&path).unwrap() == bytes, "the file was changed ({expected})");
    };
    // PRAGMA user_version, as it lies in the file (https://www.sqlite.org/fileformat.html, section 1.3).
    check(&|bytes| bytes[60..64].copy_from_slice(&999_u32.to_be_bytes()), "newer version");
    check(&|bytes| bytes[4096..].fill(0x5a), "damaged");
    check(&|bytes| bytes.truncate(bytes.len() / 2), "damaged");
    check(&|bytes| *bytes = b"Shift 2: camera 1 was cleaned at 14:10.\n".repeat(9), "damaged");
    fs::write(&path, &whole).unwrap();
    assert!(line.live_model().is_some());
}

/// A command about a folder or file, with options.
fn run(verb: &str, subject: &Path, options: &[(&str, &Path)]) -> Ran {
    let mut arguments: Vec<OsString> = vec![verb.into(), subject.into()];
    for (name, value) in options {
        arguments.extend([name.into(), value.as_os_str().to_owned()]);
    }
    sightline(arguments)
}

/// The command failed with one sentence that names the path and what is wrong.
#[track_caller]
fn refused(ran: &Ran, path: &Path, what: &str) {
    let complaint = ran.complaint();
    assert_eq!(ran.code, Some(1), "stdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    let named = complaint.contains(&path.display().to_string()) && complaint.contains(what);
    assert!(named && complaint.lines().count() == 1, "wanted {} and \"{what}\", got: {}", path.display(), ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}
