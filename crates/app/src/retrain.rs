//! One-click retraining: labels → challenger → trial against the champion → promotion, or the reasons why not. The
//! champion judges all the while, and whatever stops a run leaves it in place.

mod before;
mod left_out;
mod left_out_labels;
mod promotion;
mod report;
mod trial;

use std::cell::OnceCell;
use std::path::Path;

use sightline_core::gate::{NotLeftOut, Refusal, Trial};
use sightline_core::{LabelUse, Poses};
use sightline_model::{Artefact, ModelCard, choose_several};
use sightline_store::{Learning, Store, TrialRow};
use sightline_train::{
    FineTuneConfig, FineTuneRequest, LearnConfig, Report, TrainError, fine_tune_leaving_out, is_made_of, label_hash,
    learn, remove_checkpoint, remove_fine_tune_checkpoint,
};

use crate::labelled::LineLabels;
use crate::learning::{as_set_now, checkpoint, glances, last_moment_to_cancel, model_row, not_released, now_millis};
use crate::line_check::known_parts;
use crate::models::remove_old_models;
use crate::{AppError, FolderSource, Line};
use before::{Tried, has_learned, tried_before};
use left_out::classes_to_leave_out;
use left_out_labels::left_out_labels;
use trial::Bench;
pub(crate) use trial::{prepared, trying};

pub use promotion::{promote_model, roll_back};
pub use report::{ComparedReport, LeftOutReport, TrialReport};

/// A run that ended with a challenger.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrained {
    /// The challenger's id.
    pub challenger: String,
    /// The model that judged while it was made.
    pub champion: String,
    /// How both did on labelled parts that neither learned from.
    pub trial: Trial,
    /// Why it may not judge; nothing when it may.
    pub refusals: Vec<Refusal>,
    /// Known parts that it judges wrongly, a line each.
    pub wrong_known: Vec<String>,
    /// It was promoted. One that passed was not when another model had become live meanwhile.
    pub promoted: bool,
    /// The good parts had changed, so it learned from them first.
    pub pretrained_anew: bool,
    /// Parts that were left out, each with the reason.
    pub unreadable: Vec<String>,
}

/// What a retraining run came to.
#[derive(Debug, Clone, PartialEq)]
pub enum RetrainOutcome {
    /// Labels, settings and good parts are those that the live model was made of.
    NothingNew,
    /// A model was made of these and tried against the live one on these very parts: it did not pass, or people went back
    /// from it. A further try would be another draw of the same, and promote what was turned down.
    TriedBefore {
        /// The model's id.
        challenger: String,
        /// It may judge; people let it.
        passed: bool,
    },
    /// There is a challenger.
    Tried(Box<Retrained>),
}

/// A refusal in one word, for files and programs.
pub fn refusal_name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::FindsLess(_) => "finds-less",
        Refusal::RejectsMoreGood(_) => "rejects-more-good",
        Refusal::ForgetsTheUnknown(_) => "forgets-the-unknown",
        Refusal::KnownPartsWrong => "known-parts-wrong",
        Refusal::PromisesNothing => "promises-nothing",
        Refusal::NothingToTryOn => "nothing-to-try-on",
    }
}

/// Why no class was left out of the labels, in one word.
pub fn not_left_out_name(reason: NotLeftOut) -> &'static str {
    match reason {
        NotLeftOut::OneClass => "one-class",
        NotLeftOut::TooFewLabels => "too-few-labels",
    }
}

