//! A whole run: read, pretrain, bank, calibrate. The main job of this crate, from entry to exit.

use std::path::Path;

use sightline_core::{Fit, LearnStage, PictureSize, Recipe, Tiles, promise, split};
use sightline_image::{Alignment, Input, Normalise, NormaliseError, Preprocess, REFERENCE_PARTS};
use sightline_model::encoder::GivenWeights;
use sightline_model::{
    AlignmentCard, Artefact, CELL, CalibrationCard, DeviceInfo, MAX_JUDGED_SIDE, Made, MemoryBank, ModelCard,
    NormaliseCard, RawJudge, RawScore, ReadyNetwork, RecipeCard, Start, Weights, grain_of, guarded,
};

use crate::bank::collect_bank;
use crate::batches::Drawer;
use crate::calibrate::{StandardiseOn, check_grain, fit_fusion, held_out_scores, measured};
use crate::checkpoint::Checkpoints;
use crate::checkpoint::sealed::Origin;
use crate::pace::Pace;
use crate::pretrain::{Kept, pretrain};
use crate::reader::{GoodInputs, Reader};
use crate::{LearnConfig, Report, SampleSource, TrainError};

/// With fewer good parts than this nothing is learned.
pub const MIN_PARTS: usize = 12;

/// Sides of the split of good parts.
pub(crate) const LEARN: usize = 0;
pub(crate) const STANDARDISE: usize = 1;
pub(crate) const CALIBRATE: usize = 2;

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
    /// File for a picture of what is found on a few fixed parts while the run goes; none makes none.
    pub glances: Option<&'a Path>,
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
    let LearnRequest { recipe, config, source, device, beside, checkpoint, glances } = *request;
    config.check()?;
    config.check_ways(recipe.poses)?;
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
    let tiles = recipe.tiles.or_else(|| config.tiles(recipe.input, recipe.channels.count()));
    let recipe = &Recipe { tiles, ..recipe.clone() };
    let (longest, largest) =
        (recipe.input.width.max(recipe.input.height), if tiles.is_some() { MAX_JUDGED_SIDE } else { Tiles::LARGEST });
    if longest > largest {
        let allowed = "at most 8192, and at most 2048 without tiles";
        return Err(TrainError::Setting { name: "judged side", value: longest.to_string(), allowed });
    }
    if config.grain && tiles.is_some() {
        let value = "of parts in tiles".to_owned();
        return Err(TrainError::Setting { name: "grain", value, allowed: "looked for in parts that are shown whole" });
    }
    check_judged(&Preprocess::from(recipe))?;
    let sides = split_good_parts(recipe, config, source);
    let alignment = recipe.align.then(|| reference(recipe, &indices(&sides, LEARN), source)).transpose()?;
    let alignment_card = alignment.as_ref().map(AlignmentCard::from);
    let preprocess = Preprocess::from(recipe).with_alignment(alignment);
    let mut reader = Reader::new(source, &preprocess);

    // Parts that are shown in tiles are too large to be held beside those that are learned from.
    let standardise = indices(&sides, STANDARDISE);
    let (held, streamed) = if tiles.is_some() { (Vec::new(), standardise) } else { (standardise, Vec::new()) };
    let GoodInputs { learn: learn_parts, standardise: standardise_parts, standardised } =
        reader.read(indices(&sides, LEARN), held, config, &mut pace)?;
    let found = learn_parts.len() + standardise_parts.len() + streamed.len();
    if learn_parts.len() < 4 || standardise_parts.len() + streamed.len() == 0 {
        return Err(TrainError::TooFewParts { found, needed: MIN_PARTS });
    }
    let normalise = Normalise::learn(&learn_parts)?.with_local_contrast(config.local_window());
    pace.finish(LearnStage::Read);
    if config.grain {
        // Before hours of learning, not after them.
        let seen = standardise_parts.iter().filter(|part| grain_of(part, &preprocess).is_some()).count();
        check_grain(seen, standardise_parts.len())?;
    }

    let drawer = Drawer {
        parts: &learn_parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy: config.views(recipe),
        normalise: &normalise,
        seed: config.seed,
    };
    let start = Start { network: network_config, encoder: encoder_weights };
    let checkpoints = checkpoint.map(|folder| {
        let devices: Vec<&str> = std::iter::once(device).chain(beside).map(|device| device.id.as_str()).collect();
        let settings = serde_json::json!([config, RecipeCard::from(recipe), start_report, devices]).to_string();
        // Which part is on which side counts, too.
        let data = serde_json::json!([reader.data_hash(), sides]).to_string();
        let origin = Origin::of(&settings, &data);
        Checkpoints::new(folder, origin, config.pretrain.checkpoint_every)
    });
    let glances = glances.map(|path| drawer.glances(path)).transpose()?.flatten();
    let kept = Kept { checkpoints: checkpoints.as_ref(), glances };
    let pretrained = pretrain(&start, &drawer, (device, beside), kept, &mut pace)?;
    pace.finish(LearnStage::Pretrain);

    let prepared: Vec<Input> = normalised(learn_parts, &normalise)?;
    let network =
        ReadyNetwork::tiled(&start.network, pretrained.network.clone(), preprocess.size, preprocess.tiles, device);
    let bank = collect_bank(&network, &prepared, &preprocess, config, &mut pace)?;
    let search = guarded(&device.id, "making the bank", || MemoryBank::new(&bank, &device.device))?;
    let judge = RawJudge::new(network, search, preprocess.clone(), normalise.clone());
    let judge = if config.all_ways { judge.in_all_ways(recipe.poses) } else { judge };
    let judge = judge.with_grain(config.grain);
    pace.finish(LearnStage::Bank);

    let standardise_on = match tiles {
        Some(_) => StandardiseOn::source(&streamed),
        None => StandardiseOn::Prepared(standardised, normalised(standardise_parts, &normalise)?),
    };
    let held_out: Vec<usize> = indices(&sides, CALIBRATE);
    let before = standardise_on.count();
    // Before they are told in what is usual at each place.
    let maps = |inputs: &[Input]| Ok(judge.raw_scores(inputs)?);
    let raw = standardise_on.scores(&judge, maps, &mut reader, held_out.len(), &mut pace)?;
    let parts_standardised = raw.len();
    if raw.is_empty() {
        return Err(TrainError::TooFewParts { found, needed: MIN_PARTS });
    }
    let raw: Vec<RawScore> = raw.into_iter().map(|(_, raw)| raw).collect();
    if config.grain {
        check_grain(raw.iter().filter(|raw| raw.grain.is_some()).count(), raw.len())?;
    }
    let (places, fusion) = fit_fusion(&raw, judge.peak_cells(), config);
    drop(raw);
    let judge = judge.with_places(places.clone());
    let fused = |inputs: &[Input]| -> Result<Vec<f64>, TrainError> {
        Ok(judge.raw_scores(inputs)?.iter().map(|raw| fusion.fuse(raw).score).collect())
    };
    let held_out = held_out_scores(&judge, fused, &held_out, &mut reader, before, &mut pace)?;
    let held_out = measured(held_out, |score| *score, &mut reader);
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
        parts_standardised,
        parts_calibrated: calibration.scores().len(),
        device: computed_on(device, beside, pretrained.precision),
        final_loss: pretrained.final_loss,
    };
    let card = ModelCard {
        recipe: RecipeCard::from(recipe),
        bank_dimensions: start.network.cell_dimensions(),
        known: None,
        bank: bank.card(),
        network: start.network,
        normalise: NormaliseCard {
            mean: normalise.mean().to_vec(),
            std: normalise.std().to_vec(),
            local_window: normalise.local_window(),
        },
        alignment: alignment_card,
        all_ways: config.all_ways,
        places,
        fusion,
        calibration: CalibrationCard { scores: calibration.scores().to_vec() },
        made,
    };
    let weights = guarded(&device.id, "reading the weights", || Weights::of(&pretrained.network))?;
    let artefact = Artefact { card, weights, known: None, bank };
    Ok(Learned { artefact, held_out, unreadable: reader.into_unreadable(), seconds: pace.seconds })
}

