//! Does work come back? A share whose server is gone answers no question about its files, for minutes or for ever.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When the work that a thread is at began. Clones are the same pulse.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    since: Arc<Mutex<Option<Instant>>>,
}

impl Pulse {
    /// How long the thread has been at one piece of work; none while it waits for some.
    pub fn busy_for(&self) -> Option<Duration> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }

    /// Work begins.
    pub fn begin(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Work has come back.
    pub fn end(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_that_has_begun_takes_time() {
        let pulse = Pulse::default();
        assert_eq!(pulse.busy_for(), None);
        pulse.begin();
        assert!(pulse.clone().busy_for().is_some());
        pulse.end();
        assert_eq!(pulse.busy_for(), None);
    }
}
