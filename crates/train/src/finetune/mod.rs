//! Learning from labels: beside the network that knows good parts alone, a copy of it learns the labelled defects. The
//! first stays as it was, so what nobody labelled is found as before; the stronger of both decides, or both together, and
//! the limit of the promise is set anew on good parts that neither saw.

mod batches;
mod checkpoint;
mod config;
mod confirmed;
mod examples;
mod good;
mod half;
mod labelled;
mod left_out;
mod loss;
mod room;
mod training;
mod usual;
mod window;

use std::collections::HashSet;
use std::path::Path;

use sightline_core::{LearnStage, Recipe, Scored};
use sightline_image::Input;
use sightline_model::{Artefact, CalibrationCard, DeviceInfo, Judge, KnownMade, ModelCard, RawJudge, UNMEASURED};

use crate::calibrate::{fit_fusion, held_out_scores, measured};
use crate::checkpoint::sealed::Origin;
use crate::pace::Pace;
use crate::reader::Reader;
use crate::{Effort, LearnConfig, Report, SampleSource, TrainError};
use checkpoint::Checkpoint;
pub use checkpoint::remove_fine_tune_checkpoint;
pub use config::{Beginning, FineTuneConfig};
pub use confirmed::label_hash;
use examples::Examples;
pub use examples::NO_ROOM;
use good::GoodParts;
pub use good::is_made_of;
use half::{Ground, Half, Learning};
pub use labelled::{Labelled, LabelledSource, Mark, Marks, Truth};
pub use left_out::{LeaveOut, LeftOut, WithoutClass};
use training::Steps;
use usual::{Seen, Usual};
use window::most_suspect;

/// With fewer labelled defects than this nothing is learned from them.
pub const MIN_LABELS: usize = 3;

/// What to learn, from what, on what.
pub struct FineTuneRequest<'a> {
    /// The model whose novel half stays.
    pub base: &'a Artefact,
    /// Every setting.
    pub config: &'a FineTuneConfig,
    /// The good parts that the base model was made of: the very same, or the promise would be set on parts it has seen.
    pub source: &'a dyn SampleSource,
    /// The labels.
    pub labelled: &'a dyn LabelledSource,
    /// Parts of which those that were labelled good help to set the limit, beside the good parts that are held out for it.
    /// Nothing is learned from them.
    pub confirmed: Option<&'a dyn LabelledSource>,
    /// Where to train.
    pub device: &'a DeviceInfo,
    /// Folder for the run's checkpoint, from which the same run goes on after a cancel or a crash; none keeps none.
    pub checkpoint: Option<&'a Path>,
    /// File for a picture of what is found on a few labelled defects while the run goes; none makes none.
    pub glances: Option<&'a Path>,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct FineTuned {
    /// The model.
    pub artefact: Artefact,
    /// The good parts that the limit was set on, by their index in the source, each with its score.
    pub held_out: Vec<(usize, f64)>,
    /// Hashes of the contents of all good parts that were read.
    pub good_contents: HashSet<String>,
    /// Good parts that were left out, each with the reason.
    pub unreadable: Vec<String>,
    /// Labelled parts that were left out, each with the reason.
    pub labels_left_out: Vec<String>,
    /// How long each stage took.
    pub seconds: Vec<(String, f64)>,
}

/// Learns from labels.
///
/// # Errors
/// When a setting is out of range, there are too few labels, the good parts are not the base model's, the run is
/// cancelled, the loss diverges or the device fails.
pub fn fine_tune(request: &FineTuneRequest<'_>, report: Report<'_>) -> Result<FineTuned, TrainError> {
    fine_tune_leaving_out(request, &[], report).map(|(tuned, _)| tuned)
}

