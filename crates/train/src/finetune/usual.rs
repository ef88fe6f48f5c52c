//! What both halves say about good parts that neither learned from, as far as their scales are made of it.
//!
//! The half that knows good parts alone was standardised on these very parts, so it says less of them than of others: were
//! the tail of its scores taken from that, an unseen good part would seem to say more than it does, and the labelled half
//! would count for too little. Each part is therefore told by a half that was standardised without it and its group
//! (cross-fitting; Chernozhukov et al., 2018, arXiv 1608.00060).

use sightline_core::split;
use sightline_model::{Fusion, Places, RawKnown, RawScore, UNMEASURED};

/// The parts are divided in so many; each tenth is told by what was standardised on the nine others.
const FOLDS: usize = 10;

/// With fewer others than this their median and upper decile are those of one or two parts: what is standardised on so few
/// says anything of the next part. Then all are told by what is made of all of them, as when nothing is left out.
const FEWEST_OTHERS: usize = 8;

/// One good part, as both halves see it.
pub(super) struct Seen {
    /// Of the novel half, before anything is standardised.
    raw: RawScore,
    known: Vec<UsualKnown>,
}

impl Seen {
    /// By the novel half; each known half adds its word.
    pub(super) fn new(raw: RawScore) -> Self {
        Self { raw, known: Vec::new() }
    }

    /// The next known half's word.
    pub(super) fn add(&mut self, raw: &RawKnown) {
        let map_peak = f64::from(raw.map.peak());
        self.known.push(UsualKnown { peak: raw.peak, decision: raw.decision, map_peak });
    }
}

/// What both halves say about one good part.
pub(super) struct Usual {
    pub(super) novel: f64,
    pub(super) novel_map_peak: f64,
    /// Each known half of the run.
    pub(super) known: Vec<UsualKnown>,
}

pub(super) struct UsualKnown {
    pub(super) peak: f64,
    pub(super) decision: f64,
    pub(super) map_peak: f64,
}

impl Usual {
    /// Of each part, told by what `fit` makes of the parts of other folds, where these are enough; `groups` are the parts'
    /// groups. Parts whose grain could not be measured are left out: they say nothing about what is usual.
    pub(super) fn of(
        parts: Vec<Seen>,
        groups: &[String],
        seed: u64,
        fit: impl Fn(&[&RawScore]) -> (Places, Fusion),
    ) -> Vec<Self> {
        let folds = split::by_group(groups, &[1.0; FOLDS], seed);
        let mut usual: Vec<(f64, f64)> = vec![(UNMEASURED, 0.0); parts.len()];
        for fold in 0..FOLDS {
            let within = |wanted: bool| {
                let parts = parts.iter().zip(&folds).enumerate();
                parts.filter(move |(_, (_, of))| (**of == fold) == wanted).map(|(at, (seen, _))| (at, &seen.raw))
            };
            if within(true).next().is_none() {
                continue;
            }
            let others: Vec<&RawScore> = within(false).map(|(_, raw)| raw).collect();
            let (places, fusion) = match others.len() < FEWEST_OTHERS {
                true => fit(&parts.iter().map(|seen| &seen.raw).collect::<Vec<_>>()),
                false => fit(&others),
            };
            for (at, raw) in within(true) {
                let scored = fusion.fuse(&places.apply(raw.clone()));
                usual[at] = (scored.novel, f64::from(scored.map.peak()));
            }
        }
        let joined = parts.into_iter().zip(usual);
        let joined = joined.map(|(seen, (novel, novel_map_peak))| Self { novel, novel_map_peak, known: seen.known });
        joined.filter(|usual| usual.novel < UNMEASURED).collect()
    }
}

#[cfg(test)]
mod tests;
