//! Labels that a run was not made of, counted by why: learning tells them in words, one after another, and a screen has
//! room for numbers and a few names.

use std::collections::BTreeMap;

use sightline_train::{LabelledSource, NO_ROOM};

use super::LeftOutReport;
use crate::labelled::{CHANGED, GONE, LineLabels, MISFIT};

/// Pictures that are named for each reason.
const NAMED: usize = 3;

/// Why a label is left out, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Gone,
    Changed,
    Unreadable,
    /// The part cannot be aligned, or its marks do not fit its picture.
    Unfit,
    NoRoom,
}

/// A labelled part as learning names it: by its path where its picture could not be read, else by its name.
struct Named {
    path: String,
    name: String,
}

/// What was left out of the labels, by the lines that learning said of them.
pub(super) fn left_out_labels(sources: [&LineLabels; 2], told: &[String]) -> Vec<LeftOutReport> {
    let named = sources.into_iter().flat_map(|labels| (0..labels.count()).map(move |part| Named::of(labels, part)));
    counted(&named.collect::<Vec<_>>(), told)
}

fn counted(labels: &[Named], told: &[String]) -> Vec<LeftOutReport> {
    let mut left_out: BTreeMap<Why, LeftOutReport> = BTreeMap::new();
    for line in told {
        let (why, count, name) = match without_room(line) {
            Some(count) => (Why::NoRoom, count, None),
            None => {
                let named = labels.iter().find_map(|label| Some((label.why(line)?, 1, Some(&label.name))));
                named.unwrap_or((Why::Unreadable, 1, None))
            }
        };
        let report = left_out.entry(why).or_insert_with(|| LeftOutReport {
            why: why.name().to_owned(),
            count: 0,
            parts: Vec::new(),
        });
        report.count += count;
        if report.parts.len() < NAMED {
            report.parts.extend(name.cloned());
        }
    }
    left_out.into_values().collect()
}

/// How many labels had no room in memory, if a line says that.
fn without_room(line: &str) -> Option<usize> {
    let (count, rest) = line.split_once(' ')?;
    rest.starts_with(NO_ROOM).then(|| count.parse().ok())?
}

impl Why {
    fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Unfit => "unfit",
            Self::NoRoom => "no-room",
        }
    }
}

impl Named {
    fn of(labels: &LineLabels, part: usize) -> Self {
        Self { path: labels.path(part).display().to_string(), name: labels.name(part) }
    }

    /// Why this part was left out, if a line is about it.
    fn why(&self, line: &str) -> Option<Why> {
        let after = |what: &str| line.strip_prefix(what)?.strip_prefix(": ");
        let Some(detail) = after(&self.path) else { return after(&self.name).map(|_| Why::Unfit) };
        Some(match detail {
            GONE => Why::Gone,
            CHANGED => Why::Changed,
            detail if detail.starts_with(MISFIT) => Why::Unfit,
            _ => Why::Unreadable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_counted_by_why_and_a_few_are_named() {
        let label = |number: u32| Named { path: format!("/camera/{number}.png"), name: format!("{number}.png") };
        let labels: Vec<Named> = (0..9).map(label).collect();
        let told = [
            "6.png: the part cannot be aligned".to_owned(),
            "/camera/5.png: cannot read /camera/5.png: permission denied".to_owned(),
            format!("/camera/4.png: {CHANGED}"),
            format!("/camera/7.png: {MISFIT}: 9 pixels for a mask of 2 × 2"),
            format!("12 {NO_ROOM} for more in 2048 MiB"),
        ];
        let gone = (0..4).map(|number| format!("/camera/{number}.png: {GONE}"));
        let told: Vec<String> = told.into_iter().chain(gone).collect();
        let found = counted(&labels, &told);
        let found: Vec<(&str, usize, String)> =
            found.iter().map(|report| (report.why.as_str(), report.count, report.parts.join(" "))).collect();
        let expected = [
            ("gone", 4, "0.png 1.png 2.png"),
            ("changed", 1, "4.png"),
            ("unreadable", 1, "5.png"),
            ("unfit", 2, "6.png 7.png"),
            ("no-room", 12, ""),
        ];
        assert_eq!(found, expected.map(|(why, count, parts)| (why, count, parts.to_owned())));
    }
}
