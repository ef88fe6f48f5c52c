//! How many labels pretraining saves on the line's own labels: the labelled half is trained on some of them and on all,
//! once from the pretrained network and once from random weights, and tried on parts that are held out. What was measured
//! last is kept beside the line, with the labels that it was measured on.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sightline_core::saving::{Found, Saving, Tried};
use sightline_core::{LabelUse, LearnProgress, LearnStage};
use sightline_image::Frame;
use sightline_model::{Artefact, DeviceInfo, Judge, choose_several};
use sightline_store::{Learning, Store};
use sightline_train::{
    Effort, FineTuneConfig, FineTuneRequest, FineTuned, LabelledSource, Report, SampleSource, TrainError, fine_tune,
};

use crate::labelled::LineLabels;
use crate::learning::now_millis;
use crate::retrain::{prepared, read, trying};
use crate::{AppError, FolderSource, Line};

/// With fewer labelled defects to learn from, a quarter of them is too few to learn anything from.
const MIN_LEARNED: usize = 12;

/// With fewer held-out defects no share of them says anything.
const MIN_TRIED: usize = 5;

/// All labels, half and a quarter of them.
const DIVISORS: [usize; 3] = [4, 2, 1];

/// Share of the good parts that may be rejected where detection is compared.
const FALSE_REJECTS: f64 = 0.05;

/// Reports of one training, so that trainings of different lengths fill one bar evenly.
const TICKS: u64 = 1000;

const FILE: &str = "label-saving.json";

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelSaving {
    /// Which labels and which model, as one hash.
    pub snapshot: String,
    /// When, in milliseconds since 1970.
    pub made_millis: i64,
    /// Labelled defects to learn from.
    pub labels: usize,
    /// So many of them do with pretraining what all do without.
    pub needed: f64,
    /// 95 of 100 resamples of the held-out defects lie between these.
    pub interval: (f64, f64),
    /// Held-out defects.
    pub tested: usize,
    /// Good parts that set where a part counts as found.
    pub good: usize,
    /// The curve.
    pub points: Vec<SavingPoint>,
}

/// One trained model of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SavingPoint {
    /// Labelled defects that it learned from.
    pub labels: usize,
    /// Whether it began with the pretrained network.
    pub pretrained: bool,
    /// Share of the held-out defects that it finds when 5 % of good parts may be rejected.
    pub detection: f64,
    /// 95 of 100 resamples of the held-out defects lie between these.
    pub interval: (f64, f64),
}

/// What is known of a line's label saving.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownSaving {
    /// Labelled defects that are missing to learn from and to try on before it can be measured.
    pub missing: [usize; 2],
    /// What was measured last.
    pub last: Option<LabelSaving>,
    /// Labels or model have changed since.
    pub outdated: bool,
}

