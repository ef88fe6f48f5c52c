//! What the stages tell about themselves: what each is at, how much waits, and what goes wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sightline_core::{Alarm, AlarmCause, Arrival, SourceState};
use sightline_watch::Pulse;

use crate::learning::now_millis;

/// What one stage tells.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// The part that it is at. Waiting for the next stage does not count.
    pub(super) pulse: Pulse,
    done: AtomicU64,
    spent_micros: AtomicU64,
}

impl Stage {
    /// Runs one piece of work and counts it, as `parts` parts.
    pub(super) fn at<T>(&self, parts: usize, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        self.pulse.begin();
        let outcome = work();
        self.pulse.end();
        self.spent_micros.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        self.done.fetch_add(parts as u64, Ordering::Relaxed);
        outcome
    }

    /// Waits for what the part that it is at still needs. That counts as no work, but a wait without end is seen.
    pub(super) fn waits<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.pulse.begin();
        let outcome = wait();
        self.pulse.end();
        outcome
    }

    /// Parts since the line started.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Seconds of work since the line started.
    pub(super) fn spent_seconds(&self) -> f64 {
        self.spent_micros.load(Ordering::Relaxed) as f64 / 1e6
    }
}

/// Time that a step within a stage has taken.
#[derive(Debug, Default)]
pub(super) struct Step(AtomicU64);

impl Step {
    /// Does one piece of work and counts its time.
    pub(super) fn at<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let outcome = work();
        self.took(began.elapsed());
        outcome
    }

    /// So much more.
    pub(super) fn took(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }

    /// Seconds since the line started.
    pub(super) fn spent_seconds(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64 / 1e6
    }
}

/// Steps that tell where a stage's time goes.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The file's bytes and their hash.
    pub(super) read: Step,
    /// Bytes to a frame.
    pub(super) decode: Step,
    /// The frame as people see it in lists.
    pub(super) thumbnail: Step,
    /// The frame as the network sees it.
    pub(super) prepare: Step,
    /// The network; the rest of its stage is the memory bank and the decision.
    pub(super) network: Step,
}

/// What all stages tell.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) started: Instant,
    pub(super) capture: Stage,
    pub(super) judge: Stage,
    pub(super) store: Stage,
    pub(super) outputs: Stage,
    pub(super) steps: Steps,
    /// Since when each part between the first stage and its record waits, oldest first.
    inside: Mutex<VecDeque<Instant>>,
    newest_part: Mutex<Instant>,
    source: Mutex<Option<SourceState>>,
    troubles: Mutex<BTreeMap<AlarmCause, (String, i64)>>,
}

impl Health {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            capture: Stage::default(),
            judge: Stage::default(),
            store: Stage::default(),
            outputs: Stage::default(),
            steps: Steps::default(),
            inside: Mutex::default(),
            newest_part: Mutex::new(now),
            source: Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    /// The stages with their names, first to last.
    pub(super) fn stages(&self) -> [(&'static str, &Stage); 4] {
        [("capture", &self.capture), ("judge", &self.judge), ("store", &self.store), ("outputs", &self.outputs)]
    }

    /// The steps of a stage with their names, in order.
    pub(super) fn steps_of(&self, stage: &str) -> Vec<(&'static str, &Step)> {
        let Steps { read, decode, thumbnail, prepare, network } = &self.steps;
        match stage {
            "capture" => vec![("read", read), ("decode", decode), ("prepare", prepare)],
            "judge" => vec![("network", network)],
            // On a thread beside; the record waits for what is left of it.
            "store" => vec![("thumbnail", thumbnail)],
            _ => Vec::new(),
        }
    }

    /// A part is on its way. It waits since it was seen closed or settled; a clock that was set back meanwhile adds nothing.
    pub(super) fn takes(&self, arrival: &Arrival) {
        let now = Instant::now();
        let waited = u64::try_from(now_millis().saturating_sub(arrival.seen_millis)).unwrap_or(0);
        let since = now.checked_sub(Duration::from_millis(waited)).unwrap_or(self.started);
        locked(&self.inside).push_back(since);
        *locked(&self.newest_part) = now;
    }

    /// The oldest part on its way has its record.
    pub(super) fn recorded(&self) {
        locked(&self.inside).pop_front();
    }

    /// How many parts are on their way, and for how long the oldest has waited.
    pub(super) fn inside(&self) -> (usize, Option<Duration>) {
        let inside = locked(&self.inside);
        (inside.len(), inside.front().map(Instant::elapsed))
    }

    /// For how long no part has come.
    pub(super) fn silent_for(&self) -> Duration {
        locked(&self.newest_part).elapsed()
    }

    pub(super) fn source_is(&self, state: &SourceState) {
        *locked(&self.source) = Some(state.clone());
        let detail = match state {
            SourceState::Lost { detail } => Some(detail.clone()),
            SourceState::Watching | SourceState::Polling => None,
        };
        self.trouble_if(AlarmCause::SourceLost, detail);
    }

    pub(super) fn source(&self) -> Option<SourceState> {
        locked(&self.source).clone()
    }

    /// Something goes wrong, since now unless it did already; or, with none, it does not any more.
    pub(super) fn trouble_if(&self, cause: AlarmCause, detail: Option<String>) {
        let mut troubles = locked(&self.troubles);
        match detail {
            Some(detail) => troubles.entry(cause).or_insert_with(|| (String::new(), now_millis())).0 = detail,
            None => _ = troubles.remove(&cause),
        }
    }

    /// What goes wrong now.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let alarm = |(cause, (detail, since_millis)): (&AlarmCause, &(String, i64))| Alarm {
            cause: *cause,
            detail: detail.clone(),
            since_millis: *since_millis,
        };
        locked(&self.troubles).iter().map(alarm).collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_core::{ArrivalKey, PartName};

    fn arrival(seen_millis: i64) -> Arrival {
        let key = ArrivalKey { relative_path: "a.png".into(), modified_nanos: 1, size_bytes: 1 };
        Arrival { key, path: "a.png".into(), name: PartName::default(), seen_millis }
    }

    #[test]
    fn the_age_of_the_queue_is_that_of_its_oldest_part_whatever_the_clock_says() {
        let health = Health::new();
        assert_eq!(health.inside(), (0, None));
        health.takes(&arrival(now_millis() - 90));
        // Seen in the future, and before 1970: the clock was set.
        health.takes(&arrival(i64::MAX));
        health.takes(&arrival(i64::MIN));
        let (parts, oldest) = health.inside();
        assert!(parts == 3 && oldest.is_some_and(|age| age >= Duration::from_millis(90)), "{oldest:?}");
        (0..3).for_each(|_| health.recorded());
        assert_eq!(health.inside(), (0, None));
    }

    #[test]
    fn a_trouble_keeps_its_beginning_until_it_is_over() {
        let health = Health::new();
        health.source_is(&SourceState::Lost { detail: "host is down".into() });
        let first = health.alarms();
        health.source_is(&SourceState::Lost { detail: "no route".into() });
        let second = health.alarms();
        assert_eq!((first[0].cause, second[0].detail.as_str()), (AlarmCause::SourceLost, "no route"));
        assert_eq!(first[0].since_millis, second[0].since_millis);
        health.source_is(&SourceState::Watching);
        assert_eq!(health.alarms(), []);
    }

    #[test]
    fn a_stage_counts_its_parts_and_its_time() {
        let stage = Stage::default();
        assert!(stage.at(3, || stage.pulse.busy_for().is_some()));
        assert_eq!((stage.done(), stage.pulse.busy_for()), (3, None));
    }
}
