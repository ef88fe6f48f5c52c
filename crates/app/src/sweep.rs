//! Which temperature and how strong an augmentation suit a line: a grid of short runs, measured by how well held-out
//! good parts are told from the same parts with defects drawn onto them. No labels are needed.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sightline_core::{LearnProgress, Poses, Recipe, split};
use sightline_model::choose_several;
use sightline_train::{LearnConfig, LearnRequest, MIN_PARTS, SampleSource, TrainError, learn, separation};

use crate::capture::capture;
use crate::folder::{file_name, hash_files, hash_sizes, spread, write_whole};
use crate::learning::propose_recipe;
use crate::{AppError, Dataset, FolderSource, Line};

/// Share of the good parts that no run learns from.
const HELD_OUT: f64 = 0.3;

/// Held-out parts that are scored, with and without defects.
const SCORED: usize = 150;

/// What to try.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// Every setting but those that are tried.
    pub config: LearnConfig,
    /// τ of the contrastive losses.
    pub temperatures: Vec<f32>,
    /// Factors on the ranges of crop, light and noise.
    pub augmentations: Vec<f32>,
    /// Longest judged side, pixels.
    pub judged_side: u32,
    /// Good parts may lie turned or mirrored.
    pub poses: Poses,
    /// Device by its id; none chooses the best.
    pub device: Option<String>,
}

/// A tried point of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// τ.
    pub temperature: f32,
    /// Factor on the ranges of crop, light and noise.
    pub augmentation: f32,
    /// Area under the ROC curve of the score: good parts against the same with drawn defects.
    pub auroc: f64,
    /// Mean training loss at the end.
    pub final_loss: f64,
    /// How long it took.
    pub seconds: f64,
}

/// What the results file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// BLAKE3 of the settings and the good parts' names and sizes, in hex: points of another sweep are not mixed in.
    pub sweep: String,
    /// Parts that no run learnt from, each scored with and without defects.
    pub held_out: usize,
    /// Points that are done.
    pub points: Vec<SweepPoint>,
}

impl SweepReport {
    /// The point that tells best.
    pub fn best(&self) -> Option<&SweepPoint> {
        self.points.iter().max_by(|a, b| a.auroc.total_cmp(&b.auroc))
    }
}

/// How far a sweep is.
#[derive(Debug, Clone, PartialEq)]
pub enum SweepProgress {
    /// The run of a point reports.
    Learning {
        /// Points done.
        done: usize,
        /// Points in all.
        total: usize,
        /// The run.
        progress: LearnProgress,
    },
    /// The model of a point is measured.
    Scoring {
        /// Pictures scored.
        done: usize,
        /// Pictures in all.
        total: usize,
    },
    /// A point is done and written down.
    Point(SweepPoint),
}

/// Tries every point of the grid that `results`, a JSON file, does not hold yet. `folder` is a line or a data set.
///
/// # Errors
/// When the folder or the file cannot be used, the file is of another sweep, or a run fails or is cancelled. Points
/// that are done stay written down.
pub fn sweep(
    folder: &Path,
    results: &Path,
    settings: &SweepSettings,
    report: &mut dyn FnMut(SweepProgress) -> ControlFlow<()>,
) -> Result<SweepReport, AppError> {
    let Parts { learn_from, held_out, recipe } = Parts::of(folder, settings)?;
    let (device, beside) = choose_several(settings.device.as_deref())?;
    let mut written = read_results(results, identity(settings, &learn_from, &held_out, &recipe)?)?;
    written.held_out = held_out.paths().len().min(SCORED);
    let grid: Vec<(f32, f32)> = settings
        .temperatures
        .iter()
        .flat_map(|&temperature| settings.augmentations.iter().map(move |&augmentation| (temperature, augmentation)))
        .collect();
    for (done, &(temperature, augmentation)) in grid.iter().enumerate() {
        if written.points.iter().any(|p| (p.temperature, p.augmentation) == (temperature, augmentation)) {
            continue;
        }
        let started = Instant::now();
        let mut config = LearnConfig { augmentation, ..settings.config.clone() };
        config.pretrain.temperature = temperature;
        let request = LearnRequest {
            recipe: &recipe,
            config: &config,
            source: &learn_from,
            device: &device,
            beside: &beside,
            checkpoint: None,
            glances: None,
        };
        let learned =
            learn(&request, &mut |progress| report(SweepProgress::Learning { done, total: grid.len(), progress }))?;
        let good = spread(held_out.paths(), SCORED).filter_map(|path| capture(path).frame.ok());
        let told = separation(&learned.artefact, good, settings.config.seed, &device, &mut |done, total| {
            report(SweepProgress::Scoring { done, total })
        })?;
        let point = SweepPoint {
            temperature,
            augmentation,
            auroc: told.ok_or_else(|| too_few(folder, held_out.paths().len()))?,
            final_loss: learned.artefact.card.made.final_loss,
            seconds: started.elapsed().as_secs_f64(),
        };
        written.points.push(point.clone());
        write_results(results, &written)?;
        if report(SweepProgress::Point(point)).is_break() {
            return Err(TrainError::Cancelled.into());
        }
    }
    Ok(written)
}

fn too_few(folder: &Path, found: usize) -> AppError {
    AppError::TooFewParts { path: folder.to_owned(), found, needed: MIN_PARTS }
}

