//! Learning on a line: from the folder of good parts to the live model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sightline_core::{Channels, Fit, LearnProgress, LearnStage, Limits, PictureSize, Recipe, Region};
use sightline_image::{Frame, Pixels};
use sightline_model::{
    Artefact, DeviceInfo, Judge, ModelCard, ModelError, Reference, choose, choose_several, drivers_were_late,
};
use sightline_store::{Learning, ModelRow, Store};
use sightline_train::{
    LearnConfig, LearnRequest, Report, TrainError, learn, remove_checkpoint, remove_fine_tune_checkpoint,
};

use crate::capture::capture;
use crate::folder::spread;
use crate::line_check::{known_parts, wrong_known_parts};
use crate::live::MOST_AT_ONCE;
use crate::live::device::Guard;
use crate::live::judges::driver_late;
use crate::{AppError, FolderSource, Line, in_words, write_sheets};

/// Folder of a line for the state of a run that is not finished.
const CHECKPOINT: &str = "checkpoint";

const GLANCES: &str = "learning.png";

/// Pictures that decide about size and colour.
const LOOKED_AT: usize = 16;

/// Sides of judged pictures are multiples of this: the encoder halves five times.
const SIDE_STEP: u32 = 32;

/// Pictures whose widths differ by more than this, for the same height, keep their shapes.
const MOST_STRETCH: f64 = 1.15;

/// A colour picture whose channels differ by less than this on average (of 255) is grey.
const GREY_DIFFERENCE: f64 = 2.0;

/// A model that judges, with its id.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// BLAKE3 of the model file, in hex.
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub made_millis: i64,
    /// What made it.
    pub card: ModelCard,
    /// What scores.
    pub judge: Judge,
    /// The same on the CPU, for when the device fails; none where the CPU scores already.
    pub spare: Option<Judge>,
    /// The device that should score and does not; none while all is well.
    pub lost: Option<LostDevice>,
}

/// A device that failed or gave wrong results.
#[derive(Debug, Clone)]
pub struct LostDevice {
    /// Which.
    pub device: DeviceInfo,
    /// What went wrong.
    pub detail: String,
}

impl std::fmt::Display for LostDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.device.id, self.device.name, self.detail)
    }
}

impl LoadedModel {
    /// A model that was just made and is not kept yet, on the device that made it.
    pub(crate) fn unkept(artefact: &Artefact, device: &DeviceInfo) -> Result<Self, AppError> {
        let (judge, card, cpu) = (Judge::load(artefact, device)?, artefact.card.clone(), choose(Some("cpu"))?);
        let spare = (device.id != cpu.id).then(|| Judge::load(artefact, &cpu)).transpose()?;
        Ok(Self { id: String::new(), made_millis: now_millis(), card, judge, spare, lost: None })
    }

    /// Why the CPU judges although the line is to have another device, in words; `pinned` is the device that is set down.
    pub fn why_on_cpu(&self, pinned: Option<&str>) -> Option<String> {
        let lost = self.lost.as_ref().map(ToString::to_string);
        lost.or_else(|| driver_late(pinned, self, drivers_were_late()))
    }

    /// The same model on the CPU, after the device failed; none when it is on the CPU already.
    pub(crate) fn on_spare(&self, detail: String) -> Option<Self> {
        let judge = self.spare.clone()?;
        let lost = Some(LostDevice { device: self.judge.device().clone(), detail });
        Some(Self { judge, spare: None, lost, ..self.clone() })
    }
}

/// A run on a line that ended with a model.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedLine {
    /// The model's id.
    pub model: String,
    /// What made it.
    pub card: ModelCard,
    /// Known parts that have to release the line and that it judges wrongly, a line each. With any, the model is kept and
    /// does not judge: what judged before goes on.
    pub wrong_known: Vec<String>,
    /// Parts that were left out, each with the reason.
    pub unreadable: Vec<String>,
    /// How long each stage took.
    pub seconds: Vec<(String, f64)>,
}

impl LearnedLine {
    /// Whether it judges.
    pub fn is_live(&self) -> bool {
        self.wrong_known.is_empty()
    }
}

