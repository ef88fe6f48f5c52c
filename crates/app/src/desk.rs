//! One line under one window: what is set up, what runs, and what there is to show. The shell around it only carries
//! messages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_core::{Alarm, Calibration, Counters, Drift, Event, Failure, LearnProgress, Record, SourceState};
use sightline_model::{DeviceInfo, choose};
use sightline_store::{LineCheck, Restored, Store};

use crate::live::{EVENTS_WAITING, LiveLine};
use crate::{
    AppError, ArrivalSettings, FolderLook, LearnChild, Line, LineSettings, LoadedModel, check_line, in_words,
    load_live_model, look_at_folder, person, promote_model, release_line, roll_back,
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
    restored: Option<Restored>,
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
    /// What goes wrong while parts are judged.
    pub alarms: Vec<Alarm>,
    /// The last check of the line with known parts.
    pub check: Option<LineCheck>,
}

impl Desk {
    /// Opens the line in `folder`, new or not, and starts watching when it has a model. `executable` is started for
    /// learning. What happens is announced on the given channel's other end.
    ///
    /// # Errors
    /// When the folder cannot be written, its database or settings cannot be used, or another Sightline inspects there.
    /// A damaged database is replaced by its backup, which the view's alarms tell once parts are judged. A model that cannot be loaded or
    /// a watched folder that is gone does not keep the desk from opening: its view says what is wrong.
    pub fn open(folder: &Path, executable: PathBuf) -> Result<(Self, Receiver<Event>), AppError> {
        let not_writable = |source: std::io::Error| AppError::FolderNotWritable {
            path: folder.to_owned(),
            detail: source.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(not_writable)?;
        let (store, restored) = Store::open_alone(folder)?;
        let store = Arc::new(store);
        let line = match Line::open(folder) {
            Ok(line) => Some(line),
            Err(AppError::NotALine { .. }) => None,
            Err(error) => return Err(error),
        };
        let device = choose(line.as_ref().and_then(|line| line.settings.device.as_deref()))?;
        let (events, heard) = bounded(EVENTS_WAITING);
        let state = Arc::new(Mutex::new(State { line, restored, ..State::default() }));
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
        let check = self.store.last_check()?;
        let mut state = self.lock();
        state.totals = totals;
        Ok(DeskView {
            settings: state.line.as_ref().map(|line| line.settings.clone()),
            device: state.live.as_ref().map_or_else(|| self.device.clone(), LiveLine::device),
            source: state.live.is_some().then(|| state.source.clone().unwrap_or(SourceState::Watching)),
            // Another process may have changed it while the line runs.
            model: state.live.as_ref().map(|live| facts(&live.model())).or_else(|| state.model.clone()),
            drift: state.live.as_ref().map(LiveLine::drift),
            totals,
            progress: state.progress.clone(),
            trouble: state.trouble.clone(),
            alarms: state.live.as_ref().map(LiveLine::alarms).unwrap_or_default(),
            check,
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

    /// Changes which files are parts, and what their names tell. What judges goes on with it.
    ///
    /// # Errors
    /// When nothing is set up, a learning run goes on, or a pattern cannot be used.
    pub fn set_arrivals(&self, arrivals: ArrivalSettings) -> Result<(), AppError> {
        self.refuse_second_run()?;
        let settings = self.settings()?.ok_or_else(|| AppError::NotALine { path: self.folder.clone() })?;
        let line = Line::init(&self.folder, LineSettings { arrivals, ..settings })?;
        self.lock().line = Some(line);
        self.start_judging()
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
        self.refuse_second_run()?;
        let line = Line::init(&self.folder, settings)?;
        let desk = self.clone();
        let done = move |outcome| desk.learned(outcome);
        let run = LearnChild::start(&self.executable, &self.folder, self.on_progress(), done)?;
        let mut state = self.lock();
        state.line = Some(line);
        state.learning = Some(run);
        Ok(())
    }

    /// Starts to learn from the line's labels. What judges goes on judging meanwhile; labels that come from now on wait
    /// for the next run.
    ///
    /// # Errors
    /// When nothing is set up or learned yet, a run is going on already, or the process cannot be started.
    pub fn start_retraining(&self) -> Result<(), AppError> {
        self.refuse_second_run()?;
        self.line()?;
        self.store.live_model()?.ok_or_else(|| AppError::NoModel { path: self.folder.clone() })?;
        let desk = self.clone();
        let done = move |outcome| desk.retrained(outcome);
        let run = LearnChild::retrain(&self.executable, &self.folder, self.on_progress(), done)?;
        self.lock().learning = Some(run);
        Ok(())
    }

    /// Lets another model of the line judge, from the next part on.
    ///
    /// # Errors
    /// When there is no such model, it did not pass its trial, or it cannot be loaded.
    pub fn promote_model(&self, id: &str) -> Result<(), AppError> {
        let row = promote_model(&self.line()?, id, &person())?;
        self.take_up(row.id)
    }

    /// Lets the model judge again that judged before.
    ///
    /// # Errors
    /// When there is none, or it cannot be loaded.
    pub fn roll_back(&self) -> Result<(), AppError> {
        let row = roll_back(&self.line()?, &person())?;
        self.take_up(row.id)
    }

    fn take_up(&self, model: String) -> Result<(), AppError> {
        let stood_still = self.lock().live.is_none();
        self.start_judging()?;
        if stood_still {
            // A running line tells it by itself.
            let _ = self.events.try_send(Event::ModelChanged { model });
        }
        Ok(())
    }

    /// The line as it was set up.
    ///
    /// # Errors
    /// When it was not.
    pub fn line(&self) -> Result<Line, AppError> {
        self.lock().line.clone().ok_or_else(|| AppError::NotALine { path: self.folder.clone() })
    }

    fn refuse_second_run(&self) -> Result<(), AppError> {
        match self.lock().learning.as_ref().is_some_and(|run| !run.is_finished()) {
            true => Err(AppError::Busy),
            false => Ok(()),
        }
    }

    fn on_progress(&self) -> impl Fn(LearnProgress) + Send + use<> {
        let (desk, told) = (self.clone(), self.events.clone());
        move |progress: LearnProgress| {
            desk.lock().progress = Some(progress.clone());
            let _ = told.try_send(Event::Learning(progress));
        }
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

    /// Checks the line with its known parts. Where that releases it, parts are judged from then on.
    ///
    /// # Errors
    /// When nothing was learned yet, no known parts are set up or they cannot be read, or the outcome cannot be kept.
    pub fn check_line(&self) -> Result<LineCheck, AppError> {
        let line = self.line()?;
        let model = load_live_model(&self.store, &self.folder, &self.device)?;
        let check = check_line(&line, &self.store, &model, &mut |_| std::ops::ControlFlow::Continue(()))?;
        if check.passed() && self.lock().live.is_none() {
            self.watch_with(&line, model)?;
        }
        Ok(check)
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
        let facts_of_it = facts(&model);
        if let Err(error) = release_line(&line, &self.store, &model) {
            // Not released with this model: the one before, which was, does not go on in its place.
            let mut state = self.lock();
            (state.model, state.trouble) = (Some(facts_of_it), Some(failure(&error)));
            let old = state.live.take();
            drop(state);
            drop(old);
            return Err(error);
        }
        self.watch_with(&line, model)
    }

    /// Lets a model judge: the line goes on with it, or begins.
    fn watch_with(&self, line: &Line, model: LoadedModel) -> Result<(), AppError> {
        let facts = facts(&model);
        let mut state = self.lock();
        if let Some(live) = &state.live
            && live.watches(&line.settings)
        {
            live.swap_model(model)?;
            (state.model, state.trouble) = (Some(facts), None);
            return Ok(());
        }
        (state.model, state.trouble) = (Some(facts), None);
        // The folder, or what counts in it, is another from now on; the old watch ends first, so that no part is judged
        // twice.
        let old = state.live.take();
        drop(state);
        drop(old);
        let live = LiveLine::start(line, Arc::clone(&self.store), model, self.events.clone())?;
        let mut state = self.lock();
        if let Some(restored) = &state.restored {
            live.tell_restored(restored);
        }
        state.live = Some(live);
        Ok(())
    }

    fn learned(&self, outcome: Result<String, AppError>) {
        self.lock().progress = None;
        let event = match outcome.and_then(|model| self.start_judging().map(|()| model)) {
            Ok(model) => Event::Learned { model },
            Err(error) => stopped(&error),
        };
        // Waits for room: this event decides what the window shows next.
        let _ = self.events.send(event);
    }

    fn retrained(&self, outcome: Result<(Option<String>, bool), AppError>) {
        self.lock().progress = None;
        let taken_up = outcome.and_then(|(challenger, promoted)| {
            if promoted {
                self.start_judging()?;
            }
            Ok((challenger, promoted))
        });
        let event = match taken_up {
            Ok((challenger, promoted)) => Event::Retrained { challenger, promoted },
            Err(error) => stopped(&error),
        };
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

/// What a run that failed or was cancelled announces.
fn stopped(error: &AppError) -> Event {
    let failure = || Failure { code: error.code(), detail: in_words(error) };
    Event::LearningStopped { error: (!error.is_cancel()).then(failure) }
}

fn failure(error: &AppError) -> Failure {
    Failure { code: error.code(), detail: error.to_string() }
}
