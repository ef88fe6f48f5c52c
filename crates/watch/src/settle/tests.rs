//! The rules of settling, with times that are only told.

use super::*;

const SETTLE: u64 = 200;
const EMPTY: u64 = 2000;

struct Folder {
    settling: Settling,
    start: Instant,
}

impl Folder {
    fn new() -> Self {
        let settling = Settling::new(Duration::from_millis(SETTLE), Duration::from_millis(EMPTY));
        Self { settling, start: Instant::now() }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    fn seen(&mut self, millis: u64, name: &str, stamp: Stamp, closed: bool) {
        self.settling.seen(OsStr::new(name), stamp, closed, self.at(millis));
    }

    /// Looks again at what is due and queues what has settled; gives the names that settled.
    fn settle(&mut self, millis: u64, stamp: Stamp) -> Vec<String> {
        let now = self.at(millis);
        let mut names = self.settling.due(now);
        names.sort();
        names.retain(|name| self.settling.confirm(name, stamp, now));
        for name in &names {
            self.settling.queue(name.clone(), Ready { stamp, seen_millis: 0 });
        }
        names.into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    fn deliver(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some((name, _)) = self.settling.next() {
            names.push(name.to_str().unwrap().to_owned());
            self.settling.delivered();
        }
        names
    }
}

fn stamp(modified_nanos: i64, size_bytes: u64) -> Stamp {
    Stamp { modified_nanos, size_bytes }
}

#[test]
fn a_file_settles_when_it_was_quiet_long_enough() {
    let check = |size: u64, closed: bool, needed: u64| {
        let mut folder = Folder::new();
        folder.seen(5, "a", stamp(1, size), closed);
        assert_eq!(folder.settling.next_due(), Some(folder.at(5 + needed)));
        assert_eq!(folder.settle(5 + needed - 1, stamp(1, size)), [""; 0]);
        assert_eq!(folder.settle(5 + needed, stamp(1, size)), ["a"]);
        assert_eq!(folder.settling.next_due(), None);
    };
    check(9, false, SETTLE);
    check(9, true, 10);
    check(0, false, EMPTY);
    check(0, true, EMPTY);
}

#[test]
fn a_file_that_still_grows_waits_anew() {
    let mut folder = Folder::new();
    folder.seen(0, "a", stamp(1, 9), false);
    assert_eq!(folder.settle(200, stamp(2, 10)), [""; 0]);
    assert_eq!(folder.settle(399, stamp(2, 10)), [""; 0]);
    // The same size at another time is a change as well.
    folder.seen(399, "a", stamp(3, 10), false);
    assert_eq!(folder.settle(400, stamp(3, 10)), [""; 0]);
    assert_eq!(folder.settle(599, stamp(3, 10)), ["a"]);
}

#[test]
fn a_time_that_is_set_just_after_closing_makes_no_second_arrival() {
    let mut folder = Folder::new();
    folder.seen(0, "a", stamp(50, 9), false);
    folder.seen(100, "a", stamp(50, 9), true);
    assert_eq!(folder.settle(101, stamp(50, 9)), [""; 0]);
    folder.seen(102, "a", stamp(7, 9), false);
    assert_eq!(folder.settle(302, stamp(7, 9)), ["a"]);
    assert_eq!(folder.deliver(), ["a"]);
}

#[test]
fn the_same_state_is_one_arrival_and_another_state_another() {
    let mut folder = Folder::new();
    for closed in [false, true, true, false] {
        folder.seen(0, "a", stamp(1, 9), closed);
    }
    assert_eq!(folder.settle(10, stamp(1, 9)), ["a"]);
    assert_eq!(folder.deliver(), ["a"]);
    folder.seen(20, "a", stamp(1, 9), true);
    assert_eq!(folder.settle(9999, stamp(1, 9)), [""; 0]);
    folder.seen(9999, "a", stamp(2, 9), true);
    assert_eq!(folder.settle(10_009, stamp(2, 9)), ["a"]);
    assert_eq!(folder.deliver(), ["a"]);
}

#[test]
fn a_file_written_again_before_delivery_is_one_arrival_with_the_newer_state() {
    let mut folder = Folder::new();
    folder.seen(0, "a", stamp(1, 9), true);
    assert_eq!(folder.settle(10, stamp(1, 9)), ["a"]);
    folder.seen(20, "a", stamp(2, 8), true);
    assert_eq!(folder.settling.waiting(), 0);
    assert_eq!(folder.settle(30, stamp(2, 8)), ["a"]);
    assert_eq!(folder.settling.next().unwrap().1.stamp, stamp(2, 8));
    assert_eq!(folder.deliver(), ["a"]);
}

#[test]
fn the_oldest_file_comes_first_then_the_name_decides() {
    let mut folder = Folder::new();
    for (name, modified) in [("d", 1), ("b", 2), ("a", 3), ("c", 2)] {
        folder.settling.queue(name.into(), Ready { stamp: stamp(modified, 1), seen_millis: 0 });
    }
    assert_eq!(folder.deliver(), ["d", "b", "c", "a"]);
}

#[test]
fn what_vanishes_before_it_settles_is_forgotten_and_what_settled_keeps_its_turn() {
    let mut folder = Folder::new();
    let forget: [fn(&mut Settling); 3] = [|s| s.gone(OsStr::new("a")), |s| s.keep_only(&HashSet::new()), |s| s.lost()];
    for forget in forget {
        folder.seen(0, "a", stamp(1, 9), false);
        forget(&mut folder.settling);
        assert_eq!(folder.settle(200, stamp(1, 9)), [""; 0]);
    }
    folder.seen(0, "a", stamp(1, 9), false);
    assert_eq!(folder.settle(200, stamp(1, 9)), ["a"]);
    for forget in forget {
        forget(&mut folder.settling);
    }
    assert_eq!(folder.deliver(), ["a"]);
}
