//! A power cut in the middle of the work: every file has exactly one record afterwards, whatever the instant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use sightline_tests::{Running, TestLine, drop_file, good_part, wait_until};

const FILES: usize = 300;
const KILLS: u64 = 6;

/// Seeds the instants of the kills and the ways of writing.
const SEED: u64 = 20_261_123;

/// A copying program waits no longer than this between two halves of a file.
const BETWEEN_HALVES: Duration = Duration::from_millis(4);

#[test]
fn a_killed_line_records_each_file_exactly_once() {
    let line = TestLine::learned();
    let camera = line.camera();
    let writer = std::thread::spawn(move || write_burst(&camera));

    let (mut draw, mut killed_at) = (Draw(SEED), Vec::new());
    for _ in 0..KILLS {
        let mut watching = watch(&line);
        // The process is to be killed at its work, not at its start.
        wait_until("it judges", || !watching.lines().is_empty());
        sleep(Duration::from_millis(draw.below(500)));
        watching.kill();
        killed_at.push(line.store().counters().unwrap().inspected());
    }
    let watching = watch(&line);
    writer.join().unwrap();
    let store = line.store();
    wait_until("all files have a record", || store.counters().unwrap().inspected() >= FILES as u64);
    watching.interrupt().expect_code(0);

    let recorded = store.latest(None, 2 * FILES).unwrap();
    let records = |name: &String| {
        recorded.iter().filter(|record| record.judged.arrival.key.relative_path == Path::new(name)).count()
    };
    let (mut lost, mut doubled) = (Vec::new(), Vec::new());
    for name in (0..FILES).map(name) {
        match records(&name) {
            0 => lost.push(name),
            1 => {}
            _ => doubled.push(name),
        }
    }
    let recorded = store.counters().unwrap().inspected();
    let (lost_count, doubled_count) = (lost.len(), doubled.len());
    println!("killed after {killed_at:?} records");
    println!("arrivals {FILES}, records {recorded}, lost {lost_count}, doubled {doubled_count}");
    assert!(lost.is_empty() && doubled.is_empty(), "lost {lost:?}, doubled {doubled:?}");
    assert_eq!(recorded, FILES as u64);
    let in_burst = killed_at.iter().filter(|records| (1..FILES as u64).contains(*records)).count();
    assert!(in_burst >= 3, "the burst was over too early to prove anything: killed after {killed_at:?} records");
    assert_eq!(store.counters().unwrap().unreadable, 0, "half a file was judged");

    let rows = csv_rows(&line.folder().join("verdicts"));
    assert!(rows.values().all(|&count| count == 1), "{rows:?}");
    let ids: Vec<i64> = store.latest(None, FILES).unwrap().iter().rev().map(|record| record.id).collect();
    assert_eq!(rows.into_keys().collect::<Vec<_>>(), ids);
}

fn watch(line: &TestLine) -> Running {
    Running::sightline(["watch".as_ref(), line.folder().as_os_str(), "--json".as_ref()])
}

fn name(number: usize) -> String {
    format!("part {number:03}.png")
}

/// Writes the files, in the ways that cameras and copying programs have.
fn write_burst(camera: &Path) {
    let pictures: Vec<Vec<u8>> = (0..8).map(good_part).collect();
    let mut draw = Draw(SEED + 1);
    for number in 0..FILES {
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
        sleep(Duration::from_millis(draw.below(25)));
    }
}

/// How often each record's number stands in the files of a folder.
fn csv_rows(folder: &Path) -> BTreeMap<i64, usize> {
    let mut rows = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().skip(1) {
            let id = line.split(',').nth(1).unwrap().parse().unwrap();
            *rows.entry(id).or_default() += 1;
        }
    }
    rows
}

/// Seeded numbers (SplitMix64, Steele et al. 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
