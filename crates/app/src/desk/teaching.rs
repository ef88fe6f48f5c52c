//! One look at a time at what labels would teach, for as long as somebody waits for it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sightline_model::choose;

use super::Desk;
use crate::{AppError, Teaching, load_live_model, teach};

/// How long it waits before it looks again whether parts still wait for their verdicts.
const YIELD: Duration = Duration::from_millis(20);

impl Desk {
    /// What labels would teach, as [`teach`] says it. It takes a model's time: parts of the line are judged first, and
    /// the device is left to them. Ends a look that is under way. What was looked at is kept for the next time.
    ///
    /// # Errors
    /// When nothing is set up or learned yet, the database or the model cannot be read, or it is stopped.
    pub fn teach(
        &self,
        count: usize,
        report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Teaching, AppError> {
        let line = self.line()?;
        let stopped = Arc::new(AtomicBool::new(false));
        if let Some(before) = self.lock().looking.replace(Arc::clone(&stopped)) {
            before.store(true, Ordering::Relaxed);
        }
        // The look before ends at its next picture.
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let model = load_live_model(&self.store, &self.folder, &choose(Some("cpu"))?)?;
        teach(&self.store, &model, (count, line.settings.seed), &mut looks, &mut |done, total| {
            let is_stopped = || stopped.load(Ordering::Relaxed);
            while !is_stopped() && self.parts_wait() {
                std::thread::sleep(YIELD);
            }
            if is_stopped() { ControlFlow::Break(()) } else { report(done, total) }
        })
    }

    /// Ends a look at what labels would teach, at its next picture. Without one nothing happens.
    pub fn stop_teaching(&self) {
        if let Some(looking) = self.lock().looking.take() {
            looking.store(true, Ordering::Relaxed);
        }
    }

    fn parts_wait(&self) -> bool {
        self.lock().live.as_ref().is_some_and(|live| live.queue_depth() > 0)
    }
}

#[cfg(test)]
mod tests;
