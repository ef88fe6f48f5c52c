//! How far a run is and how long it still takes.

use std::ops::ControlFlow;
use std::time::Instant;

use sightline_core::{LearnHealth, LearnProgress, LearnStage, LearnWarning};
use sightline_model::{DeviceInfo, drivers_were_late};

use crate::{Report, TrainError};

/// Reports progress, estimates the time left, and carries a cancel back.
pub(crate) struct Pace<'a> {
    report: Report<'a>,
    started: Instant,
    stage_started: Instant,
    /// Where each stage starts and ends.
    spans: Spans,
    /// The last look at the features.
    pub(crate) health: Option<LearnHealth>,
    /// Looks at the fixed parts so far.
    pub(crate) looks: u64,
    /// What each report warns of.
    pub(crate) warnings: Vec<LearnWarning>,
    /// The CPU learns since a driver did not answer; each report warns of that, too.
    driver_late: bool,
    /// Whether training has begun on some device.
    begun: bool,
    /// Share of the whole run that an earlier, unfinished run had done.
    head_start: f64,
    /// Seconds of each finished stage.
    pub(crate) seconds: Vec<(String, f64)>,
}

/// Where a stage starts and ends in the whole run, as shares of its time; measured on two cores.
type Spans = fn(LearnStage) -> (f64, f64);

fn of_learning(stage: LearnStage) -> (f64, f64) {
    match stage {
        LearnStage::Read => (0.0, 0.03),
        LearnStage::Pretrain => (0.03, 0.85),
        LearnStage::Bank => (0.85, 0.92),
        LearnStage::FineTune => (0.92, 0.92),
        LearnStage::Calibrate => (0.92, 0.99),
        LearnStage::Save => (0.99, 1.0),
    }
}

fn of_fine_tuning(stage: LearnStage) -> (f64, f64) {
    match stage {
        LearnStage::Read => (0.0, 0.04),
        LearnStage::Pretrain | LearnStage::Bank => (0.04, 0.04),
        LearnStage::FineTune => (0.04, 0.95),
        LearnStage::Calibrate => (0.95, 0.99),
        LearnStage::Save => (0.99, 1.0),
    }
}

impl<'a> Pace<'a> {
    /// For a run from good parts.
    pub(crate) fn new(report: Report<'a>) -> Self {
        Self::with_spans(report, of_learning)
    }

    /// For a run from labels.
    pub(crate) fn fine_tuning(report: Report<'a>) -> Self {
        Self::with_spans(report, of_fine_tuning)
    }

    fn with_spans(report: Report<'a>, spans: Spans) -> Self {
        Self {
            report,
            spans,
            started: Instant::now(),
            stage_started: Instant::now(),
            health: None,
            looks: 0,
            warnings: Vec::new(),
            driver_late: false,
            begun: false,
            head_start: 0.0,
            seconds: Vec::new(),
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
        let (from, to) = (self.spans)(stage);
        let share = from + (to - from) * done as f64 / total.max(1) as f64;
        let elapsed = self.started.elapsed().as_secs_f64();
        let own = share - self.head_start;
        let seconds_left = (own > 0.04).then(|| elapsed * (1.0 - share) / own);
        let health = self.health.filter(|_| stage == LearnStage::Pretrain);
        let (done, total) = (done as u64, total as u64);
        let late = self.driver_late.then_some(LearnWarning::DriverLate);
        let (looks, warnings) = (self.looks, self.warnings.iter().cloned().chain(late).collect());
        let progress = LearnProgress { stage, done, total, seconds_left, loss, health, looks, warnings };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TrainError::Cancelled),
        }
    }

    /// Training begins on a device, or goes on. That a GPU gets ready is told once a run: its first step takes minutes the
    /// first time. That the CPU stands in for one whose driver did not answer is told to the end.
    ///
    /// # Errors
    /// `Cancelled` when the listener wants no more.
    pub(crate) fn begins(
        &mut self,
        stage: LearnStage,
        done: usize,
        total: usize,
        device: &DeviceInfo,
    ) -> Result<(), TrainError> {
        self.begins_on(stage, done, total, device, drivers_were_late())
    }

    fn begins_on(
        &mut self,
        stage: LearnStage,
        done: usize,
        total: usize,
        device: &DeviceInfo,
        driver_late: bool,
    ) -> Result<(), TrainError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        if device.id == "cpu" {
            self.driver_late = driver_late;
            return Ok(());
        }
        self.warnings.push(LearnWarning::DevicePrepares(format!("{} ({})", device.id, device.name)));
        let told = self.report(stage, done, total, None);
        self.warnings.pop();
        told
    }

    /// An earlier run had done this much of a stage: it says nothing about how fast this one is.
    pub(crate) fn goes_on(&mut self, stage: LearnStage, done: usize, total: usize) {
        let (from, to) = (self.spans)(stage);
        self.head_start = (to - from) * done as f64 / total.max(1) as f64;
    }

    /// A stage ended; its seconds are kept.
    pub(crate) fn finish(&mut self, stage: LearnStage) {
        self.seconds.push((format!("{stage:?}").to_lowercase(), self.stage_started.elapsed().as_secs_f64()));
        self.stage_started = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn before_the_first_step_a_graphics_card_is_said_to_get_ready_and_only_then() {
        let mut told = Vec::new();
        let mut report = |progress: LearnProgress| {
            told.push((progress.done, progress.warnings));
            ControlFlow::Continue(())
        };
        let mut pace = Pace::new(&mut report);
        let device = |id: &str| DeviceInfo { id: id.to_owned(), name: "Radeon".to_owned(), device: Device::flex() };
        pace.begins(LearnStage::Pretrain, 3, 9, &device("gpu:0")).unwrap();
        pace.report(LearnStage::Pretrain, 4, 9, None).unwrap();
        pace.begins(LearnStage::FineTune, 0, 9, &device("gpu:0")).unwrap();
        Pace::new(&mut |_| panic!("a CPU does not get ready"))
            .begins(LearnStage::FineTune, 0, 9, &device("cpu"))
            .unwrap();
        let prepares = vec![LearnWarning::DevicePrepares("gpu:0 (Radeon)".to_owned())];
        assert_eq!(told, [(3, prepares), (4, Vec::new())]);
    }

    #[test]
    fn a_cpu_that_learns_since_a_driver_did_not_answer_is_told_of_to_the_end() {
        let mut told = Vec::new();
        let mut report = |progress: LearnProgress| {
            told.push(progress.warnings);
            ControlFlow::Continue(())
        };
        let cpu = DeviceInfo { id: "cpu".to_owned(), name: "EPYC".to_owned(), device: Device::flex() };
        let mut pace = Pace::new(&mut report);
        for (stage, done) in [(LearnStage::Pretrain, 1), (LearnStage::FineTune, 2)] {
            pace.begins_on(stage, 0, 9, &cpu, true).unwrap();
            // As a stage does that has warnings of its own.
            pace.warnings = vec![LearnWarning::Collapsed(3)];
            pace.report(stage, done, 9, None).unwrap();
        }
        let both = [LearnWarning::Collapsed(3), LearnWarning::DriverLate];
        assert_eq!(told, [both.clone(), both]);
    }
}
