//! A learning run as the window sees it.

use serde::{Deserialize, Serialize};
use sightline_core::{LearnHealth, LearnProgress, LearnWarning};
use specta::Type;
use specta_typescript::Number;

use crate::LearnStage;

/// A report of a learning run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::LearnProgress`")]
pub struct LearningView {
    pub stage: LearnStage,
    pub done: u32,
    pub total: u32,
    #[specta(type = Option<Number>)]
    pub seconds_left: Option<f64>,
    #[specta(type = Option<Number>)]
    pub loss: Option<f64>,
    pub health: Option<HealthView>,
    pub looks: u32,
    pub warnings: Vec<WarningView>,
}

/// How the features look while they are learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::LearnHealth`")]
pub struct HealthView {
    #[specta(type = Number)]
    pub alignment: f64,
    #[specta(type = Number)]
    pub uniformity: f64,
    #[specta(type = Number)]
    pub spread: f64,
}

/// What a person should know about a learning run that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WarningView {
    /// The window has words for each.
    pub kind: WarningKind,
    /// Shown under "Details".
    pub detail: String,
}

/// See [`sightline_core::LearnWarning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::LearnWarning`")]
pub enum WarningKind {
    CheckpointRefused,
    CheckpointNotWritten,
    Collapsed,
    SinglePrecision,
    DevicePrepares,
    DriverLate,
}

impl From<&LearnProgress> for LearningView {
    fn from(progress: &LearnProgress) -> Self {
        Self {
            stage: progress.stage.into(),
            done: progress.done as u32,
            total: progress.total as u32,
            seconds_left: progress.seconds_left,
            loss: progress.loss,
            // JSON has no number for what is none, and the window could not draw it.
            health: progress.health.map(HealthView::from).filter(HealthView::is_finite),
            looks: u32::try_from(progress.looks).unwrap_or(u32::MAX),
            warnings: progress.warnings.iter().map(WarningView::from).collect(),
        }
    }
}

impl HealthView {
    fn is_finite(&self) -> bool {
        [self.alignment, self.uniformity, self.spread].iter().all(|value| value.is_finite())
    }
}

impl From<LearnHealth> for HealthView {
    fn from(LearnHealth { alignment, uniformity, spread }: LearnHealth) -> Self {
        Self { alignment, uniformity, spread }
    }
}

impl From<&LearnWarning> for WarningView {
    fn from(warning: &LearnWarning) -> Self {
        let kind = match warning {
            LearnWarning::CheckpointRefused(_) => WarningKind::CheckpointRefused,
            LearnWarning::CheckpointNotWritten(_) => WarningKind::CheckpointNotWritten,
            LearnWarning::Collapsed(_) => WarningKind::Collapsed,
            LearnWarning::SinglePrecision(_) => WarningKind::SinglePrecision,
            LearnWarning::DevicePrepares(_) => WarningKind::DevicePrepares,
            LearnWarning::DriverLate => WarningKind::DriverLate,
        };
        Self { kind, detail: warning.to_string() }
    }
}
