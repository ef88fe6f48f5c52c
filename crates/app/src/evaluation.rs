//! A data set from end to end: split, learn, score, and write down how good the result is.

mod alike;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use sightline_core::{Channels, LearnProgress, PictureSize, Poses, Promise, Region, Verdict};
use sightline_image::{DecodeLimits, Frame, Input, Preprocess, decode, read_file};
use sightline_model::encoder::StartReport;
use sightline_model::{Judge, choose_several};
use sightline_train::{
    Evaluated, Evaluation, LearnConfig, LearnRequest, Resplit, SampleSource, TestPart, TrainError, learn, resplit,
};

use crate::dataset::DefectFile;
use crate::folder::file_name;
use crate::learning::{LoadedModel, now_millis};
use crate::{AppError, Dataset, DatasetSplit, Inspected, RecipeSettings, inspect_file, write_sheets};
use alike::Alike;
pub use alike::{AlikeFigures, RetrievalFigures};

/// Masks are small files; a larger one is not a mask.
pub(crate) const MAX_MASK_BYTES: u64 = 64 << 20;

/// How often the promise is tried out.
const RESPLITS: usize = 200;

/// A mask's pixel is defective when its brightness is above this (white is 1).
pub(crate) const MASK_THRESHOLD: f32 = 0.5;

/// What to measure.
#[derive(Debug, Clone)]
pub struct EvaluationSettings {
    /// How good parts are divided; none takes groups when there are any.
    pub split: Option<DatasetSplit>,
    /// Every setting of learning.
    pub config: LearnConfig,
    /// Longest judged side, pixels.
    pub judged_side: u32,
    /// α and 1−δ of the promise.
    pub promise: (f64, f64),
    /// Good parts may lie turned or mirrored.
    pub poses: Poses,
    /// What of a picture is judged, and what may differ on a good part.
    pub recipe: RecipeSettings,
    /// Device by its id; none chooses the best.
    pub device: Option<String>,
}

/// How far an evaluation is.
#[derive(Debug, Clone, PartialEq)]
pub enum EvaluationProgress {
    /// The learning run in it reports.
    Learning(LearnProgress),
    /// Test parts are scored.
    Scoring {
        /// Parts done.
        done: usize,
        /// Parts in all.
        total: usize,
        /// Estimate.
        seconds_left: f64,
    },
}

/// What `report.json` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation of the file")]
pub struct EvaluationReport {
    pub dataset: String,
    pub split: DatasetSplit,
    pub seed: u64,
    pub version: String,
    pub burn: String,
    pub device: String,
    pub judged_width: u32,
    pub judged_height: u32,
    pub channels: usize,
    pub parts_learned: usize,
    pub parts_standardised: usize,
    pub parts_calibrated: usize,
    pub parts_unreadable: usize,
    pub model: String,
    pub data_hash: String,
    pub config: LearnConfig,
    /// What the encoder began with, when not at random.
    pub start: Option<StartReport>,
    /// The promise, or none when too few parts were left to calibrate on.
    pub promised_false_rejects: Option<f64>,
    pub confidence: f64,
    #[serde(flatten)]
    pub figures: Evaluated,
    /// Finding defective parts of the same type by what they look like.
    pub alike: AlikeFigures,
    /// The promise, tried out: calibration and good test parts divided anew, many times. None when half of them is too
    /// few to promise anything.
    pub promise_tried: Option<Resplit>,
    /// Seconds of each stage.
    pub seconds: Vec<(String, f64)>,
    /// Median milliseconds from bytes to score of one part.
    pub milliseconds_per_part: f64,
}

