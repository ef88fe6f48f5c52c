//! Defects of a kind that nobody labelled: each class is left out of the labels in turn, and what is learned without it
//! must find that class's defects no worse than what was learned from good parts alone.

use super::{Compared, SURE, compare};

/// Why no class was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLeftOut {
    /// The labels name fewer than two classes.
    OneClass,
    /// No class has enough labels to be tried on, with enough of the others to learn from.
    TooFewLabels,
}

/// One defect of a class that was left out: whether it is rejected by what was learned from good parts alone, and by what
/// was learned from the labels of the other classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as above")]
pub struct LeftOutVerdict {
    pub good_alone_rejects: bool,
    pub without_class_rejects: bool,
}

/// How defects are found whose class was left out. The champion of each comparison is what was learned from good parts
/// alone.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Over all of the classes.
    pub together: Compared,
    /// For each of them.
    pub classes: Vec<(String, Compared)>,
}

impl LeftOut {
    /// Compares class by class; none when no class has a verdict.
    pub fn of(classes: &[(String, Vec<LeftOutVerdict>)], seed: u64) -> Option<Self> {
        let pairs = |verdicts: &[LeftOutVerdict]| -> Vec<(bool, bool)> {
            verdicts.iter().map(|verdict| (verdict.good_alone_rejects, verdict.without_class_rejects)).collect()
        };
        let all: Vec<(bool, bool)> = classes.iter().flat_map(|(_, verdicts)| pairs(verdicts)).collect();
        let of_class =
            |(name, verdicts): &(String, Vec<LeftOutVerdict>)| Some((name.clone(), compare(&pairs(verdicts), seed)?));
        Some(Self { together: compare(&all, seed)?, classes: classes.iter().filter_map(of_class).collect() })
    }

    /// The comparison that speaks against the challenger: all classes together by the rule of every gate, or a single one
    /// where it is almost surely worse. A class has few parts, and one part of ten more or less is chance.
    pub fn worse(&self) -> Option<Compared> {
        let surely = self.classes.iter().map(|(_, compared)| *compared).find(|compared| compared.chance_worse > SURE);
        Some(self.together).filter(Compared::is_worse).or(surely)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, verdicts: &[(bool, bool)]) -> (String, Vec<LeftOutVerdict>) {
        let verdict = |&(good_alone_rejects, without_class_rejects): &(bool, bool)| LeftOutVerdict {
            good_alone_rejects,
            without_class_rejects,
        };
        (name.to_owned(), verdicts.iter().map(verdict).collect())
    }

    #[test]
    fn all_classes_together_count_and_one_that_is_surely_lost() {
        let kept = [(true, true); 10];
        let found = [(false, true); 10];
        let lost = [(true, false); 10];
        let worse = |classes: &[(String, Vec<LeftOutVerdict>)]| LeftOut::of(classes, 3).unwrap().worse();
        assert_eq!(worse(&[class("pit", &kept), class("scratch", &found)]), None);
        let swapped = worse(&[class("pit", &lost), class("scratch", &found), class("stain", &found)]).unwrap();
        assert_eq!(
            (swapped.champion, swapped.challenger, swapped.chance_worse),
            (1.0, 0.0, 1.0),
            "the lost class alone"
        );
        let mostly = worse(&[class("pit", &kept), class("scratch", &[&kept[..9], &lost[..1]].concat())]).unwrap();
        assert_eq!(mostly.challenger, 0.95, "one of twenty is more than two of a hundred");
        assert_eq!(worse(&[class("pit", &[&kept[..9], &lost[..1]].concat()), class("scratch", &found)]), None);
        assert_eq!(LeftOut::of(&[class("pit", &[])], 3), None);
    }
}
