//! One line under one window: what is set up, what runs, and what there is to show. The shell around it only carries
//! messages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_core::{Calibration, Counters, Drift, Event, Failure, LearnProgress, Record, SourceState};
use sightline_model::{DeviceInfo, choose};
use sightline_store::Store;

use crate::live::{EVENTS_WAITING, LiveLine};
use crate::{
    AppError, FolderLook, LearnChild, Line, LineSettings, LoadedModel, in_words, load_live_model, look_at_folder,
};

/// Records that a window shows at its start.
const LATEST: usize = 60;

/// Verdicts over which latency is told.
const LATENCY_OVER: usize = 1000;

/// Totals are read from the store at most this often; between two readings they are counted along.
const COUNT_AGAIN: Duration = Duration::from_secs(1);

/// A line with its running parts. Cheap to clone; all clones are the same line.
#[derive(Clone)]
pub struct Desk {
    folder: PathBuf,
    executable: PathBuf,
    store: Arc<Store>,
    device: DeviceInfo,
    events: Sender<Event>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    line: Option<Line>,
    model: Option<ModelFacts>,
    source: Option<SourceState>,
    live: Option<LiveLine>,
    learning: Option<LearnChild>,
    progress: Option<LearnProgress>,
    samples: Vec<PathBuf>,
    totals: Totals,
    trouble: Option<Failure>,
}

/// The live model, as far as a screen needs it.
#[derive(Debug, Clone)]
pub struct ModelFacts {
    /// BLAKE3 of the model file, in hex.
    pub id: String,
    /// Milliseconds since 1970.
    pub made_millis: i64,
    /// Behind the promise.
    pub calibration: Calibration,
    /// Good parts that are missing for a promise.
    pub parts_missing: usize,
}

/// Counters with what goes with them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// Verdicts by kind.
    pub counters: Counters,
    /// p50 and p95 in milliseconds; none before the first verdict.
    pub latency: Option<(f64, f64)>,
    /// Arrivals without a record yet.
    pub queue_depth: usize,
    read_at: Option<Instant>,
}

/// Everything that a window shows at its start.
#[derive(Debug, Clone)]
pub struct DeskView {
    /// What was set up; none on a new line.
    pub settings: Option<LineSettings>,
    /// The device that judges.
    pub device: DeviceInfo,
    /// The watched folder; none while nothing watches.
    pub source: Option<SourceState>,
    /// The model that judges; none before the first learning run.
    pub model: Option<ModelFacts>,
    /// Whether parts still look like those that its limit was set on; none while nothing judges.
    pub drift: Option<Drift>,
    /// Totals.
    pub totals: Totals,
    /// The latest report of a running learning run.
    pub progress: Option<LearnProgress>,
    /// Newest first.
    pub latest: Vec<Record>,
    /// Why nothing judges although the line is set up.
    pub trouble: Option<Failure>,
}

impl Desk {
    /// Opens the line in `folder`, new or not, and starts watching when it has a model. `executable` is started for
    /// learning. What happens is announced on the given channel's other end.
    ///
    /// # Errors
    /// When the folder cannot be written, or its database or settings cannot be used. A model that cannot be loaded or
    /// a watched folder that is gone does not keep the desk from opening: its view says what is wrong.
    pub fn open(folder: &Path, executable: PathBuf) -> Result<(Self, Receiver<Event>), AppError> {
        let not_writable = |source: std::io::Error| AppError::FolderNotWritable {
            path: folder.to_owned(),
            detail: source.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(not_writable)?;
        let store = Arc::new(Store::open(folder)?);
        let line = match Line::open(folder) {
            Ok(line) => Some(line),
            Err(AppError::NotALine { .. }) => None,
            Err(error) => return Err(error),
        };
        let device = choose(line.as_ref().and_then(|line| line.settings.device.as_deref()))?;
        let (events, heard) = bounded(EVENTS_WAITING);
        let state = Arc::new(Mutex::new(State { line, ..State::default() }));
        let desk = Self { folder: folder.to_owned(), executable, store, device, events, state };
        if let Err(error) = desk.start_judging() {
            desk.lock().trouble = Some(failure(&error));
        }
        Ok((desk, heard))
    }

    /// The line's memory, for pictures.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What a window shows at its start.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn view(&self) -> Result<DeskView, AppError> {
        let latest = self.store.latest(None, LATEST)?;
        let totals = self.read_totals()?;
        let mut state = self.lock();
        state.totals = totals;
        Ok(DeskView {
            settings: state.line.as_ref().map(|line| line.settings.clone()),
            device: self.device.clone(),
            source: state.live.is_some().then(|| state.source.clone().unwrap_or(SourceState::Watching)),
            model: state.model.clone(),
            drift: state.live.as_ref().map(LiveLine::drift),
            totals,
            progress: state.progress.clone(),
            trouble: state.trouble.clone(),
            latest,
        })
    }