/// What was measured last, and whether it can be measured now.
///
/// # Errors
/// When the database cannot be read.
pub fn label_saving_of(line: &Line, store: &Store) -> Result<KnownSaving, AppError> {
    let [training, test] = labels_of(store)?;
    // A file that is damaged or of another version is one that is not there: it can be measured again.
    let last: Option<LabelSaving> =
        std::fs::read(file(line)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let outdated = match &last {
        Some(last) => last.snapshot != snapshot(store)?,
        None => false,
    };
    Ok(KnownSaving { missing: missing(&training, &test), last, outdated })
}

/// Measures it and keeps the outcome.
///
/// # Errors
/// When there is no live model, too few labels, the good parts have changed since the model was made, learning fails or is
/// cancelled, something learns on the line, or the outcome cannot be written. What was measured before is then the same.
pub fn measure_label_saving(line: &Line, report: Report<'_>) -> Result<LabelSaving, AppError> {
    // The shortest effort whatever the line's: these are six trainings, and only how they compare is asked for.
    measure_with(line, &FineTuneConfig { seed: line.settings.seed, ..FineTuneConfig::new(Effort::Quick) }, report)
}

/// How often a measurement looks whether something learns on the line.
const LOOK_EVERY: Duration = Duration::from_secs(1);

fn measure_with(line: &Line, config: &FineTuneConfig, report: Report<'_>) -> Result<LabelSaving, AppError> {
    // Whatever learns on the line goes before it, in this process or another.
    let mut looked = None;
    let mut learns = || {
        let is_due = looked.is_none_or(|at: Instant| at.elapsed() >= LOOK_EVERY);
        is_due && {
            looked = Some(Instant::now());
            Learning::is_claimed(&line.folder)
        }
    };
    let mut given_way = learns();
    if given_way {
        return Err(AppError::Busy);
    }
    let measured = measure_alone(line, config, &mut |progress| {
        given_way = given_way || learns();
        if given_way { ControlFlow::Break(()) } else { report(progress) }
    });
    match measured {
        Err(error) if given_way && error.is_cancel() => Err(AppError::Busy),
        measured => measured,
    }
}

fn measure_alone(line: &Line, config: &FineTuneConfig, report: Report<'_>) -> Result<LabelSaving, AppError> {
    let store = Store::open(&line.folder)?;
    let row = store.live_model()?.ok_or_else(|| AppError::NoModel { path: line.folder.clone() })?;
    let base = read(&store, &row.id)?;
    let (snapshot, [training, test]) = (snapshot(&store)?, labels_of(&store)?);
    for (missing, needed) in missing(&training, &test).into_iter().zip([MIN_LEARNED, MIN_TRIED]) {
        if missing > 0 {
            return Err(TrainError::TooFewLabels { found: needed - missing, needed }.into());
        }
    }
    // Not open while it learns: a database that turns out to be damaged is not repaired while others have it open.
    drop(store);
    let source = FolderSource::new(&line.settings.good_folder)?;
    let (device, _) = choose_several(line.settings.device.as_deref())?;
    let trial = SavingTrial { base: &base, source: &source, test: &test, device: &device };
    let (labels, seed) = (training.defects().len(), config.seed);
    let runs = [true, false].into_iter().flat_map(|pretrained| DIVISORS.map(|divisor| (labels / divisor, pretrained)));
    let (mut tried, mut good) = (Vec::new(), 0);
    for (number, (labels, pretrained)) in runs.enumerate() {
        let few = training.first_defects(labels, seed);
        let config = if pretrained { config.clone() } else { config.clone().from_random() };
        let mut on_bar = |progress| report(on_one_bar(progress, number, 2 * DIVISORS.len()));
        let (found, counted) = trial.run(&few, &config, &mut on_bar)?;
        good = counted;
        tried.push((labels, pretrained, found));
    }
    // A picture that one of the models could not be shown counts for none of them.
    let whole = |&defect: &usize| tried.iter().all(|(_, _, found)| found.get(defect).is_some_and(Option::is_some));
    let shown: Vec<usize> = (0..test.count()).filter(whole).collect();
    let tried: Vec<Tried> = tried
        .into_iter()
        .map(|(labels, pretrained, found)| {
            let found = shown.iter().map(|&defect| found[defect] == Some(true)).collect();
            Tried { labels, pretrained, found }
        })
        .collect();
    let nothing = || TrainError::TooFewLabels { found: 0, needed: MIN_TRIED };
    let Saving { labels, needed, interval } = Saving::of(&tried, seed).ok_or_else(nothing)?;
    let point = |tried: &Tried| {
        let Found { share, interval } = Found::of(&tried.found, seed)?;
        Some(SavingPoint { labels: tried.labels, pretrained: tried.pretrained, detection: share, interval })
    };
    let points = tried.iter().filter_map(point).collect();
    let tested = shown.len();
    let saving = LabelSaving { snapshot, made_millis: now_millis(), labels, needed, interval, tested, good, points };
    keep(line, &saving)?;
    Ok(saving)
}

/// What all trained models are tried on.
struct SavingTrial<'a> {
    base: &'a Artefact,
    source: &'a FolderSource,
    test: &'a LineLabels,
    device: &'a DeviceInfo,
}

