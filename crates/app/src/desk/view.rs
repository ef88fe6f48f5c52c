//! What a window shows: everything at its start, and totals that go along with verdicts.

use std::time::{Duration, Instant};

use sightline_core::{Alarm, Calibration, Counters, Drift, Failure, LearnProgress, Record, SourceState};
use sightline_model::DeviceInfo;
use sightline_store::LineCheck;

use super::Desk;
use crate::live::LiveLine;
use crate::{AppError, LineSettings, LoadedModel};

/// Records that a window shows at its start.
const LATEST: usize = 60;

/// Verdicts over which latency is told.
const LATENCY_OVER: usize = 1000;

/// Totals are read from the store at most this often; between two readings they are counted along.
const COUNT_AGAIN: Duration = Duration::from_secs(1);

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
    /// Parts are looked at in all the ways that they may lie.
    pub all_ways: bool,
    /// What interrupts the grain of the parts counts.
    pub grain: bool,
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

    fn read_totals(&self) -> Result<Totals, AppError> {
        Ok(Totals {
            counters: self.store.counters()?,
            latency: self.store.latency_quantiles(LATENCY_OVER)?,
            queue_depth: self.lock().totals.queue_depth,
            read_at: Some(Instant::now()),
        })
    }
}

pub(super) fn facts(model: &LoadedModel) -> ModelFacts {
    ModelFacts {
        id: model.id.clone(),
        made_millis: model.made_millis,
        calibration: model.judge.calibration().clone(),
        parts_missing: model.card.parts_missing(),
        all_ways: model.card.all_ways,
        grain: model.card.fusion.grain.is_some(),
    }
}