    /// What is set up now, read anew: a person may have edited the settings since the desk opened. None on a new line.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn settings(&self) -> Result<Option<LineSettings>, AppError> {
        match Line::open(&self.folder) {
            Ok(line) => Ok(Some(line.settings)),
            Err(AppError::NotALine { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks at a folder of good parts and remembers its sample pictures.
    ///
    /// # Errors
    /// When the folder is missing, cannot be read or holds no picture.
    pub fn look_at_folder(
        &self,
        folder: &Path,
        false_reject_limit: f64,
        confidence: f64,
    ) -> Result<FolderLook, AppError> {
        let look = look_at_folder(folder, false_reject_limit, confidence)?;
        self.lock().samples.clone_from(&look.samples);
        Ok(look)
    }

    /// A sample picture of the folder that was looked at last.
    pub fn sample(&self, index: usize) -> Option<PathBuf> {
        self.lock().samples.get(index).cloned()
    }

    /// Sets the line up and starts a learning run. What judges goes on judging meanwhile.
    ///
    /// # Errors
    /// When the settings are not valid, a run is going on already, or the process cannot be started.
    pub fn start_learning(&self, settings: LineSettings) -> Result<(), AppError> {
        if self.lock().learning.as_ref().is_some_and(|run| !run.is_finished()) {
            return Err(AppError::Busy);
        }
        let line = Line::init(&self.folder, settings)?;
        let (desk, told) = (self.clone(), self.events.clone());
        let progress = move |progress: LearnProgress| {
            desk.lock().progress = Some(progress.clone());
            let _ = told.try_send(Event::Learning(progress));
        };
        let desk = self.clone();
        let done = move |outcome| desk.learned(outcome);
        let run = LearnChild::start(&self.executable, &self.folder, progress, done)?;
        let mut state = self.lock();
        state.line = Some(line);
        state.learning = Some(run);
        Ok(())
    }

    /// Learns with the settings that the line has, when it has no model yet.
    ///
    /// # Errors
    /// As [`Desk::start_learning`].
    pub fn learn_if_needed(&self) -> Result<(), AppError> {
        let settings = {
            let state = self.lock();
            if state.model.is_some() { None } else { state.line.as_ref().map(|line| line.settings.clone()) }
        };
        settings.map_or(Ok(()), |settings| self.start_learning(settings))
    }

    /// Stops a learning run within two seconds. Without one nothing happens.
    pub fn cancel_learning(&self) {
        // Taken out first: the run's last words need the lock.
        let run = self.lock().learning.take();
        drop(run);
    }

    /// Counts a stored verdict and gives the totals.
    pub fn count(&self, record: &Record, queue_depth: usize) -> Totals {
        let due = self.lock().totals.read_at.is_none_or(|at| at.elapsed() > COUNT_AGAIN);
        let read = due.then(|| self.read_totals().ok()).flatten();
        let mut state = self.lock();
        match read {
            Some(totals) => state.totals = totals,
            None => state.totals.counters.add(record.judged.verdict),
        }
        state.totals.queue_depth = queue_depth;
        state.totals
    }

    /// Remembers the state of the watched folder, for windows that open later.
    pub fn source_changed(&self, source: &SourceState) {
        self.lock().source = Some(source.clone());
    }

    /// Stops everything that runs.
    pub fn close(&self) {
        self.cancel_learning();
        let live = self.lock().live.take();
        drop(live);
    }

    /// Loads the live model, if there is one, and lets it judge.
    fn start_judging(&self) -> Result<(), AppError> {
        let Some(line) = self.lock().line.clone() else { return Ok(()) };
        let model = match load_live_model(&self.store, &self.folder, &self.device) {
            Ok(model) => model,
            Err(AppError::NoModel { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let facts = facts(&model);
        let mut state = self.lock();
        if let Some(live) = &state.live
            && live.folder() == line.settings.watch_folder
        {
            live.swap_model(model)?;
            (state.model, state.trouble) = (Some(facts), None);
            return Ok(());
        }
        (state.model, state.trouble) = (Some(facts), None);
        // Another folder is watched from now on; the old watch ends first, so that no part is judged twice.
        let old = state.live.take();
        drop(state);
        drop(old);
        let live = LiveLine::start(&line, Arc::clone(&self.store), model, self.events.clone())?;
        self.lock().live = Some(live);
        Ok(())
    }

    fn learned(&self, outcome: Result<String, AppError>) {
        self.lock().progress = None;
        let event = match outcome.and_then(|model| self.start_judging().map(|()| model)) {
            Ok(model) => Event::Learned { model },
            Err(error) if error.is_cancel() => Event::LearningStopped { error: None },
            Err(error) => {
                Event::LearningStopped { error: Some(Failure { code: error.code(), detail: in_words(&error) }) }
            }
        };
        // Waits for room: this event decides what the window shows next.
        let _ = self.events.send(event);
    }

    fn read_totals(&self) -> Result<Totals, AppError> {
        Ok(Totals {
            counters: self.store.counters()?,
            latency: self.store.latency_quantiles(LATENCY_OVER)?,
            queue_depth: self.lock().totals.queue_depth,
            read_at: Some(Instant::now()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn facts(model: &LoadedModel) -> ModelFacts {
    ModelFacts {
        id: model.id.clone(),
        made_millis: model.made_millis,
        calibration: model.judge.calibration().clone(),
        parts_missing: model.card.parts_missing(),
    }
}

fn failure(error: &AppError) -> Failure {
    Failure { code: error.code(), detail: error.to_string() }
}
