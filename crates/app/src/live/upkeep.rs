//! What is done beside the verdicts, from time to time: backing the database up, removing old pictures and model
//! files, trying a lost device again.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use sightline_core::AlarmCause;
use sightline_store::{Learning, Retention, StoreError};

use super::{Shared, judges, keeping, watchdog};
use crate::learning::now_millis;
use crate::models::remove_old_models;
use crate::{KeepSettings, in_words};

/// How often it looks at what is due.
const LOOK: Duration = Duration::from_secs(1);

/// How old the newest backup may become.
const BACKUP_EVERY: Duration = Duration::from_secs(3600);

/// How soon a backup that failed is tried again.
const BACKUP_AGAIN: Duration = Duration::from_secs(300);

/// How soon a repair is tried again, as one that another process is in the way of: without it nothing can be read.
const REPAIR_AGAIN: Duration = Duration::from_secs(10);

/// How often old pictures and models are looked for.
const RETAIN_EVERY: Duration = Duration::from_secs(600);

/// How often a lost device is tried.
const DEVICE_AGAIN: Duration = Duration::from_secs(30);

/// Works until `stopped` is closed.
pub(super) fn keep_up(shared: &Shared, keep: &KeepSettings, folder: &Path, stopped: &Receiver<()>) {
    let kept = Retention::from(keep);
    let now = Instant::now();
    let age = shared.store.backup_age().unwrap_or(BACKUP_EVERY);
    let mut backup_at = now + BACKUP_EVERY.saturating_sub(age);
    let (mut retain_at, mut device_at) = (now, now + DEVICE_AGAIN);
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let now = Instant::now();
        if backup_at <= now {
            // In this order: it takes its time.
            let pause = back_up(shared);
            backup_at = Instant::now() + pause;
        }
        if retain_at <= now {
            // Models first: the room of one is that of thousands of pictures. A learning run does so itself at its end.
            if !Learning::is_claimed(folder) {
                remove_old_models(&shared.store, keep, &|| shared.stopping());
            }
            if kept != Retention::default() {
                // What cannot be removed now is tried again; a disk that fills up has its own alarm.
                let _ = shared.store.retain(&kept, now_millis(), || watchdog::free_bytes(folder), || shared.stopping());
            }
            retain_at = Instant::now() + RETAIN_EVERY;
        }
        if device_at <= now {
            judges::try_lost_device(shared);
            device_at = Instant::now() + DEVICE_AGAIN;
        }
    }
}

/// Checks and backs up. A damage that is found so is repaired at once. Gives how soon that is due again.
fn back_up(shared: &Shared) -> Duration {
    match shared.store.check().and_then(|()| shared.store.back_up()) {
        Ok(_) => {
            shared.health.trouble_if(AlarmCause::BackupFailing, None);
            BACKUP_EVERY
        }
        Err(StoreError::Damaged { .. }) => match keeping::repair(shared) {
            true => BACKUP_EVERY,
            false => REPAIR_AGAIN,
        },
        Err(error) => {
            shared.health.trouble_if(AlarmCause::BackupFailing, Some(in_words(&error)));
            BACKUP_AGAIN
        }
    }
}
