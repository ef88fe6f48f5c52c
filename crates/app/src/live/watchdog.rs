//! Looks at the stages from outside and says what keeps the line from inspecting. It waits for none of them.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use sightline_core::{Alarm, AlarmCause, Event};
use sightline_watch::Pulse;

use super::Shared;
use crate::HealthSettings;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(500);

/// Looks until `stopped` is closed, and tells of each change.
pub(super) fn watch_over(
    shared: &Shared,
    settings: &HealthSettings,
    source: &Pulse,
    folder: &Path,
    stopped: &Receiver<()>,
) {
    let mut told: Vec<Alarm> = Vec::new();
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        look(shared, settings, source, free_bytes(folder));
        let now = shared.health.alarms();
        if now != told && shared.events.try_send(Event::Alarms(now.clone())).is_ok() {
            told = now;
        }
    }
}

fn look(shared: &Shared, settings: &HealthSettings, source: &Pulse, free: Option<u64>) {
    let health = &shared.health;
    let limit = Duration::from_secs(settings.stalled_seconds.into());
    let seconds = |time: Duration| time.as_secs();
    let stalled = health.stages().into_iter().find_map(|(name, stage)| {
        let busy = stage.pulse.busy_for().filter(|busy| *busy > limit)?;
        Some(format!("{name} is at one part for {} s", seconds(busy)))
    });
    health.trouble_if(AlarmCause::StageStalled, stalled);
    let stalled = source.busy_for().filter(|busy| *busy > limit);
    let stalled = stalled.map(|busy| format!("looking at the watched folder takes {} s so far", seconds(busy)));
    health.trouble_if(AlarmCause::SourceStalled, stalled);
    let silent = settings.silent_seconds.map(|silent| Duration::from_secs(silent.into()));
    let silent = silent.filter(|silent| health.silent_for() > *silent);
    let silent = silent.map(|_| format!("no part for {} s", seconds(health.silent_for())));
    health.trouble_if(AlarmCause::SourceSilent, silent);
    let low = free.filter(|free| *free < u64::from(settings.disk_free_mib) << 20);
    health.trouble_if(AlarmCause::DiskLow, low.map(|free| format!("{} MiB are free", free >> 20)));
}

/// Bytes that are free on the disk of a folder; none where nobody tells.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
