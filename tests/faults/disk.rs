//! A disk that is full for a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sightline_app::Line;
use sightline_tests::{TestLine, copy_folder, drop_file, good_part, wait_until};

use crate::count::{expect_one_each, expect_one_row_each};
use crate::{alarms, is_over, watch_folder};

/// A small disk in memory. It goes with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this user may not mount one.
    fn mount(at: PathBuf, mib: u32) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_verdicts_and_loses_none() {
    let line = TestLine::learned();
    let Some(disk) = SmallDisk::mount(line.other("small disk"), 24) else {
        println!("full disk: not run, this user may not mount a small one");
        return;
    };
    let folder = disk.0.join("line");
    copy_folder(&line.folder(), &folder);
    Line::init(&folder, line.settings()).unwrap();
    let mut written: Vec<PathBuf> = Vec::new();
    let mut put = |number: u64| {
        let name = format!("part {number:03}.png");
        drop_file(&line.camera(), &name, &good_part(number));
        written.push(name.into());
    };
    let mut watching = watch_folder(&folder);
    put(0);
    wait_until("it judges", || !watching.lines().is_empty());
    for round in 0..2_u64 {
        let ballast = fill(&disk.0);
        (0..30).for_each(|part| put(1 + 30 * round + part));
        wait_until("it says so", || alarms(&mut watching, "storeFailing") as u64 > round);
        fs::remove_file(ballast).unwrap();
        let store = sightline_store::Store::open(&folder).unwrap();
        wait_until("all parts", || store.counters().unwrap().inspected() > 30 * (round + 1));
        wait_until("it says that it is over", || is_over(&mut watching, "storeFailing"));
    }
    watching.interrupt().expect_code(0);
    let records = expect_one_each("full disk", &folder, &written);
    expect_one_row_each(&folder, &records);
}

/// Fills a disk to its last byte.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("ballast");
    let mut left = 1 << 20;
    while left > 0 {
        use std::io::Write;
        let mut file = fs::File::options().create(true).append(true).open(&path).unwrap();
        if file.write_all(&vec![1; left]).is_err() {
            left /= 2;
        }
    }
    path
}
