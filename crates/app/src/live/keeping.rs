//! Stages that keep a verdict and tell it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sightline_core::Event;
use sightline_outputs::{CsvLog, OutputError};
use sightline_store::{CSV_OUTPUT, Recorded};

use super::{Finished, Shared};
use crate::in_words;

/// Pause before a record that could not be stored is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Records that are delivered to an output at once.
const DELIVERED: usize = 256;

/// How often an output that failed is tried again without a new verdict.
const DELIVERY_RETRY: Duration = Duration::from_secs(2);

/// Stores verdicts, each in one transaction with its announcements, and wakes the stages that read them.
pub(super) fn store_all(shared: &Shared, parts: &Receiver<Finished>, readers: &[Sender<()>]) {
    for part in parts {
        if !store(shared, &part) {
            return;
        }
        for reader in readers {
            // Full means that it has been woken already.
            let _ = reader.try_send(());
        }
    }
}

/// Tries until the record is stored. False when the line stops before that: the part is then an arrival again at the
/// next start.
fn store(shared: &Shared, part: &Finished) -> bool {
    let mut told = false;
    loop {
        let thumb = part.thumb.as_deref().map(|bytes| shared.store.pictures().put(bytes, "jpg")).transpose();
        let recorded = thumb.and_then(|thumb| shared.store.record(&part.judged, part.reject_above, thumb.as_deref()));
        match recorded {
            Ok(Recorded::New(record)) => {
                shared.inside.fetch_sub(1, Ordering::Relaxed);
                shared.tell(Event::Judged { record, queue_depth: shared.queue_depth() });
                return true;
            }
            Ok(Recorded::AlreadyThere(_)) => {
                shared.inside.fetch_sub(1, Ordering::Relaxed);
                return true;
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    shared.tell(Event::StoreFailed { detail: in_words(&error) });
                }
                if shared.stopping() {
                    return false;
                }
                std::thread::sleep(RETRY);
            }
        }
    }
}

/// Delivers stored verdicts to the CSV files. What could not be delivered stays in the outbox and is tried again.
pub(super) fn deliver_all(shared: &Shared, mut csv: CsvLog, stored: &Receiver<()>) {
    let mut told = false;
    loop {
        match deliver(shared, &mut csv) {
            Ok(()) => told = false,
            Err(detail) if !told => {
                told = true;
                shared.tell(Event::StoreFailed { detail });
            }
            Err(_) => {}
        }
        match stored.recv_timeout(DELIVERY_RETRY) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // The last verdicts before a stop; what fails now is delivered at the next start.
                let _ = deliver(shared, &mut csv);
                return;
            }
        }
    }
}

fn deliver(shared: &Shared, csv: &mut CsvLog) -> Result<(), String> {
    loop {
        let rows = shared.store.pending(CSV_OUTPUT, DELIVERED).map_err(|error| in_words(&error))?;
        if rows.is_empty() {
            return Ok(());
        }
        let written: Result<Vec<i64>, OutputError> =
            rows.iter().map(|row| csv.write(&row.record).map(|()| row.id)).collect();
        let written = written.and_then(|ids| csv.sync().map(|()| ids)).map_err(|error| in_words(&error))?;
        shared.store.mark_delivered(&written).map_err(|error| in_words(&error))?;
    }
}
