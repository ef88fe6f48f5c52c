//! Learning and retraining in a process of its own: a GPU driver may abort a process, and inspection must not notice.
//!
//! The parent starts its own executable with a [`WorkerTask`]'s argument and the line's folder. The child writes one JSON
//! message a line to standard output; when its standard input ends, it cancels. So it also ends with its parent.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use sightline_core::{LearnHealth, LearnProgress, LearnStage, LearnWarning};
use sightline_train::{FineTuneConfig, use_threads};

use crate::{AppError, LearnedLine, Line, RetrainOutcome, in_words, learn_line, measure_label_saving, retrain_line};

/// First argument that turns an executable of ours into a learning process.
pub const WORKER_ARGUMENT: &str = "learn-worker";

/// The same for learning from labels.
pub const RETRAIN_ARGUMENT: &str = "retrain-worker";

/// The same for measuring how many labels pretraining saves.
const MEASURE_ARGUMENT: &str = "measure-worker";

/// What a process of ours is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerTask {
    /// Learn from the line's good parts.
    Learn,
    /// Learn from its labels.
    Retrain,
    /// Measure how many labels pretraining saves.
    Measure,
}

impl WorkerTask {
    /// The task that a first argument asks for; none when it asks for something else.
    pub fn asked_by(argument: &OsStr) -> Option<Self> {
        [Self::Learn, Self::Retrain, Self::Measure].into_iter().find(|task| argument == task.argument())
    }

    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Learn => WORKER_ARGUMENT,
            Self::Retrain => RETRAIN_ARGUMENT,
            Self::Measure => MEASURE_ARGUMENT,
        }
    }
}

/// What a learning process says, tagged by `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WorkerMessage {
    /// A stage reports.
    Progress {
        /// Name of the stage.
        stage: String,
        /// Steps done.
        done: u64,
        /// Steps in all.
        total: u64,
        /// For the whole run.
        seconds_left: Option<f64>,
        /// While pretraining.
        loss: Option<f64>,
        /// How the features look, while pretraining.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        health: Option<HealthMessage>,
        /// Looks at the fixed parts so far.
        #[serde(default)]
        looks: u64,
        /// All that is to be known so far.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<WarningMessage>,
    },
    /// The model with this id was learned from good parts, and is kept.
    Learned {
        /// BLAKE3 of the model file, in hex.
        model: String,
        /// It is live.
        promoted: bool,
        /// Known parts that have to release the line and that it judges wrongly, a line each: then it is not live.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wrong_known: Vec<String>,
    },
    /// A retraining run came to its end.
    Retrained {
        /// Id of the challenger; none when there was nothing new to learn.
        challenger: Option<String>,
        /// It is live.
        promoted: bool,
        /// It was made and tried before.
        #[serde(default)]
        before: bool,
    },
    /// The label saving was measured and kept.
    Measured,
    /// It ended without an outcome.
    Failed {
        /// Name of a [`sightline_core::Code`].
        code: String,
        /// In words.
        detail: String,
    },
}

/// A [`LearnHealth`] on the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "see `LearnHealth`")]
pub struct HealthMessage {
    pub alignment: f64,
    pub uniformity: f64,
    pub spread: f64,
}

impl From<LearnHealth> for HealthMessage {
    fn from(LearnHealth { alignment, uniformity, spread }: LearnHealth) -> Self {
        Self { alignment, uniformity, spread }
    }
}

impl From<HealthMessage> for LearnHealth {
    fn from(HealthMessage { alignment, uniformity, spread }: HealthMessage) -> Self {
        Self { alignment, uniformity, spread }
    }
}

/// A [`LearnWarning`] on the pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
#[allow(missing_docs, reason = "see `LearnWarning`")]
pub enum WarningMessage {
    CheckpointRefused(String),
    CheckpointNotWritten(String),
    Collapsed(u32),
    SinglePrecision(u64),
    DevicePrepares(String),
    DriverLate,
}

impl From<LearnWarning> for WarningMessage {
    fn from(warning: LearnWarning) -> Self {
        match warning {
            LearnWarning::CheckpointRefused(reason) => Self::CheckpointRefused(reason),
            LearnWarning::CheckpointNotWritten(reason) => Self::CheckpointNotWritten(reason),
            LearnWarning::Collapsed(percent) => Self::Collapsed(percent),
            LearnWarning::SinglePrecision(step) => Self::SinglePrecision(step),
            LearnWarning::DevicePrepares(device) => Self::DevicePrepares(device),
            LearnWarning::DriverLate => Self::DriverLate,
        }
    }
}

impl From<WarningMessage> for LearnWarning {
    fn from(warning: WarningMessage) -> Self {
        match warning {
            WarningMessage::CheckpointRefused(reason) => Self::CheckpointRefused(reason),
            WarningMessage::CheckpointNotWritten(reason) => Self::CheckpointNotWritten(reason),
            WarningMessage::Collapsed(percent) => Self::Collapsed(percent),
            WarningMessage::SinglePrecision(step) => Self::SinglePrecision(step),
            WarningMessage::DevicePrepares(device) => Self::DevicePrepares(device),
            WarningMessage::DriverLate => Self::DriverLate,
        }
    }
}

/// Runs a learning process to its end. Gives the exit code.
pub fn run_worker(task: WorkerTask, line: &Path) -> i32 {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    let listening = std::thread::Builder::new().name("parent-watch".to_owned()).spawn(move || {
        // Nothing is ever sent: the read returns when the parent closes the pipe or is gone.
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        flag.store(true, Ordering::Relaxed);
    });
    let result = match listening {
        Ok(_) => work(task, line, &cancelled),
        Err(source) => Err(AppError::File { step: "starting a thread for", path: line.to_owned(), source }),
    };
    let (message, code) = match result {
        Ok(message) => (message, 0),
        Err(error) => (WorkerMessage::Failed { code: error.code().name().to_owned(), detail: in_words(&error) }, 1),
    };
    // A parent that is gone cannot be told.
    let _ = send(&message);
    code
}

