//! Scores of good parts that the network did not learn from: some standardise the branches, the others set the limit.

use std::borrow::Borrow;

use sightline_core::LearnStage;
use sightline_image::Input;
use sightline_model::{Branch, Fusion, GrainBranch, ModelError, Places, RawJudge, RawScore, UNMEASURED};

use crate::pace::Pace;
use crate::reader::Reader;
use crate::{LearnConfig, TrainError};

/// Pictures that are scored at once.
const BATCH: usize = 8;

/// Large parts that standardise at most; smaller ones are all taken.
const LARGE_PARTS: usize = 60;

/// Good parts that only standardising sees.
pub(crate) enum StandardiseOn {
    /// Normalised, in memory, with each part's index in the source.
    Prepared(Vec<usize>, Vec<Input>),
    /// In the source, by index: too large to be held all at once.
    Source(Vec<usize>),
}

impl StandardiseOn {
    /// Some of the source's parts, evenly spread.
    pub(crate) fn source(parts: &[usize]) -> Self {
        Self::Source(parts.iter().copied().step_by(parts.len().div_ceil(LARGE_PARTS).max(1)).collect())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Prepared(parts, _) | Self::Source(parts) => parts.len(),
        }
    }

    /// Those that are read from the source.
    pub(crate) fn streamed(&self) -> &[usize] {
        match self {
            Self::Prepared(..) => &[],
            Self::Source(parts) => parts,
        }
    }

    /// What `score` says of each readable part, with the part's index. `to_come` parts of the stage follow.
    pub(crate) fn scores<T>(
        self,
        judge: &RawJudge,
        score: impl Fn(&[Input]) -> Result<Vec<T>, TrainError>,
        reader: &mut Reader<'_>,
        to_come: usize,
        pace: &mut Pace<'_>,
    ) -> Result<Vec<(usize, T)>, TrainError> {
        let mut scores = Vec::new();
        match self {
            Self::Prepared(indices, parts) => {
                for (done, (indices, batch)) in indices.chunks(BATCH).zip(parts.chunks(BATCH)).enumerate() {
                    scores.extend(indices.iter().copied().zip(score(batch)?));
                    let done = done * BATCH + batch.len();
                    pace.report(LearnStage::Calibrate, done, parts.len() + to_come, None)?;
                }
            }
            Self::Source(parts) => {
                for (done, &index) in parts.iter().enumerate() {
                    if let Some(input) = prepared(judge, index, reader)? {
                        scores.extend(score(&[input])?.into_iter().map(|scored| (index, scored)));
                    }
                    pace.report(LearnStage::Calibrate, done + 1, parts.len() + to_come, None)?;
                }
            }
        }
        Ok(scores)
    }
}

/// What is usual on good parts that only this step sees, and how the branches compare on them.
pub(crate) fn fit_fusion<R: Borrow<RawScore>>(
    raw: &[R],
    peak_cells: Option<usize>,
    config: &LearnConfig,
) -> (Places, Fusion) {
    let places = Places::fit(raw);
    // One part after another: the maps of a large one take as much memory as its picture.
    let peaks = |raw: &R| places.apply(raw.borrow().clone()).peaks(peak_cells);
    let (bank, synthetic): (Vec<f64>, Vec<f64>) = raw.iter().map(peaks).unzip();
    let synthetic_weight = if config.pretrain.synthetic_weight > 0.0 { 1.0 } else { 0.0 };
    let fusion = Fusion {
        bank: Branch::fit(&bank, config.bank_weight),
        synthetic: Branch::fit(&synthetic, synthetic_weight),
        peak_cells,
        grain: None,
    };
    let grain = config.grain.then(|| {
        let figures: Vec<_> = raw.iter().filter_map(|raw| Some(raw.borrow().grain.as_ref()?.figures)).collect();
        let network = bank.iter().zip(&synthetic).map(|(&bank, &synthetic)| fusion.network(bank, synthetic));
        GrainBranch::fit(&figures, &network.collect::<Vec<_>>())
    });
    (places, Fusion { grain, ..fusion })
}

/// Refuses to look for a grain on parts most of which show none.
pub(crate) fn check_grain(seen: usize, parts: usize) -> Result<(), TrainError> {
    if 2 * seen > parts {
        return Ok(());
    }
    let value = format!("seen on {seen} of {parts} parts");
    Err(TrainError::Setting { name: "grain", value, allowed: "looked for on parts that have one" })
}

/// A part of the source as the network sees it; none when it is unreadable or cannot be aligned, and named then.
fn prepared(judge: &RawJudge, index: usize, reader: &mut Reader<'_>) -> Result<Option<Input>, TrainError> {
    let Some(frame) = reader.frame(index) else { return Ok(None) };
    match judge.prepare(&frame) {
        Ok(input) => Ok(Some(input)),
        Err(ModelError::NotAligned(error)) => {
            reader.leave_out(index, &error);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A good part on whose picture nothing is seen that has a grain.
#[derive(Debug, thiserror::Error)]
#[error("no part with a grain is seen on it")]
struct NoGrain;

/// Those of the held-out parts whose grain could be measured, where it counts; `novel` is what was scored without labels.
/// The others are named: such a picture is no good part, as one that cannot be aligned is none.
pub(crate) fn measured<T>(
    held_out: Vec<(usize, T)>,
    novel: impl Fn(&T) -> f64,
    reader: &mut Reader<'_>,
) -> Vec<(usize, T)> {
    let (unmeasured, measured): (Vec<_>, Vec<_>) =
        held_out.into_iter().partition(|(_, scored)| novel(scored) >= UNMEASURED);
    unmeasured.into_iter().for_each(|(index, _)| reader.leave_out(index, &NoGrain));
    measured
}

/// Parts that are scored at once: large ones one at a time, their tiles are batch enough.
pub(crate) fn at_once(judge: &RawJudge) -> usize {
    if judge.peak_cells().is_some() { 1 } else { BATCH }
}

/// Scores of held-out parts, each with the part's index; read one after another so that memory does not grow with
/// their number. `before` parts of the stage are done.
pub(crate) fn held_out_scores<T>(
    judge: &RawJudge,
    score: impl Fn(&[Input]) -> Result<Vec<T>, TrainError>,
    parts: &[usize],
    reader: &mut Reader<'_>,
    before: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<(usize, T)>, TrainError> {
    let mut scores = Vec::with_capacity(parts.len());
    let at_once = at_once(judge);
    for (done, batch) in parts.chunks(at_once).enumerate() {
        let (mut indices, mut inputs) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for &index in batch {
            if let Some(input) = prepared(judge, index, reader)? {
                indices.push(index);
                inputs.push(input);
            }
        }
        scores.extend(indices.into_iter().zip(score(&inputs)?));
        let done = (done * at_once + batch.len()).min(parts.len());
        pace.report(LearnStage::Calibrate, before + done, before + parts.len(), None)?;
    }
    Ok(scores)
}
