//! What labels are worth on a labelled data set: detection against the number of labels, with pretraining and without, and
//! what becomes of defects that nobody labelled.

mod files;
mod ground;
mod kept;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sightline_core::{LearnProgress, split};
use sightline_model::choose_several;
use sightline_train::{Evaluated, FineTuneConfig, LabelledSource, LearnRequest, MIN_LABELS, learn, remove_checkpoint};

use crate::dataset::DefectFile;
use crate::folder::file_name;
use crate::{AppError, Dataset, EvaluationSettings};
use ground::Ground;
use kept::{Kept, base_identity};

/// Share of the defects, by whole groups, that labels may be taken from; the others are for testing.
const LABELLED_SHARE: f64 = 0.55;

/// What to measure beside what an evaluation is told.
#[derive(Debug, Clone)]
pub struct LabelCurveSettings {
    /// Data set, learning, promise and device.
    pub evaluation: EvaluationSettings,
    /// Every setting of fine-tuning.
    pub fine_tune: FineTuneConfig,
    /// Numbers of labelled defects; more than there are means all of them.
    pub counts: Vec<usize>,
    /// Also from random weights, on the labels alone.
    pub from_random: bool,
    /// Also with each class left out of the labels, at the largest of the counts.
    pub leave_out: bool,
}

/// One trained model of the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelPoint {
    /// Defects whose labels it was given.
    pub labelled: usize,
    /// Of these, what it learned from: not what cannot be read, or what memory does not hold.
    pub learned: usize,
    /// Whether it began with the pretrained network.
    pub pretrained: bool,
    /// Class that nobody labelled, though there are such parts.
    pub left_out: Option<String>,
    /// Its figures on the defects and good parts that nothing learned from.
    #[serde(flatten)]
    pub figures: Evaluated,
    /// Seconds of fine-tuning and calibration.
    pub seconds: f64,
}

/// What `labels.json` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation of the file")]
pub struct LabelCurve {
    pub dataset: String,
    pub seed: u64,
    pub version: String,
    pub device: String,
    pub judged_width: u32,
    pub judged_height: u32,
    /// Defects that labels were taken from, and defects for testing.
    pub defects_to_label: usize,
    pub defects_tested: usize,
    pub learn: sightline_train::LearnConfig,
    pub fine_tune: FineTuneConfig,
    pub points: Vec<LabelPoint>,
}

/// How far a curve is.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelCurveProgress {
    /// A run of it reports: which one of how many, from 1.
    Run(usize, usize, LearnProgress),
    /// A run's model is tested.
    Testing(usize, usize),
}

/// A model to be trained: labels, pretrained or not, and the class left out.
type Plan = (usize, bool, Option<String>);

