//! A page of the database that a failing disk has overwritten.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use sightline_tests::{TestLine, drop_file, good_part, wait_until};

use crate::count::expect_one_each;
use crate::{alarms, watch};

#[test]
fn a_corrupted_page_is_put_aside_and_every_part_has_its_record() {
    let line = TestLine::learned();
    let database = line.folder().join("sightline.db");
    let mut written: Vec<PathBuf> = Vec::new();
    let mut put = |number: u64| {
        let name = format!("part {number:03}.png");
        drop_file(&line.camera(), &name, &good_part(number));
        written.push(name.into());
    };
    let watching = watch(&line);
    (0..20).for_each(&mut put);
    let store = line.store();
    // The first backup is made as soon as the line runs.
    wait_until("twenty parts", || store.counters().unwrap().inspected() == 20);
    wait_until("a backup", || store.backup_age().is_some());
    (20..40).for_each(&mut put);
    wait_until("forty parts", || store.counters().unwrap().inspected() == 40);
    drop(store);
    watching.interrupt().expect_code(0);

    let mut file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    file.seek(SeekFrom::Start(pages * 2 / 3 * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    drop(file);
    let damaged = fs::read(&database).unwrap();

    let mut watching = watch(&line);
    (40..45).for_each(&mut put);
    wait_until("it says so", || alarms(&mut watching, "databaseRestored") == 1);
    // What could not be read is judged again: its files are still there.
    let store = line.store();
    wait_until("all parts", || store.counters().unwrap().inspected() == 45);
    watching.interrupt().expect_code(0);
    expect_one_each("corrupted page", &line.folder(), &written);
    let quarantine = line.folder().join("quarantine").join("001");
    assert!(fs::read(quarantine.join("sightline.db")).unwrap() == damaged, "the evidence changed");
    assert!(fs::read_to_string(quarantine.join("report.txt")).unwrap().contains("saved"));
}
