//! What was learned from labels: a second network beside the one that never saw a label. It starts as that one's copy, so
//! it too knows synthetic defects; the first stays as it was, bit for bit, so labels cannot make it forget.

use std::time::Duration;

use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use sightline_core::{ClassGuess, HeatMap, Known, PictureSize, Poses, Scored, Tail};
use sightline_image::{Input, Preprocess};

use crate::decision::{DecisionHead, HostDecision};
use crate::fusion::peak;
use crate::graph::PictureMaps;
use crate::judge::{leave_out, peak_cells, seen_cells};
use crate::looks::Look;
use crate::tiling::Tiling;
use crate::{Branch, CELL, DeviceInfo, ModelError, Network, NetworkConfig, ReadyNetwork, Weights, guarded};

/// Most classes that a card may name.
const MAX_CLASSES: usize = 1000;

/// Evidence of a half on the median good part: half of them say more, where a tail's start leaves a quarter.
const USUAL: f64 = -std::f64::consts::LN_2;

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
    fn evidence(self, score: f64) -> f64 {
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
        let values = novel.map.values.iter().zip(&raw.map.values).map(|(&novel, &known)| {
            self.strongest(novel_cells.evidence(f64::from(novel)), known_cells.evidence(f64::from(known))) as f32
        });
        let map = HeatMap { values: values.collect(), ..novel.map };
        let class = self.class(&raw.classes);
        let [for_novel, for_known] = self.alone();
        // Of each half by itself: beside one that says what it says of most good parts.
        let evidence = larger(known + for_known, self.together(USUAL, known));
        let novel_evidence = larger(other + for_novel, self.together(other, USUAL));
        Scored {
            score: self.strongest(other, known),
            known: Some(Known { evidence, novel_evidence, class }),
            map,
            ..novel
        }
    }

    /// What is added to the novel and to the known half's evidence, so that each causes its share of the false rejects.
    fn alone(&self) -> [f64; 2] {
        [1.0 - self.share, self.share].map(|share| ((1.0 - self.together) * share).ln())
    }

    fn strongest(&self, novel: f64, known: f64) -> f64 {
        let [for_novel, for_known] = self.alone();
        larger(larger(novel + for_novel, known + for_known), self.together(novel, known))
    }

    /// Both halves' evidence as one: −ln of how seldom good parts would say as much together if the halves said it
    /// independently, shifted as the others are. The sum of two −ln p is gamma distributed (Fisher, 1932). They are not
    /// independent; the limit is set on what comes out. Where neither half is above the start of its tail, it says nothing.
    fn together(&self, novel: f64, known: f64) -> f64 {
        if self.together == 0.0 || (novel <= 0.0 && known <= 0.0) {
            return f64::NEG_INFINITY;
        }
        // A quarter of the good parts lie above the start of a tail. Below it −ln p goes to 0, not below.
        let constant = 4.0_f64.ln();
        let sum = [novel, known].map(|evidence| soft_positive(evidence + constant)).iter().sum::<f64>();
        let both = if sum == f64::INFINITY { sum } else { sum - sum.ln_1p() - constant };
        both + self.together.ln()
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

/// The network that labels train.
#[derive(Module, Debug)]
pub struct KnownNetwork {
    /// Encoder and per-pixel head.
    pub network: Network,
    /// Map and features → defective or not, and which class.
    pub decision: DecisionHead,
}

impl KnownNetwork {
    /// From a network, with a fresh decision head.
    pub fn new(network: Network, config: &NetworkConfig, hidden: usize, classes: usize, device: &Device) -> Self {
        Self { network, decision: DecisionHead::new(config.cell_dimensions(), hidden, classes, device) }
    }
}

/// What the labelled half says about one part, before its evidence is read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawKnown {
    /// Logits of the per-pixel head that labels trained, at the grid of the other maps.
    pub map: HeatMap,
    /// Mean of the map's largest cells.
    pub peak: f64,
    /// Logit of "defective".
    pub decision: f64,
    /// Logits of the classes.
    pub classes: Vec<f32>,
}

/// The labelled half of a model on a device.
#[derive(Debug, Clone)]
pub struct KnownScorer {
    network: ReadyNetwork,
    decision: HostDecision,
    preprocess: Preprocess,
    /// Looks at each part beside the usual one.
    looks: Vec<Look>,
}

/// What one look at a part says: logits of the per-pixel head where the part lies as usual, and those of the decision head.
struct Said {
    map: HeatMap,
    logits: Vec<f32>,
}

impl KnownScorer {
    /// Makes a trained network ready.
    ///
    /// # Errors
    /// When the decision head's weights cannot be read.
    pub fn new(
        config: &NetworkConfig,
        known: &KnownNetwork,
        preprocess: Preprocess,
        device: &DeviceInfo,
    ) -> Result<Self, ModelError> {
        let decision = guarded(&device.id, "reading the weights", || HostDecision::of(&known.decision.valid()))??;
        let network = ReadyNetwork::tiled(config, known.network.clone(), preprocess.size, preprocess.tiles, device);
        Ok(Self { network, decision, preprocess, looks: Vec::new() })
    }

    /// The same scorer, but parts are looked at in all the ways that they may lie.
    pub fn in_all_ways(self, poses: Poses) -> Self {
        Self { looks: Look::beside_the_usual(poses), ..self }
    }

