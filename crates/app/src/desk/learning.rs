//! Learning runs: their start, what they report, and how they end.

use std::fs::File;
use std::io::Read;

use sightline_core::{Event, Failure, LearnProgress, RetrainEnd};

use super::Desk;
use crate::learning::glances;
use crate::{AppError, LearnChild, Line, LineSettings, in_words};

/// A picture of a few small parts is far smaller.
const MOST_BYTES: u64 = 16 << 20;

impl Desk {
    /// Sets the line up and starts a learning run. What judges goes on judging meanwhile.
    ///
    /// # Errors
    /// When the settings are not valid, a run is going on already, or the process cannot be started.
    pub fn start_learning(&self, settings: LineSettings) -> Result<(), AppError> {
        let _start = Self::alone(&self.starting);
        self.refuse_second_run()?;
        let line = Line::init(&self.folder, settings)?;
        self.cancel_measuring();
        let desk = self.clone();
        let done = move |outcome| desk.learned(outcome);
        let run = LearnChild::start(&self.executable, &self.folder, self.on_progress(), done)?;
        let mut state = self.lock();
        state.line = Some(line);
        // It waits for its last words, which need the lock.
        let ended = state.learning.replace(run);
        drop(state);
        drop(ended);
        Ok(())
    }

    /// Starts to learn from the line's labels. What judges goes on judging meanwhile; labels that come from now on wait
    /// for the next run.
    ///
    /// # Errors
    /// When nothing is set up or learned yet, a run is going on already, or the process cannot be started.
    pub fn start_retraining(&self) -> Result<(), AppError> {
        let _start = Self::alone(&self.starting);
        self.refuse_second_run()?;
        self.line()?;
        self.store.live_model()?.ok_or_else(|| AppError::NoModel { path: self.folder.clone() })?;
        self.cancel_measuring();
        let desk = self.clone();
        let done = move |outcome| desk.retrained(outcome);
        let run = LearnChild::retrain(&self.executable, &self.folder, self.on_progress(), done)?;
        let ended = self.lock().learning.replace(run);
        drop(ended);
        Ok(())
    }

    /// Learns with the settings that the line has, when it has no model yet.
    ///
    /// # Errors
    /// As [`Desk::start_learning`].
    pub fn learn_if_needed(&self) -> Result<(), AppError> {
        let settings = {
            let state = self.lock();
            if state.model.is_some() { None } else { state.line.as_ref().map(|line| line.settings.clone()) }
        };
        settings.map_or(Ok(()), |settings| self.start_learning(settings))
    }

    /// Stops a learning run within two seconds. Without one nothing happens.
    pub fn cancel_learning(&self) {
        // Taken out first: the run's last words need the lock.
        let run = self.lock().learning.take();
        drop(run);
    }

    /// What the running learning run, or the last one, found on a few fixed parts: a PNG. None before the first look.
    pub fn glances(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(glances(&self.line().ok()?)).ok()?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= MOST_BYTES).then_some(bytes)
    }

    pub(super) fn refuse_second_run(&self) -> Result<(), AppError> {
        match self.lock().learning.as_ref().is_some_and(|run| !run.is_finished()) {
            true => Err(AppError::Busy),
            false => Ok(()),
        }
    }

    fn on_progress(&self) -> impl Fn(LearnProgress) + Send + use<> {
        let (desk, told) = (self.clone(), self.events.clone());
        move |progress: LearnProgress| {
            desk.lock().progress = Some(progress.clone());
            let _ = told.try_send(Event::Learning(progress));
        }
    }

    fn learned(&self, outcome: Result<String, AppError>) {
        self.lock().progress = None;
        let outcome = outcome.map_err(|error| match error {
            // Nothing judges that could go on: the line stands still until its known parts come out right.
            AppError::KnownPartsWrong { detail } if self.lock().live.is_none() => AppError::NotReleased { detail },
            other => other,
        });
        let watches_other = {
            let state = self.lock();
            let settings = state.line.as_ref().map(|line| &line.settings);
            state.live.as_ref().zip(settings).is_some_and(|(live, settings)| !live.watches(settings))
        };
        let outcome = match outcome {
            // The learned model does not judge, but the folder that is watched may be another since the run began.
            Err(error @ AppError::KnownPartsWrong { .. }) if watches_other => self.start_judging().and(Err(error)),
            Ok(model) => self.start_judging().map(|()| model),
            Err(error) => Err(error),
        };
        let event = match outcome {
            Ok(model) => Event::Learned { model },
            Err(error) => stopped(&error),
        };
        // Waits for room: this event decides what the window shows next.
        let _ = self.events.send(event);
    }

    fn retrained(&self, outcome: Result<RetrainEnd, AppError>) {
        self.lock().progress = None;
        let taken_up = outcome.and_then(|end| {
            if end.promoted {
                self.start_judging()?;
            }
            Ok(end)
        });
        let event = match taken_up {
            Ok(end) => Event::Retrained(end),
            Err(error) => stopped(&error),
        };
        let _ = self.events.send(event);
    }
}

/// What a run that failed or was cancelled announces.
fn stopped(error: &AppError) -> Event {
    let failure = || Failure { code: error.code(), detail: in_words(error) };
    Event::LearningStopped { error: (!error.is_cancel()).then(failure) }
}
