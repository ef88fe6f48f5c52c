//! The live path: watch → capture → judge → store → tell, and behind the store the watch for drift. Each stage has a
//! named thread; bounded channels between them make a slow stage slow down those before it instead of filling memory.
//!
//! A file that was just closed is read and judged while it rests; its verdict is stored, and told, once it has stayed as it
//! was. Every arrival ends as exactly one stored record. A part that could not be judged is recorded as unreadable, never as
//! a pass; a record that could not be stored is tried again until it is.

pub(crate) mod device;
mod drift;
mod health;
pub(crate) mod judges;
mod judging;
mod keeping;
mod report;
mod serve;
mod shadow;
mod succession;
mod thumbs;
mod turns;
mod upkeep;
mod watchdog;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};
use sightline_core::{Alarm, AlarmCause, Arrival, ArrivalKey, Drift, Event};
use sightline_model::drivers_were_late;
use sightline_outputs::CsvLog;
use sightline_store::{Restored, Store};
use sightline_watch::{Backlog, Rest, Watching, watch};

use crate::{AppError, ArrivalSettings, Line, LineSettings, LoadedModel};
use drift::DriftWatch;
use health::Health;
use judges::Judges;
pub use report::HealthReport;
use serve::Served;

/// Parts that may wait between two stages. The pictures in them are the live path's memory.
const WAITING: usize = 4;

/// Parts that are scored together at most, when so many wait.
pub(crate) const MOST_AT_ONCE: usize = WAITING;

/// Events that may wait for a listener. More are dropped: a slow screen delays no verdict, and the store has them all.
pub const EVENTS_WAITING: usize = 1024;

/// The running live path of one line. Dropping it stops the stages after the parts that they are at.
pub struct LiveLine {
    folder: PathBuf,
    arrivals: ArrivalSettings,
    shared: Arc<Shared>,
    watching: Option<Watching>,
    served: Option<Served>,
    /// Closed to end what runs beside the stages.
    stop_beside: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What all stages share.
struct Shared {
    name: String,
    folder: PathBuf,
    store: Arc<Store>,
    judges: Judges,
    drift: Mutex<DriftWatch>,
    /// Held while another model is taken up: the watch over its parts comes with it.
    swapping: Mutex<()>,
    events: Sender<Event>,
    stopping: AtomicBool,
    health: Arc<Health>,
    /// Arrivals that no stage has taken yet.
    backlog: Backlog,
}

impl Shared {
    /// The watch over the live model's parts.
    fn drift(&self) -> MutexGuard<'_, DriftWatch> {
        self.drift.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the listener, if it keeps up.
    fn tell(&self, event: Event) {
        let _ = self.events.try_send(event);
    }

