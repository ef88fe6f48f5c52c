//! How far a run is and how long it still takes.

use std::ops::ControlFlow;
use std::time::Instant;

use sightline_core::{LearnHealth, LearnProgress, LearnStage, LearnWarning};

use crate::{Report, TrainError};

/// Reports progress, estimates the time left, and carries a cancel back.
pub(crate) struct Pace<'a> {
    report: Report<'a>,
    started: Instant,
    stage_started: Instant,
    /// The last look at the features.
    pub(crate) health: Option<LearnHealth>,
    /// What each report warns of.
    pub(crate) warnings: Vec<LearnWarning>,
    /// Share of the whole run that an earlier, unfinished run had done.
    head_start: f64,
    /// Seconds of each finished stage.
    pub(crate) seconds: Vec<(String, f64)>,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(report: Report<'a>) -> Self {
        Self {
            report,
            started: Instant::now(),
            stage_started: Instant::now(),
            health: None,
            warnings: Vec::new(),
            head_start: 0.0,
            seconds: Vec::new(),
        }
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
    ) -> Result<(), TrainError> {
        let (from, to) = Self::span(stage);
        let share = from + (to - from) * done as f64 / total.max(1) as f64;
        let elapsed = self.started.elapsed().as_secs_f64();
        let own = share - self.head_start;
        let seconds_left = (own > 0.04).then(|| elapsed * (1.0 - share) / own);
        let health = self.health.filter(|_| stage == LearnStage::Pretrain);
        let (done, total) = (done as u64, total as u64);
        let progress =
            LearnProgress { stage, done, total, seconds_left, loss, health, warnings: self.warnings.clone() };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TrainError::Cancelled),
        }
    }

    /// An earlier run had done this much of a stage: it says nothing about how fast this one is.
    pub(crate) fn goes_on(&mut self, stage: LearnStage, done: usize, total: usize) {
        let (from, to) = Self::span(stage);
        self.head_start = (to - from) * done as f64 / total.max(1) as f64;
    }

    /// A stage ended; its seconds are kept.
    pub(crate) fn finish(&mut self, stage: LearnStage) {
        self.seconds.push((format!("{stage:?}").to_lowercase(), self.stage_started.elapsed().as_secs_f64()));
        self.stage_started = Instant::now();
    }
}
