//! A slow writer, and a folder that goes and comes back.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use sightline_core::Verdict;
use sightline_tests::{TestLine, drop_file, good_part, wait_until};

use crate::count::{expect_one_each, expect_one_row_each};
use crate::{alarms, is_over, watch};

#[cfg(target_os = "linux")]
#[test]
fn a_writer_that_is_slower_than_a_file_settles_is_waited_for() {
    let line = TestLine::learned();
    let watching = watch(&line);
    // It is to be told of the file, not to find it.
    drop_file(&line.camera(), "first.png", &good_part(0));
    let store = line.store();
    wait_until("the first part", || store.counters().unwrap().inspected() == 1);
    let bytes = good_part(1);
    let mut file = File::create(line.camera().join("slow.png")).unwrap();
    for piece in bytes.chunks(bytes.len() / 4 + 1) {
        file.write_all(piece).unwrap();
        sleep(Duration::from_millis(400));
    }
    drop(file);
    wait_until("the slow part", || store.counters().unwrap().inspected() >= 2);
    watching.interrupt().expect_code(0);
    let records = expect_one_each("slow writer", &line.folder(), &["first.png".into(), "slow.png".into()]);
    assert!(records.iter().all(|record| record.judged.verdict != Verdict::Unreadable), "half a file was judged");
}

#[test]
fn a_folder_that_vanishes_raises_an_alarm_and_loses_nothing() {
    let line = TestLine::learned();
    let mut watching = watch(&line);
    let (camera, away) = (line.camera(), line.other("away"));
    let mut written: Vec<PathBuf> = Vec::new();
    let mut put = |folder: &PathBuf, number: u64| {
        let name = format!("part {number}.png");
        drop_file(folder, &name, &good_part(number));
        written.push(name.into());
    };
    put(&camera, 0);
    wait_until("it judges", || !watching.lines().is_empty());
    for round in 0..3_u64 {
        fs::rename(&camera, &away).unwrap();
        put(&away, 2 * round + 1);
        wait_until("an alarm", || alarms(&mut watching, "sourceLost") as u64 > round);
        fs::rename(&away, &camera).unwrap();
        put(&camera, 2 * round + 2);
        let store = line.store();
        wait_until("both parts", || store.counters().unwrap().inspected() >= 2 * round + 3);
        wait_until("the alarm's end", || is_over(&mut watching, "sourceLost"));
    }
    watching.interrupt().expect_code(0);
    let records = expect_one_each("vanished folder", &line.folder(), &written);
    expect_one_row_each(&line.folder(), &records);
}