    /// Arrivals that were seen closed or settled and have no record yet.
    fn queue_depth(&self) -> usize {
        self.backlog.waiting() + self.health.inside().0
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl LiveLine {
    /// Starts watching. Files that arrived while the line was stopped are judged first.
    ///
    /// # Errors
    /// When the watched folder is missing, a setting cannot be used, a file of the line cannot be read or written, the
    /// port for its health is taken, or a thread cannot be started.
    pub fn start(line: &Line, store: Arc<Store>, model: LoadedModel, events: Sender<Event>) -> Result<Self, AppError> {
        let settings = &line.settings;
        let config = settings.watch_config()?;
        let csv = CsvLog::open(&line.folder)?;
        let health = Arc::new(Health::new());
        let drift = DriftWatch::resume(&store, &model.id, model.judge.calibration())?;
        let (source_health, source_events, memory) = (Arc::clone(&health), events.clone(), Arc::clone(&store));
        // When the database cannot answer, the part is judged again: the store itself keeps a second record away.
        let known = move |key: &ArrivalKey| memory.is_recorded(key).unwrap_or(false);
        let watching = watch(config, known, move |state| {
            source_health.source_is(&state);
            let _ = source_events.try_send(Event::Source(state));
        })?;
        let shared = Arc::new(Shared {
            name: settings.name.clone(),
            folder: line.folder.clone(),
            store,
            judges: Judges::new(model),
            drift: Mutex::new(drift),
            swapping: Mutex::default(),
            events,
            stopping: AtomicBool::new(false),
            health,
            backlog: watching.backlog.clone(),
        });
        if shared.judges.now().lost.is_some() {
            judges::tell_device(&shared, &shared.judges.now());
        }
        let late = judges::driver_late(settings.device.as_deref(), &shared.judges.now(), drivers_were_late());
        shared.health.trouble_if(AlarmCause::DriverLate, late);
        let (stop_beside, stopped) = bounded(0);
        let mut live = Self {
            folder: settings.watch_folder.clone(),
            arrivals: settings.arrivals.clone(),
            shared: Arc::clone(&shared),
            watching: None,
            served: None,
            stop_beside: Some(stop_beside),
            threads: Vec::new(),
        };
        let arrivals = watching.arrivals.clone();
        let pulse = watching.pulse.clone();
        live.watching = Some(watching);
        let (to_judge, captured) = bounded(WAITING);
        let (to_store, judged) = bounded(WAITING);
        let (to_outputs, stored) = bounded(1);
        let (to_drift, recorded) = bounded(1);
        let (to_shadow, followed) = bounded(1);
        // A frame is large: few wait.
        let (to_thumbs, wanted) = bounded(1);
        live.spawn("capture", move |shared| judging::capture_all(shared, &arrivals, &to_thumbs, &to_judge))?;
        live.spawn("thumbs", move |shared| thumbs::make_all(shared, &wanted))?;
        live.spawn("judge", move |shared| judging::judge_all(shared, &captured, &to_store))?;
        live.spawn("store", move |shared| keeping::store_all(shared, &judged, &[to_outputs, to_drift, to_shadow]))?;
        live.spawn("outputs", move |shared| keeping::deliver_all(shared, csv, &stored))?;
        live.spawn("drift", move |shared| drift::watch_all(shared, &recorded))?;
        live.spawn("shadow", move |shared| shadow::judge_beside(shared, &followed))?;
        let (limits, folder, stop) = (settings.health.clone(), line.folder.clone(), stopped.clone());
        live.spawn("watchdog", move |shared| watchdog::watch_over(shared, &limits, &pulse, &folder, &stop))?;
        let (of_line, stop) = (line.clone(), stopped.clone());
        live.spawn("succession", move |shared| succession::follow(shared, &of_line, &stop))?;
        let (keep, folder) = (settings.keep.clone(), line.folder.clone());
        live.spawn("upkeep", move |shared| upkeep::keep_up(shared, &keep, &folder, &stopped))?;
        if let Some(address) = settings.health.listen {
            live.served = Some(serve::serve(address, &shared)?);
        }
        Ok(live)
    }

    fn spawn(&mut self, name: &str, stage: impl FnOnce(&Shared) + Send + 'static) -> Result<(), AppError> {
        let shared = Arc::clone(&self.shared);
        let failed =
            |source| AppError::File { step: "starting a thread for", path: self.shared.folder.clone(), source };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || stage(&shared)).map_err(failed)?;
        self.threads.push(thread);
        Ok(())
    }

    /// Whether it watches the folder that the settings name, as they say.
    pub fn watches(&self, settings: &LineSettings) -> bool {
        self.folder == settings.watch_folder && self.arrivals == settings.arrivals
    }

    /// Whether parts still look like those that the live model's limit was set on.
    pub fn drift(&self) -> Drift {
        self.shared.drift().drift()
    }

    /// Arrivals without a record yet.
    pub(crate) fn queue_depth(&self) -> usize {
        self.shared.queue_depth()
    }

    /// Says what became of a damaged database when the store was opened.
    pub fn tell_restored(&self, restored: &Restored) {
        keeping::tell_restored(&self.shared, restored);
    }

    /// What goes wrong now.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.shared.health.alarms()
    }

    /// How the line is, as other programs are told.
    pub fn health(&self) -> HealthReport {
        HealthReport::of(&self.shared)
    }

    /// The device that judges now.
    pub fn device(&self) -> sightline_model::DeviceInfo {
        self.shared.judges.now().judge.device().clone()
    }

    /// The model that judges now.
    pub fn model(&self) -> Arc<LoadedModel> {
        self.shared.judges.now()
    }

    /// Lets the live model judge, loaded, from the next part on; one that is not the live one any more does not. Its parts are watched for drift with nothing held against it.
    ///
    /// # Errors
    /// When the database cannot be read; the model before goes on judging.
    pub fn swap_model(&self, model: LoadedModel) -> Result<(), AppError> {
        succession::swap(&self.shared, model)
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        (self.served, self.stop_beside) = (None, None);
        // The watcher first: its end closes the first channel, and each stage ends with the one before it.
        self.watching = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A part on its way to the judge.
struct Waiting {
    arrival: Arrival,
    rest: Rest,
    /// The model that prepared it and will judge it.
    model: Arc<LoadedModel>,
    outcome: judging::Prepared,
}

/// Where a part's thumbnail is put is not known before it is stored; the bytes travel with it.
struct Finished {
    judged: sightline_core::Judged,
    reject_above: Option<f64>,
    rest: Rest,
    thumb: thumbs::Thumb,
}

#[cfg(test)]
mod tests;