/// Learns from the line's labels, tries the result against the live model, and promotes it when it is no worse.
///
/// # Errors
/// When there is no live model, too few labels, learning fails or is cancelled, or the challenger cannot be stored. The
/// live model is then the same as before.
pub fn retrain_line(line: &Line, config: &FineTuneConfig, report: Report<'_>) -> Result<RetrainOutcome, AppError> {
    let store = Store::open(&line.folder)?;
    let _alone = Learning::claim(&line.folder)?.ok_or(AppError::Busy)?;
    let champion_row = store.live_model()?.ok_or_else(|| AppError::NoModel { path: line.folder.clone() })?;
    let champion = read(&store, &champion_row.id)?;
    let classes = store.classes()?;
    let labels =
        |used| -> Result<LineLabels, AppError> { Ok(LineLabels::new(store.labelled(Some(used))?, classes.clone())) };
    // The list is frozen here: what is labelled from now on waits for the next run.
    let labels_until = now_millis();
    let (training, test) = (labels(LabelUse::Training)?, labels(LabelUse::Test)?);
    let confirmed = labels(LabelUse::Calibration)?.good();
    let tested = test.fingerprint();
    let tried = tried_before(&store, &champion_row.id, &tested)?;
    // Not open while pictures are read and learned from: a database that turns out to be damaged is not repaired while
    // others have it open.
    drop(store);
    let source = FolderSource::new(&line.settings.good_folder)?;
    let hashed = OnceCell::new();
    let labels_hash = || hashed.get_or_init(|| label_hash(&training, Some(&confirmed))).clone();
    let mut is_of_these = |card: &ModelCard| -> Result<bool, AppError> {
        Ok(has_learned(card, &labels_hash, config) && is_made_of(card, &source, &mut *report)?)
    };
    if is_of_these(&champion.card)? {
        return Ok(RetrainOutcome::NothingNew);
    }
    for Tried { challenger, passed, card } in tried {
        // One that passed is offered again only if its file is whole.
        if is_of_these(&card)? && (!passed || read(&Store::open(&line.folder)?, &challenger).is_ok()) {
            return Ok(RetrainOutcome::TriedBefore { challenger, passed });
        }
    }
    if line.settings.check.required {
        // What cannot be read is told now, not after hours of learning.
        known_parts(line)?;
    }
    // Several devices share a batch of learning from good parts; labels are learned from on the first of them.
    let (device, beside) = choose_several(line.settings.device.as_deref())?;
    let (checkpoint, glances) = (checkpoint(line), glances(line));
    let leave_out = classes_to_leave_out(&training, &test);
    let tune = |base: &Artefact, report: Report<'_>| {
        let request = FineTuneRequest {
            base,
            config,
            source: &source,
            labelled: &training,
            confirmed: Some(&confirmed),
            device: &device,
            checkpoint: Some(&checkpoint),
            glances: Some(&glances),
        };
        fine_tune_leaving_out(&request, leave_out.as_deref().unwrap_or_default(), report)
    };
    let mut learned_anew = None;
    let (tuned, without) = match tune(&champion, &mut *report) {
        Err(TrainError::OtherParts { .. }) => {
            let recipe = line.settings.recipe(source.paths())?;
            let learning = learning_anew(line, recipe.poses, &champion.card);
            let request = sightline_train::LearnRequest {
                recipe: &recipe,
                config: &learning,
                source: &source,
                device: &device,
                beside: &beside,
                checkpoint: Some(&checkpoint),
                glances: Some(&glances),
            };
            let base = learned_anew.insert(learn(&request, &mut *report)?.artefact);
            tune(base, &mut *report)?
        }
        outcome => outcome?,
    };
    let bench = Bench { test: &test, learned: &tuned.good_contents, device: &device, seed: config.seed };
    let left_out = match leave_out {
        Ok(_) => bench.try_without(learned_anew.as_ref().unwrap_or(&champion), &without, &mut *report)?,
        Err(reason) => Err(reason),
    };
    let (trial, tried_on) = bench.try_out([&champion, &tuned.artefact], left_out, &mut *report)?;
    let mut refusals = trial.refusals();
    // One that judges these wrongly would leave the line without a model that is released.
    let now = as_set_now(line);
    let wrong_known = match now.settings.check.required {
        true => not_released(&now, &tuned.artefact, &device),
        false => Vec::new(),
    };
    if !wrong_known.is_empty() {
        refusals.push(Refusal::KnownPartsWrong);
    }
    last_moment_to_cancel(&mut *report)?;
    let bytes = tuned.artefact.to_bytes()?;
    let store = Store::open(&line.folder)?;
    let row = model_row(store.put_model_file(&bytes)?, &tuned.artefact.card);
    let passed = refusals.is_empty();
    let told = TrialReport {
        labels_until,
        tested,
        wrong_known: wrong_known.clone(),
        labels_left_out: left_out_labels([&training, &confirmed], &tuned.labels_left_out),
        ..TrialReport::of(&trial, tried_on, &refusals)
    };
    let kept = TrialRow { champion: champion_row.id.clone(), passed, report_json: told.to_json() };
    store.add_challenger(&row, &kept)?;
    // What cannot be removed is known as another run's, or ends in the same model.
    let _ = remove_fine_tune_checkpoint(&checkpoint);
    if learned_anew.is_some() {
        let _ = remove_checkpoint(&checkpoint);
    }
    // It was tried against the champion and no other.
    let promoted = passed && store.promote_over(&champion_row.id, &row.id, "retrain", now_millis())?;
    remove_old_models(&store, &line.settings.keep, &|| false);
    Ok(RetrainOutcome::Tried(Box::new(Retrained {
        challenger: row.id,
        champion: champion_row.id,
        trial,
        refusals,
        wrong_known,
        promoted,
        pretrained_anew: learned_anew.is_some(),
        unreadable: [tuned.unreadable, tuned.labels_left_out].concat(),
    })))
}

pub(crate) fn read(store: &Store, id: &str) -> Result<Artefact, AppError> {
    let bytes = store.read_model_file(id)?;
    Artefact::from_bytes(&bytes).map_err(|source| AppError::Model { path: store.model_path(id), source })
}

/// How good parts are learned from again: as is set down for the line, and what is not, as the champion was.
fn learning_anew(line: &Line, poses: Poses, champion: &ModelCard) -> LearnConfig {
    let made = (champion.all_ways && poses != Poses::default(), champion.fusion.grain.is_some());
    let (all_ways, grain) = line.settings.learning.ways_and_grain(made);
    LearnConfig { all_ways, grain, ..line.settings.learn_config() }
}

/// What is known of the line's models, newest first.
///
/// # Errors
/// When the database cannot be opened or read.
pub fn models_of(folder: &Path) -> Result<Vec<sightline_store::KnownModel>, AppError> {
    Ok(Store::open(folder)?.known_models()?)
}

#[cfg(test)]
mod tests;
