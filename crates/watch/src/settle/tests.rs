//! The rules of settling, with times that are only told.

use super::*;

const SETTLE: u64 = 200;
const EMPTY: u64 = 2000;
const OPEN: u64 = 9000;

struct Folder {
    settling: Settling,
    start: Instant,
}

impl Folder {
    fn new() -> Self {
        let [settle, empty, open] = [SETTLE, EMPTY, OPEN].map(Duration::from_millis);
        let settling = Settling::new(settle, empty, open);
        Self { settling, start: Instant::now() }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    fn seen(&mut self, millis: u64, name: &str, stamp: Stamp, closed: bool) {
        self.sight(millis, name, stamp, if closed { Sight::Closed } else { Sight::Told });
    }

    fn sight(&mut self, millis: u64, name: &str, stamp: Stamp, sight: Sight) {
        self.settling.seen(OsStr::new(name), stamp, sight, self.at(millis));
    }

    /// Looks again at what is due and queues what has settled; gives the names that settled.
    fn settle(&mut self, millis: u64, stamp: Stamp) -> Vec<String> {
        let now = self.at(millis);
        let mut names = self.settling.due(now);
        names.sort();
        let mut early = Vec::new();
        names.retain(|name| match self.settling.confirm(name, stamp, now) {
            Some(settled) if settled.early => {
                early.push(name.clone());
                true
            }
            settled => settled.is_some(),
        });
        for name in names.iter().filter(|name| !early.contains(name)) {
            self.settling.queue(name.clone(), Ready { stamp, seen_millis: 0, rest: Rest::over() });
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
        let ready = Ready { stamp: stamp(modified, 1), seen_millis: 0, rest: Rest::over() };
        folder.settling.queue(name.into(), ready);
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

#[test]
fn a_file_that_its_writer_still_holds_open_waits_for_its_end() {
    let mut folder = Folder::new();
    folder.sight(0, "a", stamp(1, 9), Sight::Written);
    // Seen by looking, it is still open.
    folder.sight(500, "a", stamp(1, 9), Sight::Found);
    assert_eq!(folder.settle(SETTLE + 500, stamp(1, 9)), [""; 0]);
    folder.sight(3000, "a", stamp(2, 20), Sight::Found);
    folder.sight(3001, "a", stamp(2, 20), Sight::Written);
    assert_eq!(folder.settle(3001 + OPEN - 1, stamp(2, 20)), [""; 0]);
    folder.sight(12_000, "a", stamp(2, 20), Sight::Closed);
    assert_eq!(folder.settle(12_010, stamp(2, 20)), ["a"]);
    // Nobody told of the end: it is not lost.
    folder.sight(13_000, "b", stamp(3, 9), Sight::Written);
    assert_eq!(folder.settle(13_000 + OPEN, stamp(3, 9)), ["b"]);
}

#[test]
fn what_no_event_told_of_is_known() {
    let mut folder = Folder::new();
    let check = |folder: &mut Folder, name: &str, sights: &[Sight], told: bool| {
        sights.iter().for_each(|sight| folder.sight(0, name, stamp(1, 9), *sight));
        let (name, now) = (OsStr::new(name), folder.at(OPEN));
        let settled = folder.settling.confirm(name, stamp(1, 9), now);
        assert_eq!(settled, Some(Settled { told, early: false }), "{sights:?}");
        assert_eq!(folder.settling.confirm(name, stamp(1, 9), now), None, "settled twice");
    };
    check(&mut folder, "a", &[Sight::Found], false);
    check(&mut folder, "b", &[Sight::Found, Sight::Told], true);
    check(&mut folder, "c", &[Sight::Before, Sight::Found], true);
    check(&mut folder, "d", &[Sight::Closed, Sight::Found], true);
}

impl Folder {
    /// A file is closed and handed on while it rests.
    fn close(&mut self, millis: u64, name: &str, stamp: Stamp) {
        self.seen(millis, name, stamp, true);
        if self.settling.may_be_early(OsStr::new(name)) {
            self.settling.hand_on_early(OsStr::new(name), 0);
        }
    }

    /// What is delivered, and whether each has rested; asked when all rests are over.
    fn delivered(&mut self) -> Vec<Rest> {
        let mut rests = Vec::new();
        while let Some((_, ready)) = self.settling.next() {
            rests.push(ready.rest.clone());
            self.settling.delivered();
        }
        rests
    }
}

#[test]
fn a_closed_file_is_handed_on_once_and_counts_when_it_stayed() {
    let mut folder = Folder::new();
    folder.close(0, "a", stamp(1, 9));
    folder.close(1, "a", stamp(1, 9));
    let rests = folder.delivered();
    assert_eq!(rests.len(), 1);
    assert_eq!(folder.settle(10, stamp(1, 9)), ["a"]);
    assert!(rests[0].stayed());
    assert_eq!(folder.delivered().len(), 0, "delivered twice");
    // An empty file is waited for.
    folder.close(20, "b", stamp(2, 0));
    assert_eq!(folder.delivered().len(), 0);
}

#[test]
fn what_was_handed_on_does_not_count_when_the_file_changes_and_comes_again_settled() {
    let changes: [fn(&mut Folder); 4] = [
        |folder| folder.seen(5, "a", stamp(2, 9), false),
        |folder| folder.sight(5, "a", stamp(1, 9), Sight::Written),
        |folder| folder.settling.gone(OsStr::new("a")),
        |folder| folder.settling.lost(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for delivered_before in [true, false] {
            let mut folder = Folder::new();
            folder.close(0, "a", stamp(1, 9));
            let mut rests = if delivered_before { folder.delivered() } else { Vec::new() };
            change(&mut folder);
            rests.extend(folder.delivered());
            assert!(rests.iter().all(|rest| !rest.stayed()), "change {number}");
            folder.seen(50, "a", stamp(2, 9), true);
            assert_eq!(folder.settle(60, stamp(2, 9)), ["a"], "change {number}");
            assert_eq!(folder.delivered().iter().map(Rest::stayed).collect::<Vec<_>>(), [true], "change {number}");
        }
    }
}

#[test]
fn a_file_that_waits_and_is_written_over_by_the_same_is_delivered() {
    let mut folder = Folder::new();
    folder.seen(0, "a", stamp(1, 9), true);
    assert_eq!(folder.settle(10, stamp(1, 9)), ["a"]);
    // Copied over with its time kept: emptied, filled, and its old time set, before it was delivered.
    folder.seen(20, "a", stamp(5, 0), false);
    folder.seen(21, "a", stamp(6, 9), true);
    folder.seen(22, "a", stamp(1, 9), false);
    assert_eq!(folder.settle(500, stamp(1, 9)), ["a"]);
    assert_eq!(folder.deliver(), ["a"]);
}

#[test]
fn files_that_are_copied_again_with_their_times_are_not_judged_again_one_by_one() {
    let mut folder = Folder::new();
    let mut early = Vec::new();
    for part in 0..10 {
        let name = part.to_string();
        folder.seen(0, &name, stamp(1, 9), true);
        folder.settle(10, stamp(1, 9));
        folder.deliver();
        folder.close(20, &name, stamp(2, 9));
        early.extend(folder.delivered());
        folder.seen(21, &name, stamp(1, 9), false);
    }
    assert_eq!(early.iter().map(Rest::stayed).collect::<Vec<_>>(), [false]);
    assert_eq!(folder.deliver(), [""; 0]);
}

#[test]
fn another_size_at_the_same_time_is_not_taken_for_the_state_before() {
    let mut folder = Folder::new();
    folder.close(0, "a", stamp(1, 9));
    assert_eq!(folder.settle(10, stamp(1, 9)), ["a"]);
    assert_eq!(folder.delivered().len(), 1);
    folder.close(20, "a", stamp(1, 8));
    folder.seen(21, "a", stamp(1, 8), true);
    assert_eq!(folder.settle(30, stamp(1, 8)), ["a"]);
    assert_eq!(folder.delivered().iter().map(Rest::stayed).collect::<Vec<_>>(), [true]);
}

#[test]
fn where_files_change_after_they_were_closed_few_are_handed_on_early() {
    let mut folder = Folder::new();
    let mut early = 0;
    for part in 0..200 {
        let (at, name) = (1000 * part, part.to_string());
        folder.close(at, &name, stamp(part as i64, 9));
        early += folder.delivered().len();
        // Its program sets the time, or opens it again.
        folder.seen(at + 1, &name, stamp(-1, 9), false);
        folder.seen(at + 2, &name, stamp(-1, 9), part % 2 == 0);
        assert_eq!(folder.settle(at + 500, stamp(-1, 9)), [name]);
        assert_eq!(folder.delivered().len(), 1);
    }
    assert_eq!(early, 1, "the first alone shows how files come here");
    // When they stay as they are again, they are handed on again.
    for part in 200..=200 + u64::from(DOUBTS) {
        let (at, name) = (1000 * part, part.to_string());
        folder.close(at, &name, stamp(1, 9));
        early += folder.delivered().len();
        assert_eq!(folder.settle(at + 500, stamp(1, 9)), [name]);
        folder.delivered();
    }
    assert_eq!(early, 2);
}
