//! A power cut in the middle of the work, again and again: every file has exactly one record afterwards.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use sightline_core::Verdict;
use sightline_tests::{TestLine, drop_file, good_part, wait_until};

use crate::count::{expect_one_each, expect_one_row_each};
use crate::{Draw, full, watch};

/// Seeds the instants of the kills and the ways of writing.
const SEED: u64 = 20_261_123;

/// A copying program waits no longer than this between two halves of a file.
const BETWEEN_HALVES: Duration = Duration::from_millis(4);

#[test]
fn a_killed_line_records_each_file_exactly_once() {
    let (files, kills) = if full() { (20_000, 1000) } else { (300, 6) };
    // The stream is to last as long as the kills do, each with the start of a process before it.
    let pause_millis = if full() { 120 } else { 25 };
    let line = TestLine::learned();
    let camera = line.camera();
    let writer = std::thread::spawn(move || write_burst(&camera, files, pause_millis));

    let (mut draw, mut killed_at) = (Draw(SEED), Vec::new());
    for _ in 0..kills {
        let mut watching = watch(&line);
        // The process is to be killed at its work, not at its start.
        wait_until("it judges", || !watching.lines().is_empty() || writer.is_finished());
        sleep(Duration::from_millis(draw.below(500)));
        watching.kill();
        killed_at.push(line.store().counters().unwrap().inspected());
    }
    let watching = watch(&line);
    let written = writer.join().unwrap();
    let store = line.store();
    wait_until("all files have a record", || store.counters().unwrap().inspected() >= files as u64);
    watching.interrupt().expect_code(0);

    let records = expect_one_each(&format!("{kills} kills"), &line.folder(), &written);
    let in_burst = killed_at.iter().filter(|records| (1..files as u64).contains(*records)).count();
    assert!(
        in_burst * 2 >= kills,
        "the burst was over too early to prove anything: killed after {killed_at:?} records"
    );
    let unreadable = records.iter().filter(|record| record.judged.verdict == Verdict::Unreadable).count();
    assert_eq!(unreadable, 0, "half a file was judged");
    expect_one_row_each(&line.folder(), &records);
}

/// Writes the files, in the ways that cameras and copying programs have.
fn write_burst(camera: &Path, files: usize, pause_millis: u64) -> Vec<PathBuf> {
    let pictures: Vec<Vec<u8>> = (0..8).map(good_part).collect();
    let mut draw = Draw(SEED + 1);
    let name = |number: usize| format!("part {number:05}.png");
    for number in 0..files {
        let bytes = &pictures[number % pictures.len()];
        if draw.below(2) == 0 {
            drop_file(camera, &name(number), bytes);
        } else {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            let mut file = File::create(camera.join(name(number))).unwrap();
            file.write_all(first).unwrap();
            sleep(BETWEEN_HALVES);
            file.write_all(second).unwrap();
        }
        sleep(Duration::from_millis(draw.below(pause_millis)));
    }
    (0..files).map(|number| name(number).into()).collect()
}
