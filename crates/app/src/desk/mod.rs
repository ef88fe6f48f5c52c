//! One line under one window: what is set up, what runs, and what there is to show. The shell around it only carries
//! messages.

mod judging;
mod learning;
mod measuring;
mod teaching;
mod view;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_core::{Event, Failure, LearnProgress, SourceState};
use sightline_model::{DeviceInfo, choose};
use sightline_store::{Restored, Store};

use self::measuring::Measuring;
pub use self::measuring::MeasuringFacts;
pub use self::view::{DeskView, ModelFacts, Totals};
use crate::live::{EVENTS_WAITING, LiveLine};
use crate::{AppError, ArrivalSettings, FolderLook, LearnChild, Line, LineSettings, Looks, look_at_folder};

/// A line with its running parts. Cheap to clone; all clones are the same line.
#[derive(Clone)]
pub struct Desk {
    folder: PathBuf,
    executable: PathBuf,
    store: Arc<Store>,
    device: DeviceInfo,
    events: Sender<Event>,
    state: Arc<Mutex<State>>,
    /// Held while a run is started, over the look whether another goes on: two starts at once must not both find none.
    /// Taken before the state, and never by what a run calls.
    starting: Arc<Mutex<()>>,
    /// Held while what judges is exchanged: only one line watches. Taken before the state.
    judging: Arc<Mutex<()>>,
    looks: Arc<Mutex<Looks>>,
}

#[derive(Default)]
struct State {
    line: Option<Line>,
    model: Option<ModelFacts>,
    source: Option<SourceState>,
    live: Option<LiveLine>,
    learning: Option<LearnChild>,
    /// Set to end the look at what labels would teach.
    looking: Option<Arc<AtomicBool>>,
    progress: Option<LearnProgress>,
    measuring: Measuring,
    samples: Vec<PathBuf>,
    totals: Totals,
    trouble: Option<Failure>,
    restored: Option<Restored>,
    /// What starts to judge from now on is stopped again.
    closed: bool,
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
        let looks = Arc::default();
        let (starting, judging) = (Arc::default(), Arc::default());
        let desk =
            Self { folder: folder.to_owned(), executable, store, device, events, state, starting, judging, looks };
        if let Err(error) = desk.start_judging() {
            desk.lock().trouble = Some(failure(&error));
        }
        Ok((desk, heard))
    }

    /// The line's memory, for pictures.
    pub fn store(&self) -> &Store {
        &self.store
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

    /// The line as it was set up.
    ///
    /// # Errors
    /// When it was not.
    pub fn line(&self) -> Result<Line, AppError> {
        self.lock().line.clone().ok_or_else(|| AppError::NotALine { path: self.folder.clone() })
    }

    /// Stops everything that runs.
    pub fn close(&self) {
        self.cancel_learning();
        self.cancel_measuring();
        self.stop_teaching();
        let mut state = self.lock();
        state.closed = true;
        let live = state.live.take();
        drop(state);
        drop(live);
    }

    fn alone(turn: &Mutex<()>) -> MutexGuard<'_, ()> {
        turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure(error: &AppError) -> Failure {
    Failure { code: error.code(), detail: error.to_string() }
}
