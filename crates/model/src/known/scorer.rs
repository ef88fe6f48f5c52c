//! The labelled half at work: looks at a part, and what they say together.

use std::time::Duration;

use burn::module::Module;
use sightline_core::{HeatMap, PictureSize, Poses};
use sightline_image::{Input, Preprocess};

use super::{KnownCard, KnownNetwork, RawKnown};
use crate::decision::HostDecision;
use crate::fusion::peak;
use crate::graph::PictureMaps;
use crate::judge::{leave_out, peak_cells, seen_cells};
use crate::looks::Look;
use crate::tiling::Tiling;
use crate::{CELL, DeviceInfo, ModelError, NetworkConfig, ReadyNetwork, Weights, guarded};

/// The labelled half of a model on a device.
#[derive(Debug, Clone)]
pub struct KnownScorer {
    network: ReadyNetwork,
    decision: HostDecision,
    preprocess: Preprocess,
    /// Looks at each part beside the usual one.
    pub(super) looks: Vec<Look>,
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
pub(super) fn worse(a: Vec<f32>, b: Vec<f32>) -> Vec<f32> {
    let of = |logits: &[f32]| logits.first().copied().unwrap_or(f32::NAN);
    if of(&a).is_nan() || of(&a) >= of(&b) { a } else { b }
}