/// Learns on the line's good parts and makes the result the live model, unless known parts that have to release the line
/// come out wrong. A run that was cancelled or crashed goes on where it was, when settings and parts are the same.
///
/// # Errors
/// When the folder or known parts that have to release the line cannot be used, learning fails or is cancelled, or the
/// model cannot be stored. The live model is then the same as before, and the next run goes on where this one was.
pub fn learn_line(line: &Line, config: &LearnConfig, report: Report<'_>) -> Result<LearnedLine, AppError> {
    let settings = &line.settings;
    // Opened first: a model that cannot be stored is not worth learning.
    let store = Store::open(&line.folder)?;
    let _alone = Learning::claim(&line.folder)?.ok_or(AppError::Busy)?;
    if must_be_released(line, &store)? {
        // What cannot be read is told now, not after hours of learning.
        known_parts(line)?;
    }
    // Not open while it learns: a database that turns out to be damaged is not repaired while others have it open.
    drop(store);
    let source = FolderSource::new(&settings.good_folder)?;
    let recipe = settings.recipe(source.paths())?;
    let (device, beside) = choose_several(settings.device.as_deref())?;
    let (checkpoint, glances) = (checkpoint(line), glances(line));
    let (checkpoint, glances) = (Some(checkpoint.as_path()), Some(glances.as_path()));
    let request = LearnRequest {
        recipe: &recipe,
        config,
        source: &source,
        device: &device,
        beside: &beside,
        checkpoint,
        glances,
    };
    write_sheets(&line.folder, &recipe, config, source.paths())?;
    let learned = learn(&request, &mut *report).map_err(|error| match error {
        TrainError::TooFewParts { found, needed } => {
            AppError::TooFewParts { path: settings.good_folder.clone(), found, needed }
        }
        other => other.into(),
    })?;
    let wrong_known = wrong_known(line, &learned.artefact, &device)?;
    last_moment_to_cancel(report)?;
    let store = Store::open(&line.folder)?;
    let row = model_row(store.put_model_file(&learned.artefact.to_bytes()?)?, &learned.artefact.card);
    match wrong_known.is_empty() {
        true => store.add_model_and_make_live(&row)?,
        // Kept to be looked at and to judge beside. By hand it is promoted only when the known parts come out right.
        false => store.add_model(&row)?,
    }
    // The model is stored. A checkpoint that cannot be removed is known as another run's, or ends in the same model.
    let _ = checkpoint.map(remove_checkpoint);
    crate::models::remove_old_models(&store, &settings.keep, &|| false);
    let (card, unreadable, seconds) = (learned.artefact.card, learned.unreadable, learned.seconds);
    Ok(LearnedLine { model: row.id, card, wrong_known, unreadable, seconds })
}

/// Whether a new model has to judge the line's known parts rightly before it becomes the live one. Not the first: nothing
/// is inspected without a live model, and with this one nothing is before the check at the start released the line.
fn must_be_released(line: &Line, store: &Store) -> Result<bool, AppError> {
    Ok(line.settings.check.required && store.live_model()?.is_some())
}

/// The known parts that keep a new model from becoming the live one, as they keep one that was learned from labels.
fn wrong_known(line: &Line, artefact: &Artefact, device: &DeviceInfo) -> Result<Vec<String>, AppError> {
    // Asked anew: hours may have passed. What judges the known parts takes a while, so nothing is open meanwhile, either.
    let line = &as_set_now(line);
    if !must_be_released(line, &Store::open(&line.folder)?)? {
        return Ok(Vec::new());
    }
    Ok(not_released(line, artefact, device))
}

/// What the known parts have against a new model. Those that are out of reach by now release nothing, but the model is worth
/// hours and is kept.
pub(crate) fn not_released(line: &Line, artefact: &Artefact, device: &DeviceInfo) -> Vec<String> {
    let judged = LoadedModel::unkept(artefact, device).and_then(|model| wrong_known_parts(line, &model));
    judged.unwrap_or_else(|error| vec![in_words(&error)])
}

/// The line with its settings as they are in its folder by now; those that cannot be read are those that were.
pub(crate) fn as_set_now(line: &Line) -> Line {
    Line::open(&line.folder).unwrap_or_else(|_| line.clone())
}

/// Reports that a model will be saved: from then on it is written and may go live.
pub(crate) fn last_moment_to_cancel(report: Report<'_>) -> Result<(), TrainError> {
    let saving = LearnProgress {
        stage: LearnStage::Save,
        done: 0,
        total: 1,
        seconds_left: None,
        loss: None,
        health: None,
        looks: 0,
        warnings: Vec::new(),
    };
    if report(saving).is_break() { Err(TrainError::Cancelled) } else { Ok(()) }
}

/// A model that was made now, as the models table keeps it.
pub(crate) fn model_row(id: String, card: &ModelCard) -> ModelRow {
    ModelRow { made_millis: now_millis(), file_name: format!("{id}.slm"), promise_json: promise_json(card), id }
}

/// Removes what unfinished runs left behind, from good parts and from labels: the next one starts anew.
///
/// # Errors
/// When something learns on the line, or what is there cannot be removed.
pub fn forget_checkpoints(line: &Line) -> Result<(), AppError> {
    let _alone = Learning::claim(&line.folder)?.ok_or(AppError::Busy)?;
    let path = checkpoint(line);
    let removed = remove_checkpoint(&path).and_then(|()| remove_fine_tune_checkpoint(&path));
    removed.map_err(|source| AppError::File { step: "removing", path, source })
}