/// The same, and as long once more without each of some classes: what is forgotten late is seen too. Pictures are read once.
/// A class without which too few labels can be read is not left out.
///
/// # Errors
/// As [`fine_tune`].
pub fn fine_tune_leaving_out(
    request: &FineTuneRequest<'_>,
    leave_out: &[LeaveOut],
    report: Report<'_>,
) -> Result<(FineTuned, LeftOut), TrainError> {
    let FineTuneRequest { base, config, source, labelled, confirmed, device, checkpoint, glances } = *request;
    config.check()?;
    let card = &base.card;
    let recipe = Recipe::from(&card.recipe);
    let (preprocess, normalise) = (card.preprocess()?, card.normalise()?);
    let mut pace = Pace::fine_tuning(report);
    let untaught = || -> Result<RawJudge, TrainError> {
        let base = Artefact { known: None, card: ModelCard { known: None, ..card.clone() }, ..base.clone() };
        Ok(Judge::load(&base, device)?.into_raw())
    };
    let novel_of = |raw: &RawJudge, inputs: &[Input]| -> Result<Vec<Scored>, TrainError> {
        Ok(raw.raw_scores(inputs)?.iter().map(|raw| card.fusion.fuse(raw)).collect())
    };

    // Only parts in tiles are looked at before; else the device's memory is left to training.
    let early = recipe.tiles.is_some().then(untaught).transpose()?;
    let suspect = |picture: &Input, ignored: Option<&[Mark]>| -> Result<(usize, usize), TrainError> {
        let mut shown = picture.clone();
        normalise.apply(&mut shown)?;
        let scored = early.as_ref().map(|raw| novel_of(raw, &[shown])).transpose()?.unwrap_or_default();
        Ok(scored.first().map_or((0, 0), |scored| most_suspect(&scored.map, ignored, picture.width)))
    };
    // As much as for good parts. Settings that cannot be read are told where those are read.
    let learned: Result<LearnConfig, _> = serde_json::from_value(card.made.config.clone());
    let samples_mib = learned.map_or(LearnConfig::new(Effort::Standard).samples_mib, |learned| learned.samples_mib);
    let examples = Examples::read(labelled, (&preprocess, samples_mib), suspect, &mut pace)?;
    if examples.defective_parts() < MIN_LABELS {
        return Err(TrainError::TooFewLabels { found: examples.defective_parts(), needed: MIN_LABELS });
    }
    let (mut left_out_classes, mut without) = (Vec::new(), Vec::new());
    for LeaveOut { class, parts } in leave_out {
        let rest = examples.without(parts);
        // Fewer may be readable than there are labels.
        if rest.defective_parts() >= MIN_LABELS {
            left_out_classes.push(class);
            without.push(rest);
        }
    }
    let mut runs = vec![examples];
    runs.append(&mut without);
    let mut reader = Reader::new(source, &preprocess);
    let GoodParts { learned, good, standardise, mut held_out } =
        GoodParts::read(card, &recipe, &mut reader, &mut pace)?;
    // The very pictures of labelled parts may lie among them.
    let folder = reader.contents();
    runs.iter_mut().for_each(|examples| examples.leave_to_folder(&folder));
    held_out.retain(|&index| reader.content_hash(index).is_none_or(|hash| !runs[0].is_defective(hash)));
    pace.finish(LearnStage::Read);

    let ground = Ground {
        base,
        preprocess: &preprocess,
        normalise: &normalise,
        policy: learned.views(&recipe),
        memory_mib: learned.pretrain.memory_mib,
        good: &good,
        device,
    };
    let mut checkpoint = match checkpoint {
        Some(folder) => {
            // Of the base only what is learned on: its bank may differ in a bit where a GPU made it again.
            let weights = blake3::hash(&base.weights.to_bytes()?).to_hex();
            let made = [&card.made.config, &serde_json::json!(card.made.data_hash), &serde_json::json!(card.recipe)];
            let settings = serde_json::json!([config, weights.as_str(), made, device.id]).to_string();
            let left_out: Vec<_> = leave_out.iter().map(|LeaveOut { class, parts }| (class, parts)).collect();
            let data = serde_json::json!([runs[0].hash, left_out]).to_string();
            Some(Checkpoint::open(folder, Origin::of(&settings, &data), &mut pace))
        }
        None => None,
    };
    let mut steps = Steps::of(runs.len(), config.steps);
    let mut trained = Vec::with_capacity(runs.len());
    for (number, examples) in runs.iter().enumerate() {
        // The first is the one that may judge.
        let glances = glances.filter(|_| number == 0);
        let learning = Learning { number, steps, glances, checkpoint: checkpoint.as_mut() };
        let learned = ground.learn(examples, config, learning, &mut pace)?;
        steps = steps.after(config.steps, learned.earlier);
        trained.push(learned);
    }
    pace.finish(LearnStage::FineTune);

    let raw = early.map_or_else(untaught, Ok)?;
    let scorers = trained.iter().map(|trained| ground.scorer(trained)).collect::<Result<Vec<_>, _>>()?;
    // Makes room: what follows holds maps of parts, and those of large ones are large.
    drop(good);
    let before_places = raw.without_places();
    let seen = |inputs: &[Input]| -> Result<Vec<Seen>, TrainError> {
        let mut seen: Vec<Seen> = before_places.raw_scores(inputs)?.into_iter().map(Seen::new).collect();
        for scorer in &scorers {
            seen.iter_mut().zip(scorer.raw(inputs)?).for_each(|(seen, raw)| seen.add(&raw));
        }
        Ok(seen)
    };
    let before = standardise.count();
    let seen = standardise.scores(&raw, seen, &mut reader, held_out.len(), &mut pace)?;
    let (parts, seen): (Vec<usize>, Vec<Seen>) = seen.into_iter().unzip();
    let groups: Vec<String> = parts.into_iter().map(|part| source.group(part)).collect();
    let usual = Usual::of(seen, &groups, learned.seed, |raw| fit_fusion(raw, card.fusion.peak_cells, &learned));
    let mut halves = Vec::with_capacity(runs.len());
    for (which, ((trained, scorer), examples)) in trained.into_iter().zip(scorers).zip(&runs).enumerate() {
        let made = KnownMade {
            config: serde_json::to_value(config).unwrap_or_default(),
            label_hash: confirmed.map_or_else(|| examples.hash.clone(), |parts| confirmed::hash(&examples.hash, parts)),
            defects: examples.defective_parts(),
            good: examples.good.len(),
            final_loss: trained.final_loss,
        };
        halves.push(Half::new((which, trained, scorer), (&examples.classes, config, made), &usual));
    }
    // For each part what the novel half says, then what it says together with each of the halves.
    let all = |inputs: &[Input]| -> Result<Vec<Vec<f64>>, TrainError> {
        let novel = novel_of(&raw, inputs)?;
        let mut scores: Vec<Vec<f64>> = novel.iter().map(|novel| vec![novel.score]).collect();
        for half in &halves {
            for ((scores, novel), raw) in scores.iter_mut().zip(&novel).zip(half.scorer.raw(inputs)?) {
                scores.push(half.card.join(novel.clone(), &raw).score);
            }
        }
        Ok(scores)
    };
    let held_out = held_out_scores(&raw, all, &held_out, &mut reader, before, &mut pace)?;
    let novel = |scores: &Vec<f64>| scores.first().copied().unwrap_or(f64::NAN);
    let held_out = measured(held_out, novel, &mut reader);
    let mut scores: Vec<Vec<f64>> = held_out.iter().map(|(_, scores)| scores.clone()).collect();
    let mut labels_left_out = runs.swap_remove(0).unreadable;
    if let Some(parts) = confirmed {
        let (confirmed, unreadable) = confirmed::scores(parts, &raw, all, &reader, &mut pace)?;
        scores.extend(confirmed.into_iter().filter(|scores| novel(scores) < UNMEASURED));
        labels_left_out.extend(unreadable);
    }
    let calibrated = |which: usize| -> Result<CalibrationCard, TrainError> {
        let scores = scores.iter().filter_map(|scores| scores.get(which).copied()).collect();
        let calibration = sightline_core::Calibration::new(scores, recipe.false_reject_limit, recipe.confidence)?;
        Ok(CalibrationCard { scores: calibration.scores().to_vec() })
    };
    pace.finish(LearnStage::Calibrate);

    let mut left_out = LeftOut::new(calibrated(0)?);
    let mut halves = halves.into_iter();
    let Some(whole) = halves.next() else { return Err(TrainError::TooFewLabels { found: 0, needed: MIN_LABELS }) };
    let (known, weights) = whole.into_parts(device)?;
    let card = ModelCard { known: Some(known), calibration: calibrated(1)?, ..card.clone() };
    for (at, (half, class)) in halves.zip(left_out_classes).enumerate() {
        left_out.add(class, half.into_parts(device)?, calibrated(at + 2)?);
    }
    let artefact = Artefact { card, known: Some(weights), ..base.clone() };
    let unreadable = reader.into_unreadable();
    let held_out = held_out.into_iter().filter_map(|(index, scores)| Some((index, scores.get(1).copied()?))).collect();
    let seconds = pace.seconds;
    Ok((FineTuned { artefact, held_out, good_contents: folder, unreadable, labels_left_out, seconds }, left_out))
}

#[cfg(test)]
mod tests;