fn work(task: WorkerTask, line: &Path, cancelled: &AtomicBool) -> Result<WorkerMessage, AppError> {
    let line = Line::open(line)?;
    use_threads(line.settings.learning.threads.unwrap_or(0))?;
    let mut report = |progress: LearnProgress| {
        let told = send(&WorkerMessage::from(&progress)).is_ok();
        if told && !cancelled.load(Ordering::Relaxed) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    match task {
        WorkerTask::Learn => Ok(WorkerMessage::from(&learn_line(&line, &line.settings.learn_config(), &mut report)?)),
        WorkerTask::Retrain => {
            let config = FineTuneConfig { seed: line.settings.seed, ..FineTuneConfig::new(line.settings.effort) };
            Ok(WorkerMessage::from(&retrain_line(&line, &config, &mut report)?))
        }
        WorkerTask::Measure => measure_label_saving(&line, &mut report).map(|_| WorkerMessage::Measured),
    }
}

fn send(message: &WorkerMessage) -> std::io::Result<()> {
    let mut text = serde_json::to_string(message)?;
    text.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

impl From<&LearnProgress> for WorkerMessage {
    fn from(progress: &LearnProgress) -> Self {
        Self::Progress {
            stage: stage_name(progress.stage).to_owned(),
            done: progress.done,
            total: progress.total,
            seconds_left: progress.seconds_left,
            loss: progress.loss,
            health: progress.health.map(HealthMessage::from),
            looks: progress.looks,
            warnings: progress.warnings.iter().cloned().map(WarningMessage::from).collect(),
        }
    }
}

impl From<&LearnedLine> for WorkerMessage {
    fn from(learned: &LearnedLine) -> Self {
        let (model, wrong_known) = (learned.model.clone(), learned.wrong_known.clone());
        Self::Learned { model, promoted: learned.is_live(), wrong_known }
    }
}

impl From<&RetrainOutcome> for WorkerMessage {
    fn from(outcome: &RetrainOutcome) -> Self {
        match outcome {
            RetrainOutcome::NothingNew => Self::Retrained { challenger: None, promoted: false, before: false },
            RetrainOutcome::TriedBefore { challenger, .. } => {
                Self::Retrained { challenger: Some(challenger.clone()), promoted: false, before: true }
            }
            RetrainOutcome::Tried(tried) => {
                Self::Retrained { challenger: Some(tried.challenger.clone()), promoted: tried.promoted, before: false }
            }
        }
    }
}

const STAGES: [(LearnStage, &str); 6] = [
    (LearnStage::Read, "read"),
    (LearnStage::Pretrain, "pretrain"),
    (LearnStage::Bank, "bank"),
    (LearnStage::FineTune, "fine-tune"),
    (LearnStage::Calibrate, "calibrate"),
    (LearnStage::Save, "save"),
];

fn stage_name(stage: LearnStage) -> &'static str {
    STAGES.iter().find(|(known, _)| *known == stage).map_or("", |(_, name)| name)
}

/// The stage with a name on the wire.
pub(crate) fn stage_named(name: &str) -> Option<LearnStage> {
    STAGES.iter().find(|(_, known)| *known == name).map(|(stage, _)| *stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_survives_the_pipe_as_one_line() {
        let progress = |stage| LearnProgress {
            stage,
            done: 3,
            total: 9,
            seconds_left: None,
            loss: Some(0.5),
            health: Some(LearnHealth { alignment: 0.25, uniformity: -1.5, spread: 0.75 }),
            looks: 2,
            warnings: vec![
                LearnWarning::CheckpointRefused("two\nlines".to_owned()),
                LearnWarning::Collapsed(3),
                LearnWarning::SinglePrecision(4),
                LearnWarning::DevicePrepares("gpu:0 (Radeon Pro W6600)".to_owned()),
                LearnWarning::DriverLate,
            ],
        };
        let stages = STAGES.map(|(stage, _)| WorkerMessage::from(&progress(stage)));
        let ends = [
            WorkerMessage::Learned { model: "c0ffee".to_owned(), promoted: true, wrong_known: Vec::new() },
            WorkerMessage::Learned {
                model: "c0ffee".to_owned(),
                promoted: false,
                wrong_known: vec!["齿轮.png is bad and came out as pass".to_owned()],
            },
            WorkerMessage::Retrained { challenger: Some("c0ffee".to_owned()), promoted: true, before: false },
            WorkerMessage::from(&RetrainOutcome::NothingNew),
            WorkerMessage::from(&RetrainOutcome::TriedBefore { challenger: "c0ffee".to_owned(), passed: false }),
            WorkerMessage::Measured,
            WorkerMessage::Failed { code: "tooFewParts".to_owned(), detail: "齿轮".to_owned() },
        ];
        for message in stages.into_iter().chain(ends) {
            let text = serde_json::to_string(&message).unwrap();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(serde_json::from_str::<WorkerMessage>(&text).unwrap(), message);
        }
    }

    #[test]
    fn every_stage_has_a_name_and_comes_back() {
        use LearnStage::{Bank, Calibrate, FineTune, Pretrain, Read, Save};
        for stage in [Read, Pretrain, Bank, FineTune, Calibrate, Save] {
            assert_eq!(stage_named(stage_name(stage)), Some(stage));
        }
        assert_eq!(stage_named("lunch"), None);
    }
}
