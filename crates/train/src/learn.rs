//! A whole run: read, pretrain, bank, calibrate. The main job of this crate, from entry to exit.

use std::path::Path;

use sightline_core::{LearnStage, Recipe, promise, split};
use sightline_image::{Input, Normalise, NormaliseError, Preprocess};
use sightline_model::encoder::GivenWeights;
use sightline_model::{
    Artefact, CalibrationCard, DeviceInfo, Made, MemoryBank, ModelCard, NormaliseCard, RawJudge, ReadyNetwork,
    RecipeCard, Start, Weights, guarded,
};

use crate::bank::{BankRows, collect_bank};
use crate::batches::Drawer;
use crate::calibrate::{fit_fusion, held_out_scores};
use crate::checkpoint::{Checkpoints, Origin};
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
    /// Further devices that take a share of each batch; mostly none.
    pub beside: &'a [DeviceInfo],
    /// Folder for the run's checkpoint, from which the same run goes on after a cancel or a crash; none keeps none.
    pub checkpoint: Option<&'a Path>,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The model.
    pub artefact: Artefact,
    /// The parts that the limit was set on, by their index in the source, each with its score.
    pub held_out: Vec<(usize, f64)>,
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
    let LearnRequest { recipe, config, source, device, beside, checkpoint } = *request;
    config.check()?;
    if source.count() < MIN_PARTS {
        return Err(TrainError::TooFewParts { found: source.count(), needed: MIN_PARTS });
    }
    let network_config = config.network(config.planes(recipe.channels.count()));
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
    let normalise = Normalise::learn(&learn_parts)?.with_local_contrast(config.local_window());
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
    let checkpoints = checkpoint.map(|folder| {
        let devices: Vec<&str> = std::iter::once(device).chain(beside).map(|device| device.id.as_str()).collect();
        let settings = serde_json::json!([config, RecipeCard::from(recipe), start_report, devices]).to_string();
        // Which part is on which side counts, too.
        let data = serde_json::json!([reader.data_hash(), sides]).to_string();
        let origin = Origin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: blake3::hash(settings.as_bytes()).to_hex().to_string(),
            data: blake3::hash(data.as_bytes()).to_hex().to_string(),
        };
        Checkpoints::new(folder, origin, config.pretrain.checkpoint_every)
    });
    let pretrained = pretrain(&start, &drawer, (device, beside), checkpoints.as_ref(), &mut pace)?;
    pace.finish(LearnStage::Pretrain);

    let prepared: Vec<Input> = normalised(learn_parts, &normalise)?;
    let network = ReadyNetwork::new(&start.network, pretrained.network.clone(), preprocess.size, device);
    let BankRows { mean, scale, rows } = collect_bank(&network, &prepared, &preprocess, config, &mut pace)?;
    let bank = guarded(&device.id, "making the bank", || MemoryBank::new(&rows, &mean, &scale, &device.device))?;
    let judge = RawJudge::new(network, bank, preprocess.clone(), normalise.clone());
    pace.finish(LearnStage::Bank);

    let standardise_parts = normalised(standardise_parts, &normalise)?;
    let (judge, places, fusion) = fit_fusion(judge, &standardise_parts, config)?;
    let held_out: Vec<usize> = indices(&sides, CALIBRATE);
    let held_out = held_out_scores(&judge, &fusion, &held_out, &mut reader, &mut pace)?;
    let scores = held_out.iter().map(|(_, score)| *score).collect();
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
        device: computed_on(device, beside, pretrained.precision),
        final_loss: pretrained.final_loss,
    };
    let card = ModelCard {
        recipe: RecipeCard::from(recipe),
        bank_dimensions: start.network.cell_dimensions(),
        network: start.network,
        normalise: NormaliseCard {
            mean: normalise.mean().to_vec(),
            std: normalise.std().to_vec(),
            local_window: normalise.local_window(),
        },
        places,
        fusion,
        calibration: CalibrationCard { scores: calibration.scores().to_vec() },
        made,
    };
    let weights = guarded(&device.id, "reading the weights", || Weights::of(&pretrained.network))?;
    let artefact = Artefact { card, weights, bank_mean: mean, bank_scale: scale, bank_rows: rows };
    Ok(Learned { artefact, held_out, unreadable: reader.into_unreadable(), seconds: pace.seconds })
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

/// The devices, and the precision where it was not single, for people.
fn computed_on(device: &DeviceInfo, beside: &[DeviceInfo], precision: &str) -> String {
    let devices = std::iter::once(device).chain(beside).map(|device| format!("{} ({})", device.id, device.name));
    let precision = (precision != "f32").then(|| format!("in {precision}"));
    devices.chain(precision).collect::<Vec<_>>().join(", ")
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