/// Evaluates a data set and writes `report.json`, `scores.csv` and the sheets of [`write_sheets`] into `out`.
///
/// # Errors
/// When the data set or the output folder cannot be used, learning fails or is cancelled.
pub fn evaluate_dataset(
    folder: &Path,
    out: &Path,
    settings: &EvaluationSettings,
    report: &mut dyn FnMut(EvaluationProgress) -> ControlFlow<()>,
) -> Result<EvaluationReport, AppError> {
    let dataset = Dataset::open(folder)?;
    std::fs::create_dir_all(out)
        .map_err(|source| AppError::FolderNotWritable { path: out.to_owned(), detail: source.to_string() })?;
    let split = settings.split.unwrap_or_else(|| dataset.default_split());
    let (source, test_good) = dataset.divide(split, settings.config.seed);
    settings.recipe.check(Path::new("options"))?;
    let mut recipe =
        settings.recipe.recipe(&file_name(folder), source.paths(), settings.judged_side, settings.poses)?;
    (recipe.false_reject_limit, recipe.confidence) = settings.promise;
    let (device, beside) = choose_several(settings.device.as_deref())?;
    let request = LearnRequest {
        recipe: &recipe,
        config: &settings.config,
        source: &source,
        device: &device,
        beside: &beside,
        checkpoint: None,
        glances: None,
    };
    write_sheets(out, &recipe, &settings.config, source.paths())?;
    let learned = learn(&request, &mut |progress| report(EvaluationProgress::Learning(progress)))?;
    let judge = Judge::load(&learned.artefact, &device)?;
    let id = blake3::hash(&learned.artefact.to_bytes()?).to_hex().to_string();
    let card = learned.artefact.card;
    let model = LoadedModel { id, made_millis: now_millis(), card, judge, spare: None, lost: None };

    let of_source = |(index, score): (usize, f64)| (source.group(index), score);
    let mut good_scores: Vec<(String, f64)> = learned.held_out.into_iter().map(of_source).collect();

    let started = Instant::now();
    let mut tested = Tested::new(recipe.input, recipe.region, out)?;
    let good = test_good.iter().map(|path| (path, None));
    let parts: Vec<(&PathBuf, Option<&DefectFile>)> =
        good.chain(dataset.defects.iter().map(|defect| (&defect.path, Some(defect)))).collect();
    for (done, (path, defect)) in parts.iter().enumerate() {
        let score = tested.part(&model, &dataset.folder, path, *defect)?;
        if let (Some(score), None) = (score, defect) {
            good_scores.push((dataset.group_of(path, split), score));
        }
        let seconds_each = started.elapsed().as_secs_f64() / (done + 1) as f64;
        let progress = EvaluationProgress::Scoring {
            done: done + 1,
            total: parts.len(),
            seconds_left: seconds_each * (parts.len() - done - 1) as f64,
        };
        if report(progress).is_break() {
            return Err(TrainError::Cancelled.into());
        }
    }
    let made = model.card.made.clone();
    let mut seconds = learned.seconds;
    seconds.push(("score".to_owned(), started.elapsed().as_secs_f64()));
    let promise = model.judge.calibration().promise();
    let (groups, scores): (Vec<String>, Vec<f64>) = good_scores.into_iter().unzip();
    let written = EvaluationReport {
        dataset: file_name(folder),
        split,
        seed: settings.config.seed,
        version: made.version,
        burn: made.burn,
        device: made.device,
        judged_width: recipe.input.width,
        judged_height: recipe.input.height,
        channels: recipe.channels.count(),
        parts_learned: made.parts_learned,
        parts_standardised: made.parts_standardised,
        parts_calibrated: made.parts_calibrated,
        parts_unreadable: learned.unreadable.len() + tested.unreadable,
        model: model.id,
        data_hash: made.data_hash,
        config: settings.config.clone(),
        start: made.start,
        promised_false_rejects: promise.map(|Promise { false_reject_limit, .. }| false_reject_limit),
        confidence: recipe.confidence,
        promise_tried: resplit(&scores, &groups, recipe.false_reject_limit, recipe.confidence, RESPLITS),
        milliseconds_per_part: tested.median_millis(),
        alike: tested.alike.finish(),
        figures: tested.finish()?,
        seconds,
    };
    let path = out.join("report.json");
    let text = serde_json::to_string_pretty(&written)
        .map_err(|error| AppError::Dataset { path: path.clone(), detail: error.to_string() })?;
    std::fs::write(&path, text).map_err(|source| AppError::File { step: "writing", path, source })?;
    Ok(written)
}

/// Scores test parts and writes a line for each.
pub(crate) struct Tested {
    evaluation: Evaluation,
    alike: Alike,
    scores: csv::Writer<std::fs::File>,
    path: PathBuf,
    size: PictureSize,
    region: Region,
    millis: Vec<f64>,
    unreadable: usize,
}

