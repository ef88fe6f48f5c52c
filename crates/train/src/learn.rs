//! A whole run: read, pretrain, bank, calibrate. The main job of this crate, from entry to exit.

use sightline_core::{LearnStage, Recipe, promise, split};
use sightline_image::{Input, Normalise, NormaliseError, Preprocess};
use sightline_model::encoder::GivenWeights;
use sightline_model::{
    Artefact, CalibrationCard, DeviceInfo, Made, MemoryBank, ModelCard, NormaliseCard, RawJudge, RecipeCard, Start,
    Weights, guarded,
};

use crate::bank::{BankRows, collect_bank};
use crate::batches::Drawer;
use crate::calibrate::{fit_fusion, held_out_scores};
use crate::pace::Pace;
use crate::pretrain::pretrain;
use crate::reader::Reader;
use crate::{LearnConfig, Report, SampleSource, TrainError};

/// With fewer good parts than this nothing is learned.
pub const MIN_PARTS: usize = 12;

/// Sides of the split of good parts.
const LEARN: usize = 0;
const STANDARDISE: usize = 1;
const CALIBRATE: usize = 2;

/// What to learn, from what, on what.
pub struct LearnRequest<'a> {
    /// What is judged and promised.
    pub recipe: &'a Recipe,
    /// Every setting.
    pub config: &'a LearnConfig,
    /// The good parts.
    pub source: &'a dyn SampleSource,
    /// Where to train.
    pub device: &'a DeviceInfo,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The model.
    pub artefact: Artefact,
    /// Parts that were left out, each with the reason.
    pub unreadable: Vec<String>,
    /// How long each stage took.
    pub seconds: Vec<(String, f64)>,
}

/// Learns a model from good parts.
///
/// # Errors
/// When a setting is out of range, there are too few readable parts, the run is cancelled, the loss diverges or the
/// device fails.
pub fn learn(request: &LearnRequest<'_>, report: Report<'_>) -> Result<Learned, TrainError> {
    let LearnRequest { recipe, config, source, device } = *request;
    config.check()?;
    if source.count() < MIN_PARTS {
        return Err(TrainError::TooFewParts { found: source.count(), needed: MIN_PARTS });
    }
    let network_config = config.network(recipe.channels.count());
    // Before anything takes time: a file that does not fit stops the run.
    let (encoder_weights, start_report) = match &config.start_weights {
        Some(path) => network_config.encoder.start_from(&GivenWeights::read(path)?).map(|(w, r)| (Some(w), Some(r)))?,
        None => (None, None),
    };
    let mut pace = Pace::new(report);
    let preprocess = Preprocess::from(recipe);
    let sides = split_good_parts(recipe, config, source);
    let mut reader = Reader::new(source, &preprocess);

    let (learn_parts, standardise_parts) =
        reader.read(indices(&sides, LEARN), indices(&sides, STANDARDISE), config, &mut pace)?;
    let found = learn_parts.len() + standardise_parts.len();
    if learn_parts.len() < 4 || standardise_parts.is_empty() {
        return Err(TrainError::TooFewParts { found, needed: MIN_PARTS });
    }
    let normalise = Normalise::learn(&learn_parts)?;
    pace.finish(LearnStage::Read);

    let drawer = Drawer {
        parts: &learn_parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy: config.views(recipe.poses),
        normalise: &normalise,
        seed: config.seed,
    };
    let start = Start { network: network_config, encoder: encoder_weights };
    let pretrained = pretrain(&start, &drawer, device, &mut pace)?;
    pace.finish(LearnStage::Pretrain);

    let prepared: Vec<Input> = normalised(learn_parts, &normalise)?;
    let BankRows { mean, scale, rows } =
        collect_bank(&pretrained.network, &prepared, &preprocess, config, device, &mut pace)?;
    let bank = guarded(&device.id, "making the bank", || MemoryBank::new(&rows, &mean, &scale, &device.device))?;
    let judge = RawJudge::new(pretrained.network.clone(), bank, preprocess.clone(), normalise.clone(), device);
    pace.finish(LearnStage::Bank);

    let standardise_parts = normalised(standardise_parts, &normalise)?;
    let (judge, places, fusion) = fit_fusion(judge, &standardise_parts, config)?;
    let held_out: Vec<usize> = indices(&sides, CALIBRATE);
    let scores = held_out_scores(&judge, &fusion, &held_out, &mut reader, &mut pace)?;
    // Checked here, not at the first load: a run must not end with a model that cannot decide.
    let calibration = sightline_core::Calibration::new(scores, recipe.false_reject_limit, recipe.confidence)?;
    pace.finish(LearnStage::Calibrate);

    let made = Made {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        burn: "0.22.1".to_owned(),
        seed: config.seed,
        config: serde_json::to_value(config).unwrap_or_default(),
        start: start_report,
        data_hash: reader.data_hash(),
        parts_learned: prepared.len(),
        parts_standardised: standardise_parts.len(),
        parts_calibrated: calibration.scores().len(),
        device: format!("{} ({})", device.id, device.name),
        final_loss: pretrained.final_loss,
    };
    let card = ModelCard {
        recipe: RecipeCard::from(recipe),
        bank_dimensions: start.network.cell_dimensions(),
        network: start.network,
        normalise: NormaliseCard { mean: normalise.mean().to_vec(), std: normalise.std().to_vec() },
        places,
        fusion,
        calibration: CalibrationCard { scores: calibration.scores().to_vec() },
        made,
    };
    let weights = guarded(&device.id, "reading the weights", || Weights::of(&pretrained.network))?;
    let artefact = Artefact { card, weights, bank_mean: mean, bank_scale: scale, bank_rows: rows };
    Ok(Learned { artefact, unreadable: reader.into_unreadable(), seconds: pace.seconds })
}

/// Good parts → learn, standardise, calibrate. Calibration gets what the promise needs when enough is left to learn
/// from, else a third.
fn split_good_parts(recipe: &Recipe, config: &LearnConfig, source: &dyn SampleSource) -> Vec<usize> {
    let count = source.count() as f64;
    let groups: Vec<String> = (0..source.count()).map(|index| source.group(index)).collect();
    let (limit, confidence) = (recipe.false_reject_limit, recipe.confidence);
    let calibrate = match source.count() >= promise::good_parts_needed(limit, confidence) {
        true => (promise::parts_held_out(limit, confidence) as f64 / count).max(0.35),
        false => 0.3,
    };
    let standardise = (1.0 - calibrate) * (60.0 / count).clamp(0.1, 0.25);
    let shares = [1.0 - calibrate - standardise, standardise, calibrate];
    split::by_group(&groups, &shares, config.seed)
}

fn indices(sides: &[usize], wanted: usize) -> Vec<usize> {
    sides.iter().enumerate().filter(|(_, side)| **side == wanted).map(|(index, _)| index).collect()
}

fn normalised(mut parts: Vec<Input>, normalise: &Normalise) -> Result<Vec<Input>, NormaliseError> {
    parts.iter_mut().try_for_each(|part| normalise.apply(part))?;
    Ok(parts)
}

#[cfg(test)]
mod tests;
