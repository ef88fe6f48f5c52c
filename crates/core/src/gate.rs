//! What a retrained model must prove before it may judge in another's place.

mod left_out;

use crate::split::split_mix;

pub use left_out::{LeftOut, LeftOutVerdict, NotLeftOut};

/// Resamples of the paired bootstrap (Efron and Tibshirani, 1993).
const RESAMPLES: usize = 2000;

/// Largest loss that is still called no worse: two parts of a hundred.
const MARGIN: f64 = 0.02;

/// Beyond this chance of being worse, a loss within the margin counts, too.
const SURE: f64 = 0.95;

/// Two models on the same parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Share of the parts that the champion gets right.
    pub champion: f64,
    /// Share of the parts that the challenger gets right.
    pub challenger: f64,
    /// Nine bootstrap differences (challenger − champion) of ten lie between these.
    pub interval: (f64, f64),
    /// Share of the bootstrap differences below zero.
    pub chance_worse: f64,
}

/// What each model says about one labelled part that neither learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedVerdict {
    /// The part is defective.
    pub defective: bool,
    /// The champion rejects it.
    pub champion_rejects: bool,
    /// The challenger rejects it.
    pub challenger_rejects: bool,
    /// The champion's novel half alone would reject it: what is left for a defect that no label resembles. All of the
    /// champion where it never saw a label.
    pub champion_rejects_as_novel: bool,
    /// The same of the challenger.
    pub challenger_rejects_as_novel: bool,
}

/// Everything that the gates looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Defects found; none when no defect was held out.
    pub detection: Option<Compared>,
    /// Good parts kept; none when no good part was held out.
    pub good_kept: Option<Compared>,
    /// Defects found by the novel half alone, of both.
    pub unknown: Option<Compared>,
    /// Defects found whose class was left out of the labels, or why none was.
    pub left_out: Result<LeftOut, NotLeftOut>,
    /// Whether each model promises something.
    pub promises: [bool; 2],
}

/// Why a challenger may not be promoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refusal {
    /// It finds fewer defects.
    FindsLess(Compared),
    /// It rejects more good parts.
    RejectsMoreGood(Compared),
    /// It would find fewer defects of a kind that nobody labelled.
    ForgetsTheUnknown(Compared),
    /// The line must be released by its known parts, and it does not judge them rightly.
    KnownPartsWrong,
    /// The champion promises something and it does not.
    PromisesNothing,
    /// No labelled defect was held out to try it on.
    NothingToTryOn,
}

impl Trial {
    /// Compares two models on parts that neither learned from.
    pub fn of(parts: &[PairedVerdict], left_out: Result<LeftOut, NotLeftOut>, promises: [bool; 2], seed: u64) -> Self {
        let pairs = |defective: bool, right: fn(&PairedVerdict) -> (bool, bool)| -> Vec<(bool, bool)> {
            parts.iter().filter(|part| part.defective == defective).map(right).collect()
        };
        Self {
            detection: compare(&pairs(true, |p| (p.champion_rejects, p.challenger_rejects)), seed),
            good_kept: compare(&pairs(false, |p| (!p.champion_rejects, !p.challenger_rejects)), seed),
            unknown: compare(&pairs(true, |p| (p.champion_rejects_as_novel, p.challenger_rejects_as_novel)), seed),
            left_out,
            promises,
        }
    }

    /// Why the challenger may not be promoted; nothing when it may.
    pub fn refusals(&self) -> Vec<Refusal> {
        let worse = |compared: Option<Compared>| compared.filter(Compared::is_worse);
        let mut refusals = Vec::new();
        if self.detection.is_none() {
            refusals.push(Refusal::NothingToTryOn);
        }
        refusals.extend(worse(self.detection).map(Refusal::FindsLess));
        refusals.extend(worse(self.good_kept).map(Refusal::RejectsMoreGood));
        let without_class = self.left_out.as_ref().ok().and_then(LeftOut::worse);
        refusals.extend(without_class.or(worse(self.unknown)).map(Refusal::ForgetsTheUnknown));
        if self.promises == [true, false] {
            refusals.push(Refusal::PromisesNothing);
        }
        refusals
    }
}

impl Compared {
    /// Worse by more than two parts of a hundred, or almost surely worse at all.
    pub fn is_worse(&self) -> bool {
        let difference = self.challenger - self.champion;
        difference < -MARGIN || (difference < 0.0 && self.chance_worse > SURE)
    }
}

