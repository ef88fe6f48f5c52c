//! A whole run: read, pretrain, bank, calibrate. The main job of this crate, from entry to exit.

use std::ops::ControlFlow;
use std::time::Instant;

use sightline_core::{LearnProgress, LearnStage, PictureSize, Recipe, promise, split};
use sightline_image::{Frame, Input, Normalise, NormaliseError, Preprocess};
use sightline_model::{
    Artefact, CalibrationCard, DeviceInfo, Made, MemoryBank, ModelCard, NormaliseCard, RawJudge, RecipeCard, guarded,
};

use crate::bank::{BankRows, collect_bank};
use crate::batches::Drawer;
use crate::calibrate::{fit_fusion, held_out_scores};
use crate::pretrain::pretrain;
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
    let mut pace = Pace::new(report);
    let preprocess = Preprocess::from(recipe);
    let sides = split_good_parts(recipe, config, source);
    let mut reader =
        Reader { source, preprocess: &preprocess, hashes: vec![None; source.count()], unreadable: Vec::new() };

    let (learn_parts, standardise_parts) = reader.read(&sides, config, &mut pace)?;
    let found = learn_parts.len() + standardise_parts.len();
    if learn_parts.len() < 4 || standardise_parts.is_empty() {
        return Err(TrainError::TooFewParts { found, needed: MIN_PARTS });
    }
    let normalise = Normalise::learn(&learn_parts)?;
    pace.finish(LearnStage::Read);

    let judged = preprocess.ignore_mask();
    let network_config = config.network(recipe.channels.count());
    let drawer = Drawer {
        parts: &learn_parts,
        judged: judged.as_deref(),
        config: &config.pretrain,
        policy: config.views(recipe.poses),
        normalise: &normalise,
        seed: config.seed,
    };
    let pretrained = pretrain(&network_config, &drawer, device, &mut pace)?;
    pace.finish(LearnStage::Pretrain);

    let prepared: Vec<Input> = normalised(learn_parts, &normalise)?;
    let BankRows { mean, scale, rows } = collect_bank(&pretrained.network, &prepared, config, device, &mut pace)?;
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
        at_millis: now_millis(),
        seed: config.seed,
        config: serde_json::to_value(config).unwrap_or_default(),
        data_hash: reader.data_hash(),
        parts_learned: prepared.len(),
        parts_standardised: standardise_parts.len(),
        parts_calibrated: calibration.scores().len(),
        device: format!("{} ({})", device.id, device.name),
        seconds: pace.seconds.clone(),
        final_loss: pretrained.final_loss,
    };
    let card = ModelCard {
        recipe: RecipeCard::from(recipe),
        bank_dimensions: network_config.cell_dimensions(),
        network: network_config,
        normalise: NormaliseCard { mean: normalise.mean().to_vec(), std: normalise.std().to_vec() },
        places,
        fusion,
        calibration: CalibrationCard { scores: calibration.scores().to_vec() },
        made,
    };
    let weights = guarded(&device.id, "reading the weights", || burn::module::Module::into_record(pretrained.network))?;
    let artefact = Artefact { card, weights, bank_mean: mean, bank_scale: scale, bank_rows: rows };
    Ok(Learned { artefact, unreadable: reader.unreadable })
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

/// Loads parts and remembers what could not be read and what the bytes were.
pub(crate) struct Reader<'a> {
    source: &'a dyn SampleSource,
    preprocess: &'a Preprocess,
    hashes: Vec<Option<String>>,
    unreadable: Vec<String>,
}

impl Reader<'_> {
    /// One part, or none when it is unreadable.
    pub(crate) fn frame(&mut self, index: usize) -> Option<Frame> {
        match self.source.load(index) {
            Ok(sample) => {
                self.hashes[index] = Some(sample.content_hash);
                Some(sample.frame)
            }
            Err(reason) => {
                self.unreadable.push(reason);
                None
            }
        }
    }

    /// Parts to learn from and to standardise on, thinned to the memory cap.
    fn read(
        &mut self,
        sides: &[usize],
        config: &LearnConfig,
        pace: &mut Pace<'_>,
    ) -> Result<(Vec<Input>, Vec<Input>), TrainError> {
        let PictureSize { width, height } = self.preprocess.size;
        let bytes = 4 * self.preprocess.channels.count() * width as usize * height as usize;
        let room = ((config.samples_mib << 20) / bytes.max(1)).max(MIN_PARTS);
        let mut learn = indices(sides, LEARN);
        let standardise = indices(sides, STANDARDISE);
        let step = learn.len().div_ceil(room.saturating_sub(standardise.len()).max(1));
        learn = learn.into_iter().step_by(step.max(1)).collect();
        let total = learn.len() + standardise.len();
        let mut read = [Vec::new(), Vec::new()];
        for (done, (side, index)) in
            learn.iter().map(|i| (0, *i)).chain(standardise.iter().map(|i| (1, *i))).enumerate()
        {
            if let Some(frame) = self.frame(index) {
                read[side].push(self.preprocess.apply(&frame));
            }
            pace.report(LearnStage::Read, done + 1, total, None, None)?;
        }
        let [learn, standardise] = read;
        Ok((learn, standardise))
    }

    /// BLAKE3 over names and content hashes of all parts that were read, in the list's order.
    fn data_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (index, hash) in self.hashes.iter().enumerate() {
            if let Some(hash) = hash {
                hasher.update(self.source.name(index).as_bytes());
                hasher.update(&[0]);
                hasher.update(hash.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Reports progress, estimates the time left, and carries a cancel back.
pub(crate) struct Pace<'a> {
    report: Report<'a>,
    started: Instant,
    stage_started: Instant,
    seconds: Vec<(String, f64)>,
}

impl<'a> Pace<'a> {
    fn new(report: Report<'a>) -> Self {
        Self { report, started: Instant::now(), stage_started: Instant::now(), seconds: Vec::new() }
    }

    /// Where a stage starts and ends in the whole run, as shares of its time; measured on two cores.
    fn span(stage: LearnStage) -> (f64, f64) {
        match stage {
            LearnStage::Read => (0.0, 0.03),
            LearnStage::Pretrain => (0.03, 0.85),
            LearnStage::Bank => (0.85, 0.92),
            LearnStage::Calibrate => (0.92, 0.99),
            LearnStage::Save => (0.99, 1.0),
        }
    }

    /// One report.
    ///
    /// # Errors
    /// `Cancelled` when the listener wants no more.
    pub(crate) fn report(
        &mut self,
        stage: LearnStage,
        done: usize,
        total: usize,
        loss: Option<f64>,
        warning: Option<String>,
    ) -> Result<(), TrainError> {
        let (from, to) = Self::span(stage);
        let share = from + (to - from) * done as f64 / total.max(1) as f64;
        let elapsed = self.started.elapsed().as_secs_f64();
        let seconds_left = (share > 0.04).then(|| elapsed * (1.0 - share) / share);
        let progress = LearnProgress { stage, done: done as u64, total: total as u64, seconds_left, loss, warning };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TrainError::Cancelled),
        }
    }

    fn finish(&mut self, stage: LearnStage) {
        self.seconds.push((format!("{stage:?}").to_lowercase(), self.stage_started.elapsed().as_secs_f64()));
        self.stage_started = Instant::now();
    }
}

fn now_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
