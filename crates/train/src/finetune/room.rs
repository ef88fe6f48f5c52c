//! Labelled parts in memory, up to a limit: where it is reached, windows onto defective parts go before parts, and what is
//! many before what is few.

use std::collections::BTreeMap;

use super::MIN_LABELS;
use super::examples::Defect;
use super::window::{MOST_WINDOWS, Window};

/// What is kept of the parts that were read so far.
pub(super) struct Room {
    limit: usize,
    /// Every which good part is kept.
    good_step: usize,
    good_seen: usize,
    /// Each with the hash of its part's content.
    pub(super) good: Vec<(String, Window)>,
    /// Windows onto a defective part at most.
    windows: usize,
    /// Each with the name of its class; those of a part follow each other.
    pub(super) defects: Vec<(Option<String>, Defect)>,
    /// Parts that are not kept.
    pub(super) left_out: usize,
}

impl Room {
    /// For so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        let (good, defects) = (Vec::new(), Vec::new());
        Self { limit, good_step: 1, good_seen: 0, good, windows: MOST_WINDOWS, defects, left_out: 0 }
    }

    /// Takes in a part that was labelled good.
    pub(super) fn add_good(&mut self, content_hash: String, window: Window) {
        self.good_seen += 1;
        match (self.good_seen - 1).is_multiple_of(self.good_step) {
            true => self.good.push((content_hash, window)),
            false => self.left_out += 1,
        }
        self.thin();
    }

    /// Takes in the windows onto a defective part.
    pub(super) fn add_defective(&mut self, windows: Vec<(Option<String>, Defect)>) {
        let step = windows.len().div_ceil(self.windows).max(1);
        self.defects.extend(windows.into_iter().step_by(step));
        self.thin();
    }

    fn thin(&mut self) {
        loop {
            let good: usize = self.good.iter().map(|(_, window)| window.bytes()).sum();
            let defects: usize = self.defects.iter().map(|(_, defect)| defect.window.bytes()).sum();
            let parts = self.parts();
            if good + defects <= self.limit {
                return;
            }
            if good > defects && self.good.len() > 1 {
                // Every second one: what is left lies evenly among all that were read.
                let before = self.good.len();
                self.good = std::mem::take(&mut self.good).into_iter().step_by(2).collect();
                self.good_step *= 2;
                self.left_out += before - self.good.len();
            } else if self.windows > 1 {
                self.windows -= 1;
                self.defects = fewer(std::mem::take(&mut self.defects), self.windows);
            } else if parts > MIN_LABELS {
                // One window each is left. What came last may be all that there is of its class.
                let gone = self.last_of_the_most();
                self.defects.remove(gone);
                self.left_out += 1;
            } else {
                return;
            }
        }
    }

    /// The last part of the class that has the most, the later one of several.
    fn last_of_the_most(&self) -> usize {
        let mut last = BTreeMap::new();
        for (at, (class, _)) in self.defects.iter().enumerate() {
            let (count, newest) = last.entry(class).or_insert((0_usize, at));
            (*count, *newest) = (*count + 1, at);
        }
        last.values().max().map_or(0, |(_, at)| *at)
    }

    fn parts(&self) -> usize {
        self.defects.chunk_by(|a, b| a.1.part == b.1.part).count()
    }
}

/// At most so many windows of each part, evenly chosen.
fn fewer(defects: Vec<(Option<String>, Defect)>, most: usize) -> Vec<(Option<String>, Defect)> {
    let of_parts = defects.chunk_by(|a, b| a.1.part == b.1.part);
    of_parts.flat_map(|windows| windows.iter().step_by(windows.len().div_ceil(most)).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_image::Input;

    /// A window of a hundred bytes and so many marks.
    fn window() -> Window {
        Window::whole(Input { channels: 1, height: 5, width: 5, values: vec![0.0; 25] }, None)
    }

    fn defective(part: usize, windows: usize) -> Vec<(Option<String>, Defect)> {
        (0..windows).map(|_| (None, Defect { window: window(), class: None, part })).collect()
    }

    fn kept(room: &Room) -> (usize, usize, usize, usize) {
        (room.good.len(), room.parts(), room.defects.len(), room.left_out)
    }

    #[test]
    fn windows_go_before_parts_and_many_good_parts_before_few_defects() {
        let mut room = Room::new(4000);
        (0..4).for_each(|part| room.add_defective(defective(part, 4)));
        assert_eq!(kept(&room), (0, 4, 16, 0), "all of what fits is kept");
        (0..200).for_each(|_| room.add_good(String::new(), window()));
        let (good, parts, windows, left_out) = kept(&room);
        assert_eq!((parts, windows, good + left_out), (4, 16, 200));
        assert!((12..=24).contains(&good), "{good}");
        // With many defects each still has a window.
        (4..22).for_each(|part| room.add_defective(defective(part, 4)));
        let (good, parts, windows, _) = kept(&room);
        assert_eq!((parts, 100 * (good + windows) <= 4000), (22, true));
        assert!(good >= 6, "{good}");
    }

    #[test]
    fn more_defects_than_there_is_room_for_leave_the_first_and_too_little_room_is_no_reason_to_learn_nothing() {
        let mut room = Room::new(1000);
        (0..30).for_each(|part| room.add_defective(defective(part, 2)));
        assert_eq!(kept(&room), (0, 10, 10, 20));
        // A class that was labelled last is not the one that goes.
        let of = |class: &'static str, part: usize| {
            defective(part, 1).into_iter().map(move |(_, defect)| (Some(class.to_owned()), defect))
        };
        let mut classes = Room::new(1000);
        (0..12).for_each(|part| classes.add_defective(of("scratch", part).collect()));
        (12..16).for_each(|part| classes.add_defective(of("pit", part).collect()));
        let pits = classes.defects.iter().filter(|(class, _)| class.as_deref() == Some("pit")).count();
        assert_eq!((kept(&classes), pits), ((0, 10, 10, 6), 4));
        assert!(classes.defects.iter().map(|(_, defect)| defect.part).is_sorted());
        let mut none = Room::new(1);
        (0..9).for_each(|part| none.add_defective(defective(part, 4)));
        assert_eq!(kept(&none), (0, MIN_LABELS, MIN_LABELS, 6));
    }
}
