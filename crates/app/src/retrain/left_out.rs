//! Which classes are left out of the labels, one after another, to see whether defects that nobody labelled are still found.

use std::collections::HashSet;

use sightline_core::gate::NotLeftOut;
use sightline_train::{LeaveOut, MIN_LABELS};

use crate::labelled::LineLabels;

/// Classes that are left out at most, those with the most defects to try on: each takes as long as the challenger.
const MOST_CLASSES: usize = 2;

/// With fewer held-out defects of a class it says nothing.
const MIN_TRIED: usize = 3;

/// The classes with enough labels: some to leave out, enough of other classes to learn from, and some to try on. Defects
/// of which nobody said what they are go with every class: they may be of the very one that nothing is to be learned of.
pub(super) fn classes_to_leave_out(training: &LineLabels, test: &LineLabels) -> Result<Vec<LeaveOut>, NotLeftOut> {
    let (learned, tried) = (training.parts_of_classes(), test.parts_of_one_class());
    if learned.len() < 2 {
        return Err(NotLeftOut::OneClass);
    }
    let named: HashSet<usize> = learned.values().flatten().copied().collect();
    let nameless: Vec<usize> = training.defects().into_iter().filter(|part| !named.contains(part)).collect();
    let mut enough: Vec<(usize, LeaveOut)> = learned
        .into_iter()
        // A part with marks of several classes goes with each of them; what is left shows others alone.
        .filter(|(_, parts)| parts.len() >= MIN_LABELS && named.len() - parts.len() >= MIN_LABELS)
        .filter_map(|(class, mut parts)| {
            let held_out = tried.get(&class)?.len();
            parts.extend(&nameless);
            parts.sort_unstable();
            (held_out >= MIN_TRIED).then_some((held_out, LeaveOut { class, parts }))
        })
        .collect();
    if enough.is_empty() {
        return Err(NotLeftOut::TooFewLabels);
    }
    enough.sort_by_key(|(held_out, _)| std::cmp::Reverse(*held_out));
    Ok(enough.into_iter().take(MOST_CLASSES).map(|(_, class)| class).collect())
}