    /// Loads the labelled half of a model file.
    pub(crate) fn load(
        config: &NetworkConfig,
        (card, weights): (&KnownCard, &Weights),
        (preprocess, poses): (Preprocess, Poses),
        device: &DeviceInfo,
    ) -> Result<Self, ModelError> {
        card.check()?;
        let known = guarded(&device.id, "loading the model", || {
            let network = config.init(&device.device);
            let fresh = KnownNetwork::new(network, config, card.hidden, card.classes.len(), &device.device);
            weights.fill_all(fresh)
        })??;
        let scorer = Self::new(config, &known, preprocess, device)?;
        Ok(if card.all_ways { scorer.in_all_ways(poses) } else { scorer })
    }

    /// Whether parts are looked at in several ways.
    pub fn looks_in_all_ways(&self) -> bool {
        !self.looks.is_empty()
    }

    /// What it says about each prepared picture, as the mean of all looks. Of a picture in tiles, the tile that looks most
    /// defective decides.
    ///
    /// # Errors
    /// When the device fails.
    pub fn raw(&self, inputs: &[Input]) -> Result<Vec<RawKnown>, ModelError> {
        let counted: Vec<HeatMap> = inputs.iter().map(|input| self.counted(input)).collect();
        let mut all = self.said(inputs, &counted)?;
        for look in &self.looks {
            let looked: Vec<Input> = inputs.iter().map(|input| look.at(input)).collect();
            // What is ignored does not turn with the part.
            let turn = |(map, input): (&HeatMap, &Input)| {
                let mut turned = map.clone();
                look.lay_over(&mut turned.values, &map.values, seen_cells(input), map.width);
                turned
            };
            let turned: Vec<HeatMap> = counted.iter().zip(inputs).map(turn).collect();
            for ((sum, said), input) in all.iter_mut().zip(self.said(&looked, &turned)?).zip(inputs) {
                look.add(&mut sum.map.values, &said.map.values, seen_cells(input), sum.map.width);
                sum.logits.iter_mut().zip(&said.logits).for_each(|(sum, said)| *sum += said);
            }
        }
        let share = 1.0 / (1 + self.looks.len()) as f32;
        let mean = all.into_iter().zip(&counted).map(|(Said { mut map, mut logits }, counted)| {
            if share < 1.0 {
                map.values.iter_mut().chain(&mut logits).for_each(|value| *value *= share);
            }
            leave_out_as(&mut map, counted);
            self.heard(map, &logits)
        });
        Ok(mean.collect())
    }

    /// One look at each picture; what its decision head hears of is what is finite in `counted`.
    fn said(&self, inputs: &[Input], counted: &[HeatMap]) -> Result<Vec<Said>, ModelError> {
        if let Some(tiling) = self.network.tiling() {
            let each = inputs.iter().zip(counted).map(|(input, counted)| self.said_in_tiles(input, counted, tiling));
            return each.collect();
        }
        let maps =
            self.network.maps(inputs)?.into_iter().zip(counted).map(|(PictureMaps { defect, cells }, counted)| {
                let map = self.map(defect);
                let mut judged = map.clone();
                leave_out_as(&mut judged, counted);
                Said { logits: self.decision.decide(&judged.values, judged.width, &cells), map }
            });
        Ok(maps.collect())
    }

    fn said_in_tiles(&self, input: &Input, counted: &HeatMap, tiling: &Tiling) -> Result<Said, ModelError> {
        let decide = |logits: &[f32], columns, cells: &[f32]| self.decision.decide(logits, columns, cells);
        let (values, said) = self.network.decided_by_tile(input, (tiling, counted), decide)?;
        Ok(Said { map: self.map(values), logits: said.into_iter().reduce(worse).unwrap_or_default() })
    }

    /// 0 for cells that count, else negative infinity.
    fn counted(&self, input: &Input) -> HeatMap {
        let PictureSize { width, height } = self.preprocess.size;
        let mut map = self.map(vec![0.0; (width as usize / CELL) * (height as usize / CELL)]);
        leave_out(&self.preprocess, &mut map, input);
        map
    }

    fn map(&self, values: Vec<f32>) -> HeatMap {
        let size = self.preprocess.size;
        HeatMap { width: size.width as usize / CELL, height: size.height as usize / CELL, values }
    }

    /// From a map and the decision head's logits; a head that said nothing has not called the part good.
    fn heard(&self, map: HeatMap, logits: &[f32]) -> RawKnown {
        let (decision, classes) = logits
            .split_first()
            .map_or((f64::NAN, Vec::new()), |(decision, classes)| (f64::from(*decision), classes.to_vec()));
        RawKnown { peak: peak(&map.values, peak_cells(&self.preprocess)), map, decision, classes }
    }

    /// As [`ReadyNetwork::spent`].
    pub(crate) fn network_spent(&self) -> Option<Duration> {
        self.network.spent()
    }
}

fn leave_out_as(map: &mut HeatMap, counted: &HeatMap) {
    let left_out = map.values.iter_mut().zip(&counted.values).filter(|(_, counted)| **counted == f32::NEG_INFINITY);
    left_out.for_each(|(value, _)| *value = f32::NEG_INFINITY);
}

/// Of two tiles' logits those that more say "defective", or that are no number.
fn worse(a: Vec<f32>, b: Vec<f32>) -> Vec<f32> {
    let of = |logits: &[f32]| logits.first().copied().unwrap_or(f32::NAN);
    if of(&a).is_nan() || of(&a) >= of(&b) { a } else { b }
}

#[cfg(test)]
mod tests;