impl Tested {
    pub(crate) fn new(size: PictureSize, region: Region, out: &Path) -> Result<Self, AppError> {
        let path = out.join("scores.csv");
        let failed = |error: csv::Error| AppError::File { step: "writing", path: path.clone(), source: error.into() };
        let mut scores = csv::Writer::from_path(&path).map_err(failed)?;
        scores
            .write_record([
                "file",
                "type",
                "score",
                "bank",
                "synthetic",
                "known",
                "class",
                "p_value",
                "verdict",
                "reason",
            ])
            .map_err(failed)?;
        let (evaluation, alike) = (Evaluation::new(size), Alike::default());
        Ok(Self { evaluation, alike, scores, path, size, region, millis: Vec::new(), unreadable: 0 })
    }

    /// The part's score; none when it could not be judged.
    pub(crate) fn part(
        &mut self,
        model: &LoadedModel,
        below: &Path,
        path: &Path,
        defect: Option<&DefectFile>,
    ) -> Result<Option<f64>, AppError> {
        let started = Instant::now();
        let Inspected { verdict, scored, p_value, unreadable } = inspect_file(model, path);
        self.millis.push(started.elapsed().as_secs_f64() * 1000.0);
        let kind = defect.map(|defect| defect.kind.as_str());
        if let Some(scored) = &scored {
            let mask_file = defect.and_then(|defect| read_mask(defect.mask.as_deref()?));
            let mask = mask_file.as_ref().and_then(|mask| mask_of(mask, self.size, self.region));
            self.evaluation.add(&TestPart { kind, scored, verdict, mask: mask.as_deref() });
            if let Some(kind) = kind {
                self.alike.add(model, path, kind, mask_file.as_ref());
            }
        } else {
            self.unreadable += 1;
        }
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let known = scored.as_ref().and_then(|scored| scored.known.as_ref());
        let row = [
            path.strip_prefix(below).unwrap_or(path).to_string_lossy().into_owned(),
            kind.unwrap_or("good").to_owned(),
            number(scored.as_ref().map(|scored| scored.score)),
            number(scored.as_ref().map(|scored| scored.bank)),
            number(scored.as_ref().map(|scored| scored.synthetic)),
            number(known.map(|known| known.evidence)),
            known.and_then(|known| known.class.as_ref()).map_or_else(String::new, |class| class.name.clone()),
            number(p_value),
            verdict_name(verdict).to_owned(),
            unreadable.map_or_else(String::new, |(_, detail)| detail),
        ];
        self.scores.write_record(row).map_err(|error| AppError::File {
            step: "writing",
            path: self.path.clone(),
            source: error.into(),
        })?;
        Ok(scored.map(|scored| scored.score))
    }

    fn median_millis(&self) -> f64 {
        let mut sorted = self.millis.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }

    pub(crate) fn finish(mut self) -> Result<Evaluated, AppError> {
        self.scores.flush().map_err(|source| AppError::File { step: "writing", path: self.path.clone(), source })?;
        Ok(self.evaluation.finish())
    }
}

/// A verdict in one lower-case English word, for files and programs.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Review => "review",
        Verdict::Reject => "reject",
        Verdict::Unreadable => "unreadable",
    }
}

/// A mask; none when it cannot be read.
fn read_mask(path: &Path) -> Option<Frame> {
    decode(&read_file(path, MAX_MASK_BYTES).ok()?, &DecodeLimits::default()).ok()
}

/// The region of a mask, stretched to the judged size, as the map will be; none when it shows no defect.
fn mask_of(mask: &Frame, size: PictureSize, region: Region) -> Option<Vec<bool>> {
    let preprocess = Preprocess { region, ..Preprocess::whole(size, Channels::Grey) };
    marked(&preprocess.apply(mask).ok()?)
}

/// Where a mask is set; none when it is not.
fn marked(mask: &Input) -> Option<Vec<bool>> {
    let mask: Vec<bool> = mask.values.iter().map(|&value| value > MASK_THRESHOLD).collect();
    mask.contains(&true).then_some(mask)
}
