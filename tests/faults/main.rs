//! What happens to a line in a plant, done to it on purpose. Each case ends with the same count: every arrival has exactly
//! one record, none is lost and none doubled.
//!
//! `SIGHTLINE_FAULTS=full cargo test --workspace --test faults -- --nocapture` kills a thousand times over twenty
//! thousand arrivals, which takes the better part of an hour; without it a few dozen times, as CI does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(unix)]

mod count;
mod database;
mod disk;
mod folder;
mod kills;
mod locked;

use sightline_tests::{Running, TestLine};

/// Whether the long version was asked for.
fn full() -> bool {
    std::env::var_os("SIGHTLINE_FAULTS").is_some_and(|asked| asked == "full")
}

/// A line that is watched by a process of its own.
fn watch(line: &TestLine) -> Running {
    watch_folder(&line.folder())
}

fn watch_folder(line: &std::path::Path) -> Running {
    Running::sightline(["watch".as_ref(), line.as_os_str(), "--json".as_ref()])
}

/// How often an alarm of this cause began.
fn alarms(running: &mut Running, cause: &str) -> usize {
    let told = running.lines().iter().filter(|line| line.contains("\"alarms\"")).map(|line| line.contains(cause));
    let mut before = false;
    told.filter(|now| !std::mem::replace(&mut before, *now) && *now).count()
}

/// Whether an alarm of this cause is over, or never was: the next one is told only after that.
fn is_over(running: &mut Running, cause: &str) -> bool {
    running.lines().iter().rfind(|line| line.contains("\"alarms\"")).is_none_or(|line| !line.contains(cause))
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
