//! How many labels pretraining saves: which number of them does with it what all of them do without.

use crate::split::split_mix;

/// Resamples of the bootstrap over held-out defects (Efron and Tibshirani, 1993).
const RESAMPLES: usize = 2000;

/// One trained model, tried on the same held-out defects as the others, in the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Labelled defects that it learned from.
    pub labels: usize,
    /// Whether it began with the pretrained network.
    pub pretrained: bool,
    /// For each held-out defect whether it was found.
    pub found: Vec<bool>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saving {
    /// All labelled defects that there are to learn from.
    pub labels: usize,
    /// So many of them find with pretraining what all of them find without; `labels` when only all of them do, or not even
    /// these.
    pub needed: f64,
    /// 95 of 100 resamples of the held-out defects lie between these.
    pub interval: (f64, f64),
}

/// A share of defects found, with the interval that 95 of 100 resamples of the held-out defects lie in.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "as above")]
pub struct Found {
    pub share: f64,
    pub interval: (f64, f64),
}

impl Saving {
    /// Over all trained models, each tried on at least one defect; none when nothing was pretrained, or all of it was, or
    /// nothing is found without pretraining: any number of labels does as well as that.
    ///
    /// The models are the same in every resample: the interval speaks of which defects were held out, not of another draw of
    /// the labels.
    pub fn of(tried: &[Tried], seed: u64) -> Option<Self> {
        let mut pretrained: Vec<&Tried> = tried.iter().filter(|tried| tried.pretrained).collect();
        pretrained.sort_by_key(|tried| tried.labels);
        let without = tried.iter().filter(|tried| !tried.pretrained).max_by_key(|tried| tried.labels)?;
        let defects = without.found.len();
        if pretrained.is_empty() || defects == 0 || pretrained.iter().any(|tried| tried.found.len() != defects) {
            return None;
        }
        let needed = |drawn: &[usize]| {
            let share = |tried: &Tried| share_of(&tried.found, drawn);
            let points: Vec<(usize, f64)> = pretrained.iter().map(|tried| (tried.labels, share(tried))).collect();
            let asked = share(without);
            // A resample in which nothing is asked for must not count as a saving.
            let needed = if asked > 0.0 { reached(&points, asked) } else { None };
            needed.unwrap_or(without.labels as f64).min(without.labels as f64)
        };
        let all: Vec<usize> = (0..defects).collect();
        if share_of(&without.found, &all) == 0.0 {
            return None;
        }
        let interval = bootstrap(defects, seed, &needed);
        Some(Self { labels: without.labels, needed: needed(&all), interval })
    }
}

impl Found {
    /// The share that a model finds; none without defects.
    pub fn of(found: &[bool], seed: u64) -> Option<Self> {
        let all: Vec<usize> = (0..found.len()).collect();
        let share = |drawn: &[usize]| share_of(found, drawn);
        (!found.is_empty()).then(|| Self { share: share(&all), interval: bootstrap(found.len(), seed, &share) })
    }
}

fn share_of(found: &[bool], drawn: &[usize]) -> f64 {
    drawn.iter().filter(|&&defect| found[defect]).count() as f64 / drawn.len() as f64
}

/// The number of labels at which a curve, straight between its points, first reaches a share; none when it never does.
fn reached(points: &[(usize, f64)], share: f64) -> Option<f64> {
    let at = points.iter().position(|(_, found)| *found >= share)?;
    let (labels, found) = points[at];
    let Some(&(fewer, less)) = at.checked_sub(1).and_then(|before| points.get(before)) else {
        return Some(labels as f64);
    };
    Some(fewer as f64 + (labels - fewer) as f64 * (share - less) / (found - less))
}

/// Where 95 of 100 values over resampled defects lie.
fn bootstrap(defects: usize, seed: u64, value: &dyn Fn(&[usize]) -> f64) -> (f64, f64) {
    let mut state = seed;
    let mut drawn = vec![0; defects];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for defect in &mut drawn {
                state = split_mix(state);
                *defect = (state % defects as u64) as usize;
            }
            value(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((RESAMPLES - 1) as f64 * share).round() as usize];
    (at(0.025), at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(labels: usize, pretrained: bool, found: usize) -> Tried {
        Tried { labels, pretrained, found: (0..40).map(|defect| defect < found).collect() }
    }

    #[test]
    fn the_labels_saved_are_read_off_the_curve_and_chance_is_told() {
        let random = [tried(25, false, 8), tried(100, false, 30)];
        let with = |pretrained: [usize; 3]| {
            let counts = [25, 50, 100];
            let mut all: Vec<Tried> = counts.iter().zip(pretrained).map(|(n, found)| tried(*n, true, found)).collect();
            all.extend(random.clone());
            Saving::of(&all, 5).unwrap()
        };
        let between = with([20, 40, 40]);
        assert_eq!((between.labels, between.needed), (100, 37.5));
        let (low, high) = between.interval;
        assert!((25.0..37.5).contains(&low) && high > 37.5 && high < 50.1, "{between:?}");
        assert_eq!(with([30, 31, 32]).needed, 25.0, "as few as were tried do");
        assert_eq!(with([10, 20, 29]).needed, 100.0, "nothing is saved");
        assert_eq!(Saving::of(&random, 5), None);
        let nothing = [tried(25, true, 0), tried(100, true, 0), tried(100, false, 0)];
        assert_eq!(Saving::of(&nothing, 5), None, "what finds nothing saves nothing");
        assert_eq!(Saving::of(&[tried(25, true, 8)], 5), None);
    }

    #[test]
    fn a_share_of_forty_is_as_sure_as_the_binomial_says() {
        let Found { share, interval: (low, high) } = Found::of(&tried(1, true, 20).found, 9).unwrap();
        assert_eq!(share, 0.5);
        // 1.96 standard deviations of a share of 40 are 0.155.
        assert!((low - 0.345).abs() < 0.03 && (high - 0.655).abs() < 0.03, "{low} {high}");
        assert_eq!(Found::of(&[], 9), None);
    }
}