/// Measures the curve and writes `labels.json` into `out`. Points that an earlier call with the same settings and pictures
/// measured there are not measured again, and a training that was stopped goes on.
///
/// # Errors
/// When the data set or the output folder cannot be used, learning fails or is cancelled.
pub fn label_curve(
    folder: &Path,
    out: &Path,
    settings: &LabelCurveSettings,
    report: &mut dyn FnMut(LabelCurveProgress) -> ControlFlow<()>,
) -> Result<LabelCurve, AppError> {
    let EvaluationSettings { config, .. } = &settings.evaluation;
    let dataset = Dataset::open(folder)?;
    let split = settings.evaluation.split.unwrap_or_else(|| dataset.default_split());
    let groups: Vec<String> = dataset.defects.iter().map(|defect| dataset.group_of(&defect.path, split)).collect();
    let sides = split::by_group(&groups, &[LABELLED_SHARE, 1.0 - LABELLED_SHARE], config.seed);
    let side = |wanted: usize| -> Vec<&DefectFile> {
        dataset.defects.iter().zip(&sides).filter(|(_, side)| **side == wanted).map(|(defect, _)| defect).collect()
    };
    let (to_label, tested) = (shuffled(side(0), config.seed), side(1));
    // Good pictures of a part whose defect may be labelled are neither for learning nor for testing.
    let labelled_groups: HashSet<String> =
        to_label.iter().map(|defect| dataset.group_of(&defect.path, split)).collect();
    let (source, mut test_good) = dataset.divide(split, config.seed);
    test_good.retain(|path| !labelled_groups.contains(&dataset.group_of(path, split)));

    let evaluated = &settings.evaluation;
    let mut recipe =
        evaluated.recipe.recipe(&file_name(folder), source.paths(), evaluated.judged_side, evaluated.poses)?;
    (recipe.false_reject_limit, recipe.confidence) = evaluated.promise;
    let (device, beside) = choose_several(settings.evaluation.device.as_deref())?;
    let plans = plans(settings, &to_label);
    let runs = plans.len() + 1;
    let learning = out.join("good-alone");
    let request = LearnRequest {
        recipe: &recipe,
        config,
        source: &source,
        device: &device,
        beside: &beside,
        checkpoint: Some(&learning),
        glances: None,
    };
    let defects = to_label.iter().chain(&tested).flat_map(|defect| std::iter::once(&defect.path).chain(&defect.mask));
    let used = source.paths().iter().chain(&test_good).chain(defects);
    let devices: Vec<&str> = std::iter::once(&device).chain(&beside).map(|device| device.id.as_str()).collect();
    let base_is_of = base_identity(settings, &devices, &recipe, used)?;
    let points_are_of = blake3::hash(serde_json::json!([base_is_of, settings.fine_tune]).to_string().as_bytes());
    let mut kept = Kept::open(out, &base_is_of, &points_are_of.to_hex());
    std::fs::create_dir_all(out)
        .map_err(|error| AppError::FolderNotWritable { path: out.to_owned(), detail: error.to_string() })?;
    let base = match kept.base() {
        Some(base) => base,
        None => {
            let base = learn(&request, &mut |progress| report(LabelCurveProgress::Run(1, runs, progress)))?.artefact;
            kept.keep_base(&base)?;
            let _ = remove_checkpoint(&learning);
            base
        }
    };
    let ground = Ground { dataset: &dataset, source: &source, test_good, tested, recipe: &recipe, device, out };
    let untaught =
        |figures| LabelPoint { labelled: 0, learned: 0, pretrained: true, left_out: None, figures, seconds: 0.0 };
    let mut points = vec![match kept.point((0, true, None)) {
        Some(point) => point,
        None => kept.keep(untaught(ground.test(&base, "labels-0")?))?,
    }];
    for (number, (labels, pretrained, left_out)) in plans.into_iter().enumerate() {
        let labelled = ground.labelled(&to_label, labels, left_out.as_deref());
        points.push(match kept.point((labelled.count(), pretrained, left_out.as_deref())) {
            Some(point) => point,
            None => {
                let config = settings.fine_tune.clone();
                let config = if pretrained { config } else { config.from_random() };
                let run = (number + 2, runs);
                kept.keep(ground.taught(&base, (labels, labelled, left_out), &config, run, report)?)?
            }
        });
    }
    let curve = LabelCurve {
        dataset: file_name(folder),
        seed: config.seed,
        version: base.card.made.version.clone(),
        device: base.card.made.device.clone(),
        judged_width: recipe.input.width,
        judged_height: recipe.input.height,
        defects_to_label: to_label.len(),
        defects_tested: ground.tested.len(),
        learn: config.clone(),
        fine_tune: settings.fine_tune.clone(),
        points,
    };
    let path = out.join("labels.json");
    let text = serde_json::to_string_pretty(&curve)
        .map_err(|error| AppError::Dataset { path: path.clone(), detail: error.to_string() })?;
    std::fs::write(&path, text).map_err(|source| AppError::File { step: "writing", path, source })?;
    Ok(curve)
}

/// What is trained, one after another.
fn plans(settings: &LabelCurveSettings, to_label: &[&DefectFile]) -> Vec<Plan> {
    let mut counts: Vec<usize> = settings.counts.iter().map(|&count| count.min(to_label.len())).collect();
    counts.retain(|&count| count >= MIN_LABELS);
    counts.sort_unstable();
    counts.dedup();
    let mut plans: Vec<Plan> = counts.iter().map(|&count| (count, true, None)).collect();
    if settings.from_random {
        plans.extend(counts.iter().map(|&count| (count, false, None)));
    }
    if settings.leave_out {
        let mut kinds: Vec<String> = to_label.iter().map(|defect| defect.kind.clone()).collect();
        kinds.sort();
        kinds.dedup();
        let most = counts.last().copied().unwrap_or(0);
        let left = |kind: &String| to_label.iter().filter(|defect| defect.kind != *kind).count();
        let enough = kinds.into_iter().filter(|kind| most > 0 && left(kind) >= MIN_LABELS);
        plans.extend(enough.map(|kind| (most, true, Some(kind))));
    }
    plans
}

/// In an order that the seed decides, so that the first ten are among the first hundred.
fn shuffled(mut files: Vec<&DefectFile>, seed: u64) -> Vec<&DefectFile> {
    files.sort_by_key(|file| blake3::hash(format!("{seed} {}", file.path.display()).as_bytes()).to_hex());
    files
}

#[cfg(test)]
mod tests;
