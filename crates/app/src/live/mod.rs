//! The live path: watch → capture → judge → store → tell, and behind the store the watch for drift. Each stage has a
//! named thread; bounded channels between them make a slow stage slow down those before it instead of filling memory.
//!
//! Every arrival ends as exactly one stored record. A part that could not be judged is recorded as unreadable, never as
//! a pass; a record that could not be stored is tried again until it is.

mod drift;
mod judging;
mod keeping;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};
use sightline_core::{Arrival, ArrivalKey, Drift, Event};
use sightline_outputs::CsvLog;
use sightline_store::Store;
use sightline_watch::{Backlog, WatchConfig, Watching, watch};

use crate::{AppError, Line, LoadedModel};
use drift::DriftWatch;

/// Parts that may wait between two stages. The pictures in them are the live path's memory.
const WAITING: usize = 4;

/// Events that may wait for a listener. More are dropped: a slow screen delays no verdict, and the store has them all.
pub const EVENTS_WAITING: usize = 1024;

/// The running live path of one line. Dropping it stops the stages after the parts that they are at.
pub struct LiveLine {
    folder: PathBuf,
    store: Arc<Store>,
    stopping: Arc<AtomicBool>,
    model: Arc<RwLock<Arc<LoadedModel>>>,
    drift: Arc<Mutex<DriftWatch>>,
    watching: Option<Watching>,
    threads: Vec<JoinHandle<()>>,
}

/// What all stages share.
struct Shared {
    store: Arc<Store>,
    model: Arc<RwLock<Arc<LoadedModel>>>,
    drift: Arc<Mutex<DriftWatch>>,
    events: Sender<Event>,
    stopping: Arc<AtomicBool>,
    /// Arrivals that no stage has taken yet.
    backlog: Backlog,
    /// Arrivals between the first stage and their record.
    inside: AtomicUsize,
}

impl Shared {
    /// The model for the next part.
    fn model(&self) -> Arc<LoadedModel> {
        Arc::clone(&self.model.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The watch over the live model's parts.
    fn drift(&self) -> MutexGuard<'_, DriftWatch> {
        self.drift.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the listener, if it keeps up.
    fn tell(&self, event: Event) {
        let _ = self.events.try_send(event);
    }

    /// Arrivals that were seen settled and have no record yet.
    fn queue_depth(&self) -> usize {
        self.backlog.waiting() + self.inside.load(Ordering::Relaxed)
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl LiveLine {
    /// Starts watching. Files that arrived while the line was stopped are judged first.
    ///
    /// # Errors
    /// When the watched folder is missing, a file of the line cannot be read or written, or a thread cannot be started.
    pub fn start(line: &Line, store: Arc<Store>, model: LoadedModel, events: Sender<Event>) -> Result<Self, AppError> {
        let csv = CsvLog::open(&line.folder)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let drift = Arc::new(Mutex::new(DriftWatch::resume(&store, &model.id, model.judge.calibration())?));
        let model = Arc::new(RwLock::new(Arc::new(model)));
        let source_events = events.clone();
        let memory = Arc::clone(&store);
        // When the database cannot answer, the part is judged again: the store itself keeps a second record away.
        let known = move |key: &ArrivalKey| memory.is_recorded(key).unwrap_or(false);
        let watching = watch(WatchConfig::new(line.settings.watch_folder.clone()), known, move |state| {
            let _ = source_events.try_send(Event::Source(state));
        })?;
        let shared = Arc::new(Shared {
            store: Arc::clone(&store),
            model: Arc::clone(&model),
            drift: Arc::clone(&drift),
            events,
            stopping: Arc::clone(&stopping),
            backlog: watching.backlog.clone(),
            inside: AtomicUsize::new(0),
        });
        let arrivals = watching.arrivals.clone();
        let (to_judge, captured) = bounded(WAITING);
        let (to_store, judged) = bounded(WAITING);
        let (to_outputs, stored) = bounded(1);
        let (to_drift, recorded) = bounded(1);
        let spawn = |name: &str, stage: Box<dyn FnOnce(&Shared) + Send>| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || stage(&shared))
                .map_err(|source| AppError::File { step: "starting a thread for", path: line.folder.clone(), source })
        };
        let threads = vec![
            spawn("capture", Box::new(move |shared| judging::capture_all(shared, &arrivals, &to_judge)))?,
            spawn("judge", Box::new(move |shared| judging::judge_all(shared, &captured, &to_store)))?,
            spawn("store", Box::new(move |shared| keeping::store_all(shared, &judged, &[to_outputs, to_drift])))?,
            spawn("outputs", Box::new(move |shared| keeping::deliver_all(shared, csv, &stored)))?,
            spawn("drift", Box::new(move |shared| drift::watch_all(shared, &recorded)))?,
        ];
        let folder = line.settings.watch_folder.clone();
        Ok(Self { folder, store, stopping, model, drift, watching: Some(watching), threads })
    }

    /// The watched folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether parts still look like those that the live model's limit was set on.
    pub fn drift(&self) -> Drift {
        self.drift.lock().unwrap_or_else(PoisonError::into_inner).drift()
    }

    /// Lets another model judge, from the next part on. Its parts are watched for drift with nothing held against it.
    ///
    /// # Errors
    /// When the database cannot be read; the model before goes on judging.
    pub fn swap_model(&self, model: LoadedModel) -> Result<(), AppError> {
        let watch = DriftWatch::resume(&self.store, &model.id, model.judge.calibration())?;
        *self.drift.lock().unwrap_or_else(PoisonError::into_inner) = watch;
        *self.model.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(model);
        Ok(())
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
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
    /// The model that prepared it and will judge it.
    model: Arc<LoadedModel>,
    outcome: judging::Prepared,
}

/// Where a part's thumbnail is put is not known before it is stored; the bytes travel with it.
struct Finished {
    judged: sightline_core::Judged,
    reject_above: Option<f64>,
    thumb: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests;
