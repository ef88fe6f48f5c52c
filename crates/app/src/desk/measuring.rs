//! The measurement of the label saving under a window. Whatever learns goes before it: it never starts beside a learning
//! run, and one that starts ends it.

use sightline_core::{Failure, LearnProgress};

use super::{Desk, failure};
use crate::{AppError, KnownSaving, LearnChild, label_saving_of};

/// A measurement that goes on, or how the last one of this process ended.
#[derive(Default)]
pub(super) struct Measuring {
    run: Option<LearnChild>,
    progress: Option<(u64, u64)>,
    failed: Option<Failure>,
}

/// What a screen shows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuringFacts {
    /// What is known.
    pub known: KnownSaving,
    /// How much of how much is done; none while nothing is measured.
    pub progress: Option<(u64, u64)>,
    /// Why the last measurement ended without an outcome; none after a cancel.
    pub failed: Option<Failure>,
}

impl Desk {
    /// What is known of the line's label saving.
    ///
    /// # Errors
    /// When nothing is set up, or the database cannot be read.
    pub fn label_saving(&self) -> Result<MeasuringFacts, AppError> {
        // Asked for first: a measurement that ends meanwhile is then seen as going on, not as neither.
        let (progress, failed) = {
            let Measuring { progress, failed, .. } = &self.lock().measuring;
            (*progress, failed.clone())
        };
        Ok(MeasuringFacts { known: label_saving_of(&self.line()?, self.store())?, progress, failed })
    }

    /// Measures how many labels pretraining saves, with what the processor has left over.
    ///
    /// # Errors
    /// When nothing is set up or learned yet, something learns or is measured already, or the process cannot be started.
    pub fn start_measuring(&self) -> Result<(), AppError> {
        let _start = Self::alone(&self.starting);
        self.refuse_second_run()?;
        self.line()?;
        self.store.live_model()?.ok_or_else(|| AppError::NoModel { path: self.folder.clone() })?;
        let mut state = self.lock();
        if state.measuring.run.as_ref().is_some_and(|run| !run.is_finished()) {
            return Err(AppError::Busy);
        }
        let (told, ended) = (self.clone(), self.clone());
        let progress = move |progress: LearnProgress| {
            told.lock().measuring.progress = Some((progress.done, progress.total));
        };
        let done = move |outcome: Result<(), AppError>| {
            let mut state = ended.lock();
            state.measuring.progress = None;
            state.measuring.failed = outcome.err().filter(|error| !error.is_cancel()).map(|error| failure(&error));
        };
        let ended =
            std::mem::replace(&mut state.measuring, Measuring { run: None, progress: Some((0, 1)), failed: None });
        drop(state);
        drop(ended);
        let run = LearnChild::measure(&self.executable, &self.folder, progress, done);
        let mut state = self.lock();
        match run {
            Ok(run) => state.measuring.run = Some(run),
            Err(error) => {
                state.measuring.progress = None;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Stops a measurement within two seconds. Without one nothing happens.
    pub fn cancel_measuring(&self) {
        // Taken out first: the run's last words need the lock.
        let Some(run) = self.lock().measuring.run.take() else { return };
        drop(run);
        // One that did not stop by itself and was killed did not fail.
        self.lock().measuring.failed = None;
    }
}