/// Shares of parts that are right for champion and challenger; none without parts.
fn compare(pairs: &[(bool, bool)], seed: u64) -> Option<Compared> {
    if pairs.is_empty() {
        return None;
    }
    let count = pairs.len() as f64;
    let share = |right: usize| right as f64 / count;
    let mut state = seed;
    let mut differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let gained: i64 = (0..pairs.len())
                .map(|_| {
                    state = split_mix(state);
                    let (champion, challenger) = pairs[(state % pairs.len() as u64) as usize];
                    i64::from(challenger) - i64::from(champion)
                })
                .sum();
            gained as f64 / count
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| differences[((RESAMPLES - 1) as f64 * share).round() as usize];
    Some(Compared {
        champion: share(pairs.iter().filter(|(champion, _)| *champion).count()),
        challenger: share(pairs.iter().filter(|(_, challenger)| *challenger).count()),
        interval: (at(0.05), at(0.95)),
        chance_worse: differences.iter().filter(|&&difference| difference < 0.0).count() as f64 / RESAMPLES as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A champion that never saw a label.
    fn parts(defective: bool, rejects: &[(bool, bool, bool)], times: usize) -> Vec<PairedVerdict> {
        let part = |&(champion_rejects, challenger_rejects, challenger_rejects_as_novel): &(bool, bool, bool)| {
            let champion_rejects_as_novel = champion_rejects;
            PairedVerdict {
                defective,
                champion_rejects,
                challenger_rejects,
                champion_rejects_as_novel,
                challenger_rejects_as_novel,
            }
        };
        rejects.iter().map(part).collect::<Vec<_>>().repeat(times)
    }

    fn trial(parts: &[PairedVerdict], promises: [bool; 2]) -> Trial {
        Trial::of(parts, Err(NotLeftOut::OneClass), promises, 7)
    }

    fn refusals(parts: &[PairedVerdict], promises: [bool; 2]) -> Vec<Refusal> {
        trial(parts, promises).refusals()
    }

    #[test]
    fn a_better_challenger_passes_and_a_worse_one_is_told_why() {
        let good = parts(false, &[(false, false, false)], 50);
        let better = [parts(true, &[(true, true, true), (false, true, false)], 20), good.clone()].concat();
        assert_eq!(refusals(&better, [true, true]), []);
        let passed = trial(&better, [true, true]);
        let detection = passed.detection.unwrap();
        assert_eq!((detection.champion, detection.challenger, detection.chance_worse), (0.5, 1.0, 0.0));
        assert!(detection.interval.0 > 0.3 && detection.interval.1 < 0.7, "{detection:?}");

        assert_eq!(refusals(&better, [true, false]), [Refusal::PromisesNothing]);
        let worse = [parts(true, &[(true, true, true), (true, false, false)], 20), good.clone()].concat();
        assert!(matches!(refusals(&worse, [true, true])[..], [Refusal::FindsLess(_), Refusal::ForgetsTheUnknown(_)]));
        let forgets = [parts(true, &[(true, true, false)], 20), good].concat();
        assert!(matches!(refusals(&forgets, [true, true])[..], [Refusal::ForgetsTheUnknown(_)]));
        let taught = |champion_rejects_as_novel: bool| {
            forgets.iter().map(|part| PairedVerdict { champion_rejects_as_novel, ..*part }).collect::<Vec<_>>()
        };
        let lost = refusals(&taught(true), [true, true]);
        assert!(
            matches!(lost[..], [Refusal::ForgetsTheUnknown(_)]),
            "its labels find them, a new kind would be missed"
        );
        assert_eq!(refusals(&taught(false), [true, true]), [], "the champion's novel half finds no more");
        let strict = [parts(true, &[(true, true, true)], 20), parts(false, &[(false, true, true)], 20)].concat();
        assert!(matches!(refusals(&strict, [true, true])[..], [Refusal::RejectsMoreGood(_)]));
        assert_eq!(refusals(&[], [false, false]), [Refusal::NothingToTryOn]);
        let lost = [LeftOutVerdict { good_alone_rejects: true, without_class_rejects: false }; 10];
        let without = Trial {
            left_out: LeftOut::of(&[("pit".to_owned(), lost.to_vec())], 7).ok_or(NotLeftOut::OneClass),
            ..passed
        };
        assert!(matches!(without.refusals()[..], [Refusal::ForgetsTheUnknown(_)]));
    }

    #[test]
    fn one_part_of_a_hundred_is_no_worse_and_chance_is_told() {
        let mut pairs = vec![(true, true); 99];
        pairs.push((true, false));
        let compared = compare(&pairs, 3).unwrap();
        assert!(!compared.is_worse(), "{compared:?}");
        // The one part is missing from a resample with a chance of 0.99^100.
        assert!((compared.chance_worse - 0.634).abs() < 0.04, "{compared:?}");
        assert_eq!(compare(&pairs, 3), Some(compared));
    }
}