/// Good parts on both sides, and how they are seen.
struct Parts {
    learn_from: FolderSource,
    held_out: FolderSource,
    recipe: Recipe,
}

impl Parts {
    fn of(folder: &Path, settings: &SweepSettings) -> Result<Self, AppError> {
        let (source, recipe) = match Line::open(folder) {
            Ok(Line { settings: line, .. }) => {
                let source = FolderSource::new(&line.good_folder)?;
                let recipe = line.recipe(source.paths())?;
                (source, recipe)
            }
            Err(AppError::NotALine { .. }) => {
                let dataset = Dataset::open(folder)?;
                let (learn_from, _) = dataset.divide(dataset.default_split(), settings.config.seed);
                let recipe = propose_recipe(&file_name(folder), learn_from.paths(), settings.judged_side)?;
                (learn_from, Recipe { poses: settings.poses, ..recipe })
            }
            Err(error) => return Err(error),
        };
        let groups: Vec<String> = (0..source.count()).map(|index| source.group(index)).collect();
        let sides = split::by_group(&groups, &[1.0 - HELD_OUT, HELD_OUT], settings.config.seed);
        let side = |wanted: usize| {
            let parts = source.paths().iter().zip(&groups).zip(&sides).filter(|(_, side)| **side == wanted);
            FolderSource::of(parts.map(|((path, group), _)| (path.clone(), group.clone())).collect())
        };
        Ok(Self { learn_from: side(0), held_out: side(1), recipe })
    }
}

/// What tells two sweeps apart.
fn identity(
    settings: &SweepSettings,
    learn_from: &FolderSource,
    held_out: &FolderSource,
    recipe: &Recipe,
) -> Result<String, AppError> {
    let mut config = settings.config.clone();
    (config.pretrain.temperature, config.augmentation) = (0.2, 1.0);
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::json!([config, format!("{recipe:?}")]).to_string().as_bytes());
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hash_files(&mut hasher, settings.config.start_weights.iter())?;
    hash_sizes(&mut hasher, learn_from.paths().iter().chain(held_out.paths()))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn read_results(path: &Path, sweep: String) -> Result<SweepReport, AppError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(SweepReport { sweep, held_out: 0, points: Vec::new() });
        }
        Err(source) => return Err(AppError::File { step: "reading", path: path.to_owned(), source }),
    };
    let refused = |detail: String| AppError::Settings { path: path.to_owned(), detail };
    let report: SweepReport = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    match report.sweep == sweep {
        true => Ok(report),
        false => Err(refused("these are results of other settings or other good parts; name another file".to_owned())),
    }
}

fn write_results(path: &Path, report: &SweepReport) -> Result<(), AppError> {
    let failed = |source| AppError::File { step: "writing", path: path.to_owned(), source };
    let text = serde_json::to_string_pretty(report).map_err(|error| failed(error.into()))?;
    write_whole(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LineSettings;
    use crate::testing::{config, write_plate};

    #[test]
    fn points_that_are_done_are_not_run_again_and_another_sweep_is_told_from_this_one() {
        let dir = tempfile::tempdir().unwrap();
        let folders = ["good", "watched", "line"].map(|name| dir.path().join(name));
        folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        let [good, watched, folder] = folders;
        (0..30).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
        let line = LineSettings { judged_side: 64, ..LineSettings::new("Plate", good, watched) };
        Line::init(&folder, line).unwrap();
        let settings = SweepSettings {
            config: config(),
            temperatures: vec![0.1, 0.3],
            augmentations: vec![1.0],
            judged_side: 64,
            poses: Poses::default(),
            device: Some("cpu".to_owned()),
        };
        let results = dir.path().join("sweep.json");
        let run = |settings: &SweepSettings, stop_after: usize| {
            let (mut points, mut scored) = (Vec::new(), (0, 0));
            let outcome = sweep(&folder, &results, settings, &mut |progress| {
                match progress {
                    SweepProgress::Point(point) => points.push(point.temperature),
                    SweepProgress::Scoring { done, total } => scored = (done, total),
                    SweepProgress::Learning { .. } => {}
                }
                match points.len() >= stop_after {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            assert!(points.is_empty() || (scored.0 == scored.1 && scored.0 > 9), "{scored:?}");
            (outcome, points)
        };
        let (stopped, points) = run(&settings, 1);
        assert!(stopped.unwrap_err().is_cancel());
        assert_eq!(points, [0.1]);
        let (ended, points) = run(&settings, 9);
        let report = ended.unwrap();
        assert_eq!((points, report.points.len(), report.held_out), (vec![0.3], 2, 9));
        assert!(report.points.iter().all(|point| (0.0..=1.0).contains(&point.auroc)));
        assert_eq!(report.best().map(|best| best.auroc), report.points.iter().map(|p| p.auroc).reduce(f64::max));
        let (_, points) = run(&settings, 9);
        assert!(points.is_empty(), "all is done");
        let other = SweepSettings { config: LearnConfig { seed: 9, ..config() }, ..settings.clone() };
        let refused = run(&other, 9).0.unwrap_err().to_string();
        assert!(refused.contains("sweep.json") && refused.contains("other settings"), "{refused}");
    }
}
