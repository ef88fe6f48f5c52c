//! How far a run is and how long it still takes.

use std::ops::ControlFlow;
use std::time::Instant;

use sightline_core::{LearnProgress, LearnStage};

use crate::{Report, TrainError};

/// Reports progress, estimates the time left, and carries a cancel back.
pub(crate) struct Pace<'a> {
    report: Report<'a>,
    started: Instant,
    stage_started: Instant,
    /// Seconds of each finished stage.
    pub(crate) seconds: Vec<(String, f64)>,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(report: Report<'a>) -> Self {
        Self { report, started: Instant::now(), stage_started: Instant::now(), seconds: Vec::new() }
    }

    /// Where a stage starts and ends in the whole run, as shares of its time; measured on two cores.
    fn span(stage: LearnStage) -> (f64, f64) {
        match stage {
            LearnStage::Read => (0.0, 0.03),
            LearnStage::Pretrain => (0.03, 0.85),
            LearnStage::Bank => (0.85, 0.92),
            LearnStage::Calibrate => (0.92, 0.99),
            LearnStage::Save => (0.99, 1.0),
        }
    }

    /// One report.
    ///
    /// # Errors
    /// `Cancelled` when the listener wants no more.
    pub(crate) fn report(
        &mut self,
        stage: LearnStage,
        done: usize,
        total: usize,
        loss: Option<f64>,
        warning: Option<String>,
    ) -> Result<(), TrainError> {
        let (from, to) = Self::span(stage);
        let share = from + (to - from) * done as f64 / total.max(1) as f64;
        let elapsed = self.started.elapsed().as_secs_f64();
        let seconds_left = (share > 0.04).then(|| elapsed * (1.0 - share) / share);
        let progress = LearnProgress { stage, done: done as u64, total: total as u64, seconds_left, loss, warning };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TrainError::Cancelled),
        }
    }

    /// A stage ended; its seconds are kept.
    pub(crate) fn finish(&mut self, stage: LearnStage) {
        self.seconds.push((format!("{stage:?}").to_lowercase(), self.stage_started.elapsed().as_secs_f64()));
        self.stage_started = Instant::now();
    }
}
