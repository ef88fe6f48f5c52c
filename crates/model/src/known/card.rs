//! What is written down about the labelled half, and one decision from both halves.

use serde::{Deserialize, Serialize};
use sightline_core::{ClassGuess, HeatMap, Known, Scored, Tail};

use super::RawKnown;
use crate::{Branch, ModelError};

/// Most classes that a card may name.
const MAX_CLASSES: usize = 1000;

/// Evidence of a half on the median good part: half of them say more, where a tail's start leaves a quarter.
pub(super) const USUAL: f64 = -std::f64::consts::LN_2;

/// Most channels inside the decision head that a card may ask for.
const MAX_HIDDEN: usize = 4096;

/// Shape of a [`KnownNetwork`] and how its evidence is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownCard {
    /// Names of the classes, in the order of the decision head's logits.
    pub classes: Vec<String>,
    /// Channels inside the decision head.
    pub hidden: usize,
    /// The labelled map's peak on good parts.
    pub peak: Branch,
    /// The decision head's logit on good parts.
    pub decision: Branch,
    /// Upper tail of the known evidence on good parts.
    pub known_tail: TailCard,
    /// Upper tail of the novel evidence on the same parts.
    pub novel_tail: TailCard,
    /// Upper tails of each map's cells' peaks, so that the maps can be laid over each other.
    pub map_tails: [TailCard; 2],
    /// Share of the false rejects that the known evidence may cause, of what [`Self::together`] leaves; the novel evidence
    /// gets the rest.
    pub share: f64,
    /// Share of the false rejects that both may cause together: what neither is sure of.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub together: f64,
    /// Whether it, too, looks at parts in all the ways that they may lie.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_ways: bool,
    /// What made it.
    pub made: KnownMade,
}

/// What made the labelled half of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownMade {
    /// Every setting of fine-tuning.
    pub config: serde_json::Value,
    /// BLAKE3 over names, contents and labels, in hex.
    pub label_hash: String,
    /// Labelled defective parts.
    pub defects: usize,
    /// Parts that were labelled good.
    pub good: usize,
    /// Mean loss over the last tenth of the steps.
    pub final_loss: f64,
}

/// A [`Tail`] as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of `Tail`")]
pub struct TailCard {
    pub start: f64,
    pub mean_excess: f64,
}

impl From<Tail> for TailCard {
    fn from(Tail { start, mean_excess }: Tail) -> Self {
        Self { start, mean_excess }
    }
}

impl TailCard {
    pub(super) fn evidence(self, score: f64) -> f64 {
        Tail { start: self.start, mean_excess: self.mean_excess }.evidence(score)
    }

    fn is_sound(self) -> bool {
        self.start.is_finite() && self.mean_excess.is_finite() && self.mean_excess > 0.0
    }
}

impl KnownCard {
    /// Checks what a file claims.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let tails = [self.known_tail, self.novel_tail, self.map_tails[0], self.map_tails[1]];
        let wrong = [
            (self.classes.len() > MAX_CLASSES, "it names too many classes"),
            (self.hidden == 0 || self.hidden > MAX_HIDDEN, "its decision head is out of range"),
            (!(self.share > 0.0 && self.share < 1.0), "its share of the false rejects is out of range"),
            (!(self.together >= 0.0 && self.together < 1.0), "its share of the false rejects is out of range"),
            (!tails.iter().all(|tail| tail.is_sound()), "its tails are no numbers"),
        ];
        match wrong.iter().find(|(wrong, _)| *wrong) {
            Some((_, detail)) => Err(ModelError::Damaged { what: "known defects", detail: (*detail).to_owned() }),
            None => Ok(()),
        }
    }

    /// One decision from both halves: whichever says more counts, or both together where neither is sure. Each is on the
    /// scale of how seldom a good part says as much, shifted so that it causes its share of the false rejects.
    pub fn join(&self, novel: Scored, raw: &RawKnown) -> Scored {
        let known = self.known_tail.evidence(self.evidence(raw.peak, raw.decision));
        let other = self.novel_tail.evidence(novel.novel);
        let [novel_cells, known_cells] = self.map_tails;
        let shifts = self.shifts();
        let values = novel.map.values.iter().zip(&raw.map.values).map(|(&novel, &known)| {
            shifts.strongest(novel_cells.evidence(f64::from(novel)), known_cells.evidence(f64::from(known))) as f32
        });
        let map = HeatMap { values: values.collect(), ..novel.map };
        let class = self.class(&raw.classes);
        // Of each half by itself: beside one that says what it says of most good parts.
        let evidence = larger(known + shifts.known, shifts.together(USUAL, known));
        let novel_evidence = larger(other + shifts.novel, shifts.together(other, USUAL));
        Scored {
            score: shifts.strongest(other, known),
            known: Some(Known { evidence, novel_evidence, class }),
            map,
            ..novel
        }
    }

    fn shifts(&self) -> Shifts {
        let alone = 1.0 - self.together;
        let (novel, known) = ((alone * (1.0 - self.share)).ln(), (alone * self.share).ln());
        Shifts { novel, known, together: self.together.ln() }
    }

    /// Region and whole part together, before the tail: [`RawKnown::peak`] and [`RawKnown::decision`].
    pub fn evidence(&self, peak: f64, decision: f64) -> f64 {
        self.peak.standard(peak) + self.decision.standard(decision)
    }

    fn class(&self, logits: &[f32]) -> Option<ClassGuess> {
        let (at, best) = logits.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let sum: f64 = logits.iter().map(|&logit| f64::from(logit - best).exp()).sum();
        Some(ClassGuess { name: self.classes.get(at)?.clone(), share: 1.0 / sum })
    }
}

/// What is added to evidence so that each way to a false reject causes its share of them: the shares' logarithms.
struct Shifts {
    novel: f64,
    known: f64,
    together: f64,
}

impl Shifts {
    fn strongest(&self, novel: f64, known: f64) -> f64 {
        larger(larger(novel + self.novel, known + self.known), self.together(novel, known))
    }

    /// Both halves' evidence as one: −ln of how seldom good parts would say as much together if the halves said it
    /// independently, shifted as the others are. The sum of two −ln p is gamma distributed (Fisher, 1932). They are not
    /// independent; the limit is set on what comes out. Where neither half is above the start of its tail, it says nothing.
    fn together(&self, novel: f64, known: f64) -> f64 {
        if self.together == f64::NEG_INFINITY || (novel <= 0.0 && known <= 0.0) {
            return f64::NEG_INFINITY;
        }
        // A quarter of the good parts lie above the start of a tail. Below it −ln p goes to 0, not below.
        let constant = 4.0_f64.ln();
        let sum = [novel, known].map(|evidence| soft_positive(evidence + constant)).iter().sum::<f64>();
        let both = if sum == f64::INFINITY { sum } else { sum - sum.ln_1p() - constant };
        both + self.together
    }
}

/// Not `f64::max`, which drops what is not a number: such a part must not pass.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// ln(1 + eˣ).
fn soft_positive(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

fn is_nothing(share: &f64) -> bool {
    *share == 0.0
}