/// What parts are aligned to, from some of the parts that are learned from.
fn reference(recipe: &Recipe, learn: &[usize], source: &dyn SampleSource) -> Result<Alignment, TrainError> {
    if recipe.fit != Fit::Fill {
        let value = "aligned, of different shapes".to_owned();
        return Err(TrainError::Setting { name: "pictures", value, allowed: "of one shape to be aligned" });
    }
    let step = learn.len().div_ceil(REFERENCE_PARTS).max(1);
    let frames = learn.iter().step_by(step).filter_map(|&index| Some(source.load(index).ok()?.frame));
    Ok(Alignment::learn(frames)?)
}

/// With less of the region judged, a part's score would be that of nothing.
const SMALLEST_JUDGED: f64 = 0.02;

/// Whether enough is judged of the region.
fn check_judged(preprocess: &Preprocess) -> Result<(), TrainError> {
    let PictureSize { width, height } = preprocess.size;
    let cells = PictureSize { width: width / CELL as u32, height: height / CELL as u32 };
    let Some(judged) = preprocess.judged(cells) else { return Ok(()) };
    let share = judged.iter().filter(|&&judged| judged).count() as f64 / judged.len().max(1) as f64;
    if share >= SMALLEST_JUDGED {
        return Ok(());
    }
    let value = format!("{:.1} % of the region", 100.0 * (1.0 - share));
    Err(TrainError::Setting { name: "share of ignored areas", value, allowed: "at most 98 %" })
}

/// Good parts → learn, standardise, calibrate. Calibration gets what the promise needs when enough is left to learn
/// from, else a third.
pub(crate) fn split_good_parts(recipe: &Recipe, config: &LearnConfig, source: &dyn SampleSource) -> Vec<usize> {
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

pub(crate) fn indices(sides: &[usize], wanted: usize) -> Vec<usize> {
    sides.iter().enumerate().filter(|(_, side)| **side == wanted).map(|(index, _)| index).collect()
}

pub(crate) fn normalised(mut parts: Vec<Input>, normalise: &Normalise) -> Result<Vec<Input>, NormaliseError> {
    parts.iter_mut().try_for_each(|part| normalise.apply(part))?;
    Ok(parts)
}

#[cfg(test)]
mod tests;
