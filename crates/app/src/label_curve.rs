//! What labels are worth on a labelled data set: detection against the number of labels, with pretraining and without, and
//! what becomes of defects that nobody labelled.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sightline_core::{Channels, LearnProgress, split};
use sightline_image::{DecodeLimits, Preprocess, decode, read_file};
use sightline_model::{Artefact, DeviceInfo, Judge, choose_several};
use sightline_train::{
    Evaluated, FineTuneConfig, FineTuneRequest, Labelled, LabelledSource, LearnRequest, MIN_LABELS, Mark, Marks,
    Sample, TrainError, Truth, fine_tune, learn,
};

use crate::capture::capture;
use crate::dataset::DefectFile;
use crate::evaluation::{MASK_THRESHOLD, MAX_MASK_BYTES, Tested};
use crate::folder::file_name;
use crate::learning::{LoadedModel, now_millis};
use crate::{AppError, Dataset, EvaluationSettings};

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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelPoint {
    /// Labelled defects that it learned from.
    pub labelled: usize,
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

/// Measures the curve and writes `labels.json` into `out`.
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
    let request = LearnRequest {
        recipe: &recipe,
        config,
        source: &source,
        device: &device,
        beside: &beside,
        checkpoint: None,
        glances: None,
    };
    let base = learn(&request, &mut |progress| report(LabelCurveProgress::Run(1, runs, progress)))?.artefact;

    let test = |artefact: &Artefact, name: &str| -> Result<Evaluated, AppError> {
        let model = loaded(artefact, &device)?;
        let folder = out.join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| AppError::FolderNotWritable { path: folder.clone(), detail: error.to_string() })?;
        let mut counted = Tested::new(recipe.input, recipe.region, &folder)?;
        for path in &test_good {
            counted.part(&model, &dataset.folder, path, None)?;
        }
        for defect in &tested {
            counted.part(&model, &dataset.folder, &defect.path, Some(defect))?;
        }
        counted.finish()
    };
    let mut points = vec![LabelPoint {
        labelled: 0,
        pretrained: true,
        left_out: None,
        figures: test(&base, "labels-0")?,
        seconds: 0.0,
    }];
    for (number, (labels, pretrained, left_out)) in plans.into_iter().enumerate() {
        let number = number + 2;
        let labelled = LabelledFiles {
            folder: dataset.folder.clone(),
            files: to_label
                .iter()
                .filter(|d| Some(&d.kind) != left_out.as_ref())
                .take(labels)
                .copied()
                .cloned()
                .collect(),
        };
        let fine = settings.fine_tune.clone();
        let fine = if pretrained { fine } else { fine.from_random() };
        let started = std::time::Instant::now();
        let request = FineTuneRequest {
            base: &base,
            config: &fine,
            source: &source,
            labelled: &labelled,
            confirmed: None,
            device: &device,
            checkpoint: None,
            glances: None,
        };
        let tuned = fine_tune(&request, &mut |progress| report(LabelCurveProgress::Run(number, runs, progress)))?;
        let seconds = started.elapsed().as_secs_f64();
        if report(LabelCurveProgress::Testing(number, runs)).is_break() {
            return Err(TrainError::Cancelled.into());
        }
        let name = format!(
            "labels-{labels}{}{}",
            if pretrained { "" } else { "-random" },
            left_out.as_ref().map_or_else(String::new, |class| format!("-without-{class}"))
        );
        let figures = test(&tuned.artefact, &name)?;
        points.push(LabelPoint { labelled: labelled.files.len(), pretrained, left_out, figures, seconds });
    }
    let curve = LabelCurve {
        dataset: file_name(folder),
        seed: config.seed,
        version: base.card.made.version.clone(),
        device: base.card.made.device.clone(),
        judged_width: recipe.input.width,
        judged_height: recipe.input.height,
        defects_to_label: to_label.len(),
        defects_tested: tested.len(),
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

fn loaded(artefact: &Artefact, device: &DeviceInfo) -> Result<LoadedModel, AppError> {
    let judge = Judge::load(artefact, device)?;
    let id = blake3::hash(&artefact.to_bytes()?).to_hex().to_string();
    let card = artefact.card.clone();
    Ok(LoadedModel { id, made_millis: now_millis(), card, judge, spare: None, lost: None })
}

/// Defects of a data set as labels: the folder is the class, the mask says where.
struct LabelledFiles {
    folder: PathBuf,
    files: Vec<DefectFile>,
}

impl LabelledSource for LabelledFiles {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn name(&self, index: usize) -> String {
        let path = &self.files[index].path;
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        let DefectFile { kind, path, mask } = &self.files[index];
        let captured = capture(path);
        let frame = captured.frame.map_err(|(_, detail)| format!("{}: {detail}", path.display()))?;
        let marks = mask.as_deref().map(read_marks).transpose()?;
        let sample = Sample { frame, content_hash: captured.content_hash.unwrap_or_default() };
        Ok(Labelled { sample, truth: Truth::Defective { class: Some(kind.clone()), marks } })
    }
}

/// A mask picture as marks: bright is defective.
fn read_marks(path: &Path) -> Result<Marks, String> {
    let failed = |detail: String| format!("{}: {detail}", path.display());
    let bytes = read_file(path, MAX_MASK_BYTES).map_err(|error| failed(error.to_string()))?;
    let frame = decode(&bytes, &DecodeLimits::default()).map_err(|error| failed(error.to_string()))?;
    let size = frame.size();
    let preprocess = Preprocess::whole(size, Channels::Grey);
    let mark = |&value: &f32| if value > MASK_THRESHOLD { Mark::Defect } else { Mark::Good };
    Ok(Marks { size, values: preprocess.apply_as(&frame, None).values.iter().map(mark).collect() })
}

#[cfg(test)]
mod tests;