impl SavingTrial<'_> {
    /// Trains the labelled half and gives for each held-out part whether it is a defect that is found, none for good parts
    /// and pictures that are gone; and the number of good parts that set the limit. Only the labelled half's evidence
    /// counts: the other half is pretrained in any case.
    fn run(
        &self,
        labelled: &LineLabels,
        config: &FineTuneConfig,
        report: Report<'_>,
    ) -> Result<(Vec<Option<bool>>, usize), AppError> {
        let Self { base, source, test, device } = *self;
        let request = FineTuneRequest {
            base,
            config,
            source,
            labelled,
            confirmed: None,
            device,
            checkpoint: None,
            glances: None,
        };
        let FineTuned { artefact, held_out, .. } = fine_tune(&request, &mut *report)?;
        let judge = Judge::load(&artefact, device)?;
        let evidence = |frame: &Frame| -> Result<Option<f64>, AppError> {
            let Some(input) = prepared(&judge, frame)? else { return Ok(None) };
            let scored = judge.score(&[input])?.pop();
            Ok(scored.and_then(|scored| scored.known).map(|known| known.evidence))
        };
        let mut good = Vec::new();
        let total = held_out.len() + test.count();
        for (done, (index, _)) in held_out.iter().enumerate() {
            trying(done, total, &mut *report)?;
            if let Ok(sample) = source.load(*index) {
                good.extend(evidence(&sample.frame)?);
            }
        }
        let mut defects = vec![None; test.count()];
        for (index, defect) in defects.iter_mut().enumerate() {
            trying(total - test.count() + index, total, &mut *report)?;
            let Ok(labelled) = test.load(index) else { continue };
            let evidence = evidence(&labelled.sample.frame)?;
            if test.is_defect(index) {
                *defect = evidence;
            } else {
                good.extend(evidence);
            }
        }
        // A good part whose evidence is no number is rejected, whatever the limit.
        good.iter_mut().filter(|evidence| evidence.is_nan()).for_each(|evidence| *evidence = f64::INFINITY);
        good.sort_by(f64::total_cmp);
        let allowed = (FALSE_REJECTS * good.len() as f64) as usize;
        let limit = good.iter().rev().nth(allowed).copied().unwrap_or(f64::INFINITY);
        Ok((defects.into_iter().map(|evidence| evidence.map(|evidence| evidence > limit)).collect(), good.len()))
    }
}

/// A report of one training as one of all of them.
fn on_one_bar(progress: LearnProgress, number: usize, runs: usize) -> LearnProgress {
    let share = match progress.stage {
        LearnStage::FineTune => progress.done * TICKS / progress.total.max(1),
        LearnStage::Calibrate | LearnStage::Save => TICKS,
        _ => 0,
    };
    let (done, total) = (number as u64 * TICKS + share, runs as u64 * TICKS);
    LearnProgress { stage: LearnStage::FineTune, done, total, seconds_left: None, loss: None, ..progress }
}

fn labels_of(store: &Store) -> Result<[LineLabels; 2], AppError> {
    let classes = store.classes()?;
    let of =
        |used| -> Result<LineLabels, AppError> { Ok(LineLabels::new(store.labelled(Some(used))?, classes.clone())) };
    Ok([of(LabelUse::Training)?, of(LabelUse::Test)?])
}

fn missing(training: &LineLabels, test: &LineLabels) -> [usize; 2] {
    [(training, MIN_LEARNED), (test, MIN_TRIED)].map(|(labels, needed)| needed.saturating_sub(labels.defects().len()))
}

/// All labels, what each is used for, and the model that judges.
fn snapshot(store: &Store) -> Result<String, AppError> {
    let mut hasher = blake3::Hasher::new();
    for part in store.labelled(None)? {
        hasher.update(format!("{} {:?} {:?}\n", part.record.id, part.used, part.label).as_bytes());
    }
    hasher.update(store.live_model()?.map(|model| model.id).unwrap_or_default().as_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}

fn file(line: &Line) -> PathBuf {
    line.folder.join(FILE)
}

/// Writes beside the file and renames, so that a cut leaves the old one.
fn keep(line: &Line, saving: &LabelSaving) -> Result<(), AppError> {
    let (path, unfinished) = (file(line), line.folder.join(format!(".{FILE}.unfinished")));
    let failed = |source| AppError::File { step: "writing", path: path.clone(), source };
    let text = serde_json::to_vec_pretty(saving).map_err(|error| failed(error.into()))?;
    std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, &path)).map_err(failed)
}

#[cfg(test)]
mod tests;