/// Where learning from the line's good parts leaves what it goes on from after a cancel or a crash.
pub(crate) fn checkpoint(line: &Line) -> PathBuf {
    line.folder.join(CHECKPOINT)
}

/// Where a run leaves the picture of what it finds on a few fixed parts.
pub(crate) fn glances(line: &Line) -> PathBuf {
    line.folder.join(GLANCES)
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Loads the line's live model onto a device. A device other than the CPU is compared with it first; one that fails, does
/// not answer or is wrong is [`LoadedModel::lost`], and the CPU scores.
///
/// # Errors
/// When there is no live model, its file is damaged or newer, or the CPU fails.
pub fn load_live_model(store: &Store, line: &Path, device: &DeviceInfo) -> Result<LoadedModel, AppError> {
    let row = store.live_model()?.ok_or_else(|| AppError::NoModel { path: line.to_owned() })?;
    load_model(store, &row, device, &|| false)
}

/// Loads one of the line's models, as [`load_live_model`] does. A device that hangs is not waited for once `given_up`.
pub(crate) fn load_model(
    store: &Store,
    row: &ModelRow,
    device: &DeviceInfo,
    given_up: &dyn Fn() -> bool,
) -> Result<LoadedModel, AppError> {
    load_model_by(store, row, device, |load| Guard::at(&device.id).load(given_up, load))
}

/// Loads a model; `on_device` runs what is done with a device other than the CPU.
pub(crate) fn load_model_by(
    store: &Store,
    row: &ModelRow,
    device: &DeviceInfo,
    on_device: impl FnOnce(LoadJudge) -> Result<Result<Judge, ModelError>, String>,
) -> Result<LoadedModel, AppError> {
    let bytes = store.read_model_file(&row.id)?;
    let path = store.model_path(&row.id);
    let model_error = |source| AppError::Model { path: path.clone(), source };
    let artefact = Artefact::from_bytes(&bytes).map_err(model_error)?;
    let card = artefact.card.clone();
    let cpu = choose(Some("cpu"))?;
    let on_cpu = Judge::load(&artefact, &cpu).map_err(model_error)?;
    let (judge, spare, lost) = if device.id == cpu.id {
        (on_cpu, None, None)
    } else {
        let reference = on_cpu.reference(MOST_AT_ONCE).map_err(model_error)?;
        let loaded = on_device(load_judge(artefact, device.clone(), reference));
        match loaded.and_then(|checked| checked.map_err(|error| error.to_string())) {
            Ok(judge) => (judge, Some(on_cpu), None),
            Err(detail) => (on_cpu, None, Some(LostDevice { device: device.clone(), detail })),
        }
    };
    Ok(LoadedModel { id: row.id.clone(), made_millis: row.made_millis, card, judge, spare, lost })
}

/// What is done with a device when a model is loaded, to run wherever it may hang.
pub(crate) type LoadJudge = Box<dyn FnOnce() -> Result<Judge, ModelError> + Send>;

fn load_judge(artefact: Artefact, device: DeviceInfo, reference: Reference) -> LoadJudge {
    Box::new(move || Judge::load(&artefact, &device).and_then(|judge| judge.agrees_with(&reference).map(|()| judge)))
}

/// Loads the same model onto the device that it was lost on, if that computes what the CPU computes; in words why not.
pub(crate) fn load_again(
    store: &Arc<Store>,
    model: &LoadedModel,
    lost: &LostDevice,
    given_up: &dyn Fn() -> bool,
) -> Result<LoadedModel, String> {
    let (store, id, device) = (Arc::clone(store), model.id.clone(), lost.device.clone());
    // Not within the time that the device has.
    let reference = model.judge.reference(MOST_AT_ONCE).map_err(|error| in_words(&error))?;
    let judge = Guard::at(&lost.device.id).load(given_up, move || {
        let bytes = store.read_model_file(&id).map_err(|error| in_words(&error))?;
        let artefact = Artefact::from_bytes(&bytes).map_err(|error| in_words(&error))?;
        load_judge(artefact, device, reference)().map_err(|error| in_words(&error))
    })??;
    Ok(LoadedModel { judge, spare: Some(model.judge.clone()), lost: None, ..model.clone() })
}

/// A recipe for pictures as these: their usual shape, at most `judged_side` pixels, colour when they have any.
///
/// # Errors
/// When none of the pictures that were looked at can be read.
pub fn propose_recipe(name: &str, pictures: &[PathBuf], judged_side: u32) -> Result<Recipe, AppError> {
    propose_recipe_in(Region::WHOLE, name, pictures, judged_side)
}

/// The same for a part of the pictures.
pub(crate) fn propose_recipe_in(
    region: Region,
    name: &str,
    pictures: &[PathBuf],
    judged_side: u32,
) -> Result<Recipe, AppError> {
    let frames: Vec<Frame> = spread(pictures, LOOKED_AT).filter_map(|path| capture(path).frame.ok()).collect();
    if frames.is_empty() {
        let path = pictures.first().and_then(|path| path.parent()).unwrap_or(Path::new("")).to_owned();
        return Err(AppError::FolderEmpty { path });
    }
    let seen = |frame: &Frame| {
        let PictureSize { width, height } = frame.size();
        let (_, _, width, height) = region.in_pixels(width, height);
        PictureSize { width, height }
    };
    let sizes: Vec<PictureSize> = frames.iter().map(seen).collect();
    let (input, fit) = match differ_in_shape(&sizes) {
        true => kept_shapes(&sizes, judged_side),
        false => (judged_size(middle(&sizes), judged_side), Fit::Fill),
    };
    let channels = if frames.iter().any(has_colour) { Channels::Rgb } else { Channels::Grey };
    Ok(Recipe { fit, region, ..Recipe::new(name, input, channels) })
}

/// Whether stretching to one shape would change what parts look like.
fn differ_in_shape(sizes: &[PictureSize]) -> bool {
    let aspects = sizes.iter().map(|size| f64::from(size.width) / f64::from(size.height.max(1)));
    let (narrowest, widest) = aspects.fold((f64::INFINITY, 0.0_f64), |(low, high), a| (low.min(a), high.max(a)));
    widest > MOST_STRETCH * narrowest
}

/// The judged size that holds the largest of the pictures, its longest side at most `longest`, none enlarged.
fn kept_shapes(sizes: &[PictureSize], longest: u32) -> (PictureSize, Fit) {
    let width = sizes.iter().map(|size| size.width).max().unwrap_or(1);
    let height = sizes.iter().map(|size| size.height).max().unwrap_or(1);
    let scale = (longest as f32 / width.max(height).max(1) as f32).min(1.0);
    let side = |length: u32| ((length as f32 * scale / SIDE_STEP as f32).ceil() as u32 * SIDE_STEP).max(2 * SIDE_STEP);
    (PictureSize { width: side(width), height: side(height) }, Fit::Keep { scale })
}

fn middle(sizes: &[PictureSize]) -> PictureSize {
    let middle = |side: fn(&PictureSize) -> u32| {
        let mut sides: Vec<u32> = sizes.iter().map(side).collect();
        sides.sort_unstable();
        sides.get(sides.len() / 2).copied().unwrap_or(1)
    };
    PictureSize { width: middle(|size| size.width), height: middle(|size| size.height) }
}

/// The judged size for pictures of a size: never enlarged beyond the next step, longest side at most `longest`.
fn judged_size(PictureSize { width, height }: PictureSize, longest: u32) -> PictureSize {
    let scale = (f64::from(longest) / f64::from(width.max(height).max(1))).min(1.0);
    let side = |length: u32| {
        let steps = (f64::from(length) * scale / f64::from(SIDE_STEP)).round().max(1.0) as u32;
        (steps * SIDE_STEP).max(2 * SIDE_STEP)
    };
    PictureSize { width: side(width), height: side(height) }
}

fn has_colour(frame: &Frame) -> bool {
    let difference = |samples: &mut dyn Iterator<Item = [f64; 3]>| {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for [r, g, b] in samples {
            sum += (r - g).abs().max((g - b).abs());
            count += 1.0;
        }
        sum / count.max(1.0)
    };
    match frame.pixels() {
        Pixels::Grey8(_) | Pixels::Grey16(_) => false,
        Pixels::Rgb8(samples) => {
            let mut pixels = samples.chunks_exact(3).map(|p| [f64::from(p[0]), f64::from(p[1]), f64::from(p[2])]);
            difference(&mut pixels) > GREY_DIFFERENCE
        }
        Pixels::Rgb16(samples) => {
            let level = |sample: u16| f64::from(sample) / 257.0;
            let mut pixels = samples.chunks_exact(3).map(|p| [level(p[0]), level(p[1]), level(p[2])]);
            difference(&mut pixels) > GREY_DIFFERENCE
        }
    }
}

/// What the models table keeps about the promise, readable without the model file.
fn promise_json(card: &ModelCard) -> String {
    let calibration = card.calibration().ok();
    let limits = calibration.as_ref().map(Limits::from_calibration);
    serde_json::json!({
        "false_reject_limit": card.recipe.false_reject_limit,
        "confidence": card.recipe.confidence,
        "calibration_parts": card.calibration.scores.len(),
        "allowed_beyond": calibration.and_then(|c| c.promise()).map(|promise| promise.allowed_beyond),
        "reject_above": limits.map(|limits| limits.reject_above),
    })
    .to_string()
}

#[cfg(test)]
mod tests;
