//! Scores of good parts that the network did not learn from: some standardise the branches, the others set the limit.

use sightline_core::LearnStage;
use sightline_image::Input;
use sightline_model::{Branch, Fusion, RawJudge};

use crate::learn::{Pace, Reader};
use crate::{LearnConfig, TrainError};

/// Pictures that are scored at once.
const BATCH: usize = 8;

/// Standardises both branches on good parts that only this step sees.
pub(crate) fn fit_fusion(judge: &RawJudge, parts: &[Input], config: &LearnConfig) -> Result<Fusion, TrainError> {
    let (mut bank, mut synthetic) = (Vec::new(), Vec::new());
    for batch in parts.chunks(BATCH) {
        for raw in judge.raw_scores(batch)? {
            let peaks = raw.peaks();
            bank.push(peaks.0);
            synthetic.push(peaks.1);
        }
    }
    let synthetic_weight = if config.pretrain.synthetic_weight > 0.0 { 1.0 } else { 0.0 };
    Ok(Fusion { bank: Branch::fit(&bank, config.bank_weight), synthetic: Branch::fit(&synthetic, synthetic_weight) })
}

/// Fused scores of held-out parts, read one after another so that memory does not grow with their number.
pub(crate) fn held_out_scores(
    judge: &RawJudge,
    fusion: &Fusion,
    parts: &[usize],
    reader: &mut Reader<'_>,
    pace: &mut Pace<'_>,
) -> Result<Vec<f64>, TrainError> {
    let mut scores = Vec::with_capacity(parts.len());
    for (done, batch) in parts.chunks(BATCH).enumerate() {
        let frames = batch.iter().filter_map(|&index| reader.frame(index));
        let prepared = frames.map(|frame| judge.prepare(&frame)).collect::<Result<Vec<Input>, _>>()?;
        scores.extend(judge.raw_scores(&prepared)?.iter().map(|raw| fusion.fuse(raw).novel));
        pace.report(LearnStage::Calibrate, (done * BATCH + batch.len()).min(parts.len()), parts.len(), None, None)?;
    }
    Ok(scores)
}
