//! Watches whether parts still look like those that the limit was set on (`sightline_core::drift`).
//!
//! It reads what the store stage has recorded, so it delays no verdict, and a restart goes on after the last part that
//! was looked at, as if the line had never stopped.

use crossbeam_channel::Receiver;
use sightline_core::{Calibration, Drift, DriftMonitor, Event, PartMark};
use sightline_store::{Store, StoreError};

use super::Shared;
use crate::in_words;

/// Records that are read at once.
const READ: usize = 256;

/// The watch is kept after so many records: that many at most are looked at again at the next start.
const KEPT_EVERY: i64 = 1000;

/// The watch over the parts of one model.
pub(super) struct DriftWatch {
    model: String,
    monitor: DriftMonitor,
    /// The newest part when the model became live.
    started: i64,
    /// The last part that was looked at.
    upto: i64,
    /// The last part that was looked at when the watch was kept.
    kept: i64,
    /// Whether the listener knows of the alarm.
    told: bool,
}

impl DriftWatch {
    /// The watch where it was when the line stopped, with what was recorded since. For a model that just became live it
    /// begins anew. Whoever asks for [`DriftWatch::drift`] now is told of an alarm by that, not by an event.
    pub(super) fn resume(store: &Store, model: &str, calibration: &Calibration) -> Result<Self, StoreError> {
        let kept = store.drift(model)?;
        let monitor = match &kept.memory {
            Some(memory) => DriftMonitor::resume(calibration, model, memory),
            None => DriftMonitor::new(calibration, model),
        };
        let (started, upto) = (kept.started, kept.upto);
        let mut watch = Self { model: model.to_owned(), monitor, started, upto, kept: upto, told: false };
        watch.catch_up(store)?;
        watch.told = watch.drift().alarm.is_some();
        Ok(watch)
    }

    /// What was found so far.
    pub(super) fn drift(&self) -> Drift {
        self.monitor.drift()
    }

    /// Looks at what was recorded since.
    fn catch_up(&mut self, store: &Store) -> Result<(), StoreError> {
        let quiet = self.drift().alarm.is_none();
        loop {
            let rows = store.scores_after(self.upto, READ)?;
            for row in &rows {
                self.upto = row.id;
                if let (Some(model), Some(score)) = (&row.model, row.score)
                    && *model == self.model
                {
                    self.monitor.observe(PartMark { part: row.id, stored_millis: row.stored_millis }, score);
                }
            }
            if self.upto - self.kept >= KEPT_EVERY {
                self.keep(store)?;
            }
            if rows.len() < READ {
                break;
            }
        }
        if quiet && self.drift().alarm.is_some() { self.keep(store) } else { Ok(()) }
    }

    fn keep(&mut self, store: &Store) -> Result<(), StoreError> {
        if self.kept < self.upto {
            store.keep_drift(&self.model, self.started, self.upto, &self.monitor.memory())?;
            self.kept = self.upto;
        }
        Ok(())
    }
}

/// Follows the store stage until it ends.
pub(super) fn watch_all(shared: &Shared, recorded: &Receiver<()>) {
    let mut failed = false;
    for () in recorded {
        let mut watch = shared.drift();
        let caught_up = watch.catch_up(&shared.store);
        let drift = watch.drift();
        if drift.alarm.is_some() && !watch.told {
            // Told again with the next part when the listener has no room.
            watch.told = shared.events.try_send(Event::Drift(drift)).is_ok();
        }
        drop(watch);
        match caught_up {
            Ok(()) => failed = false,
            Err(error) if !std::mem::replace(&mut failed, true) => {
                shared.tell(Event::StoreFailed { detail: in_words(&error) });
            }
            Err(_) => {}
        }
    }
    let mut watch = shared.drift();
    // What fails now is looked at again at the next start.
    let _ = watch.catch_up(&shared.store).and_then(|()| watch.keep(&shared.store));
}

#[cfg(test)]
mod tests;
