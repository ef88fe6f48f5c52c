//! Stages that keep a verdict and tell it.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sightline_core::{AlarmCause, Event, Judged};
use sightline_outputs::{CsvLog, OutputError};
use sightline_store::{CSV_OUTPUT, Recorded, Restored, StoreError};

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
    for Finished { judged, reject_above, rest, thumb } in parts {
        // In another state than it was judged in, the file comes again.
        if shared.health.store.waits(|| rest.stayed()) {
            let thumb = shared.health.store.waits(|| thumb.wait());
            if !shared.health.store.at(1, || store(shared, &judged, reject_above, thumb.as_deref())) {
                return;
            }
        }
        shared.health.recorded();
        for reader in readers {
            // Full means that it has been woken already.
            let _ = reader.try_send(());
        }
    }
}

/// Tries until the record is stored. False when the line stops before that: the part is then an arrival again at the
/// next start.
fn store(shared: &Shared, judged: &Judged, reject_above: Option<f64>, thumb: Option<&[u8]>) -> bool {
    let mut told = false;
    loop {
        let kept = thumb.map(|bytes| shared.store.pictures().put(bytes, "jpg")).transpose();
        let recorded = kept.and_then(|kept| shared.store.record(judged, reject_above, kept.as_deref()));
        let error = match recorded {
            Ok(recorded) => {
                if told {
                    shared.health.trouble_if(AlarmCause::StoreFailing, None);
                }
                if let Recorded::New(record) = recorded {
                    // This part is about to be counted out.
                    let queue_depth = shared.queue_depth().saturating_sub(1);
                    shared.tell(Event::Judged { record, queue_depth });
                }
                return true;
            }
            Err(error) => error,
        };
        shared.health.trouble_if(AlarmCause::StoreFailing, Some(in_words(&error)));
        if !std::mem::replace(&mut told, true) {
            shared.tell(Event::StoreFailed { detail: in_words(&error) });
        }
        if shared.stopping() {
            return false;
        }
        if matches!(error, StoreError::Damaged { .. }) && repair(shared) {
            continue;
        }
        std::thread::sleep(RETRY);
    }
}

/// Puts a damaged database aside and goes on with its backup. False when it is still damaged: without a backup, or while
/// another process has it open. What learns for hours has it open before and after only, and this is tried again.
pub(super) fn repair(shared: &Shared) -> bool {
    match shared.store.repair() {
        Ok(restored) => {
            shared.health.trouble_if(AlarmCause::StoreFailing, None);
            if let Some(restored) = restored {
                tell_restored(shared, &restored);
            }
            true
        }
        Err(error) => {
            shared.health.trouble_if(AlarmCause::StoreFailing, Some(in_words(&error)));
            false
        }
    }
}

/// Says that a backup took the database's place, until the line is started again.
pub(super) fn tell_restored(shared: &Shared, restored: &Restored) {
    let Restored { damage, quarantine, backup, saved, lost, labels_saved, labels_lost } = restored;
    let detail = format!(
        "{damage}; put aside in {}; {} took its place, with {saved} newer records ({lost} could not be read) and \
         {labels_saved} newer changes of labels ({labels_lost} could not be read)",
        quarantine.display(),
        backup.display()
    );
    shared.health.trouble_if(AlarmCause::DatabaseRestored, Some(detail));
}

/// Delivers stored verdicts to the CSV files. What could not be delivered stays in the outbox and is tried again.
pub(super) fn deliver_all(shared: &Shared, mut csv: CsvLog, stored: &Receiver<()>) {
    let mut told = false;
    loop {
        let failed = deliver(shared, &mut csv).err();
        shared.health.trouble_if(AlarmCause::OutputFailing, failed.clone());
        match failed {
            None => told = false,
            Some(detail) if !std::mem::replace(&mut told, true) => shared.tell(Event::StoreFailed { detail }),
            Some(_) => {}
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
        shared.health.outputs.at(rows.len(), || {
            let written: Result<Vec<i64>, OutputError> =
                rows.iter().map(|row| csv.write(&row.record).map(|()| row.id)).collect();
            let written = written.and_then(|ids| csv.sync().map(|()| ids)).map_err(|error| in_words(&error))?;
            shared.store.mark_delivered(&written).map_err(|error| in_words(&error))
        })?;
    }
}
