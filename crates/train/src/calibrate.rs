//! Scores of good parts that the network did not learn from: some standardise the branches, the others set the limit.

use sightline_core::LearnStage;
use sightline_image::Input;
use sightline_model::{Branch, Fusion, ModelError, Places, RawJudge};

use crate::pace::Pace;
use crate::reader::Reader;
use crate::{LearnConfig, TrainError};

/// Pictures that are scored at once.
const BATCH: usize = 8;

/// What is usual on good parts that only this step sees, and how the branches compare on them.
pub(crate) fn fit_fusion(
    judge: RawJudge,
    parts: &[Input],
    config: &LearnConfig,
) -> Result<(RawJudge, Places, Fusion), TrainError> {
    let mut raw = Vec::with_capacity(parts.len());
    for batch in parts.chunks(BATCH) {
        raw.extend(judge.raw_scores(batch)?);
    }
    let places = Places::fit(&raw);
    let peaks = raw.into_iter().map(|raw| places.apply(raw).peaks());
    let (bank, synthetic): (Vec<f64>, Vec<f64>) = peaks.unzip();
    let synthetic_weight = if config.pretrain.synthetic_weight > 0.0 { 1.0 } else { 0.0 };
    let fusion =
        Fusion { bank: Branch::fit(&bank, config.bank_weight), synthetic: Branch::fit(&synthetic, synthetic_weight) };
    Ok((judge.with_places(places.clone()), places, fusion))
}

/// Fused scores of held-out parts, each with the part's index; read one after another so that memory does not grow with
/// their number.
pub(crate) fn held_out_scores(
    judge: &RawJudge,
    fusion: &Fusion,
    parts: &[usize],
    reader: &mut Reader<'_>,
    pace: &mut Pace<'_>,
) -> Result<Vec<(usize, f64)>, TrainError> {
    let mut scores = Vec::with_capacity(parts.len());
    for (done, batch) in parts.chunks(BATCH).enumerate() {
        let frames = batch.iter().filter_map(|&index| Some((index, reader.frame(index)?)));
        let prepared = frames.map(|(index, frame)| Ok((index, judge.prepare(&frame)?)));
        let (indices, prepared): (Vec<usize>, Vec<Input>) =
            prepared.collect::<Result<Vec<_>, ModelError>>()?.into_iter().unzip();
        let fused = judge.raw_scores(&prepared)?.iter().map(|raw| fusion.fuse(raw).novel).collect::<Vec<_>>();
        scores.extend(indices.into_iter().zip(fused));
        pace.report(LearnStage::Calibrate, (done * BATCH + batch.len()).min(parts.len()), parts.len(), None)?;
    }
    Ok(scores)
}
