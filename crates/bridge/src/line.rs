//! The line as the window sees it.

use serde::{Deserialize, Serialize};
use sightline_core::{Alarm, Calibration, Drift, Failure, SourceState};
use specta::Type;
use specta_typescript::Number;

use crate::part::plant_time;
use crate::{AlarmCause, ArrivalsView, CountersView, ErrorCode, LearningView, PartView, RecipeView, TrialView};

/// State of the watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::SourceState`")]
pub enum SourceView {
    Stopped,
    Watching,
    Polling,
    Lost { detail: String },
}

/// What is promised about good parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::Promise`")]
pub struct PromiseView {
    #[specta(type = Number)]
    pub false_reject_limit: f64,
    #[specta(type = Number)]
    pub confidence: f64,
    pub calibration_parts: u32,
    pub parts_missing: u32,
    pub holds: bool,
}

/// The model that judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct LiveModelView {
    pub id: String,
    pub made_at: String,
    pub promise: PromiseView,
}

/// Parts no longer look like those that the limit was set on. The promise is suspended until the line learns again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DriftView {
    /// When the first part was stored that looks different: RFC 3339 with the zone's offset, in the plant's time.
    pub since: String,
}

/// Something that goes wrong on the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AlarmView {
    /// What kind.
    pub cause: AlarmCause,
    /// With path, stage or device; shown under "Details".
    pub detail: String,
    /// RFC 3339 with the zone's offset, in the plant's time.
    pub since: String,
}

/// A check of the line with known parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// RFC 3339 with the zone's offset, in the plant's time.
    pub made_at: String,
    /// Known parts that were judged.
    pub parts: u32,
    /// Those that came out wrong, a sentence each.
    pub wrong: Vec<String>,
    /// All came out right, and there were any.
    pub passed: bool,
}

/// Everything that the window shows at its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct LineView {
    pub name: Option<String>,
    pub good_folder: Option<String>,
    pub watch_folder: Option<String>,
    pub may_turn: bool,
    pub may_flip: bool,
    /// Parts are judged in all the ways that they may lie.
    pub all_ways: bool,
    /// What interrupts the grain of the parts counts.
    pub grain: bool,
    pub arrivals: ArrivalsView,
    pub recipe: RecipeView,
    pub device: Option<String>,
    pub source: SourceView,
    pub model: Option<LiveModelView>,
    /// None while parts look as they should.
    pub drift: Option<DriftView>,
    pub counters: CountersView,
    pub learning: Option<LearningView>,
    /// Newest first.
    pub latest: Vec<PartView>,
    /// Why nothing judges although the line is set up.
    pub trouble: Option<HostError>,
    /// What goes wrong while parts are judged.
    pub alarms: Vec<AlarmView>,
    /// The last check with known parts; none before the first.
    pub check: Option<CheckView>,
    /// Known parts are set up, so that the line can be checked.
    pub can_check: bool,
}

/// A folder of good parts that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct FolderView {
    pub folder: String,
    /// Pictures that can be used.
    pub pictures: u32,
    /// Pictures that were looked at and cannot be read.
    pub unreadable: u32,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Sample pictures that can be asked for: 0..samples.
    pub samples: u32,
    /// With fewer pictures nothing can be learned.
    pub minimum: u32,
    /// With fewer pictures nothing can be promised.
    pub needed_for_promise: u32,
}

/// What a person set up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct SetupRequest {
    pub name: String,
    pub good_folder: String,
    pub watch_folder: String,
    /// α: 0.01 is 1 %.
    #[specta(type = Number)]
    pub false_reject_limit: f64,
    pub may_turn: bool,
    pub may_flip: bool,
    /// Parts are judged in all the ways that they may lie.
    pub all_ways: bool,
    /// What interrupts the grain of the parts counts.
    pub grain: bool,
    pub arrivals: ArrivalsView,
    pub recipe: RecipeView,
}

/// What a refused command answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HostError {
    /// What kind.
    pub code: ErrorCode,
    /// With path, size or step; shown under "Details".
    pub detail: String,
}

/// What the host announces, one after another, on the channel `line-event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::Event`")]
pub enum LineEvent {
    Source {
        source: SourceView,
    },
    Judged {
        part: Box<PartView>,
        counters: CountersView,
    },
    StoreFailed {
        detail: String,
    },
    Drift {
        drift: Option<DriftView>,
    },
    Alarms {
        alarms: Vec<AlarmView>,
    },
    Device {
        device: String,
    },
    Learning {
        progress: LearningView,
    },
    Learned {
        line: Box<LineView>,
    },
    /// Another model judges from here on.
    ModelChanged {
        line: Box<LineView>,
    },
    /// A retraining run ended with a challenger, or there was nothing new to learn.
    RetrainDone {
        /// The challenger judges.
        promoted: bool,
        /// The live model was made of these very labels, settings and good parts.
        #[serde(rename = "nothingNew")]
        nothing_new: bool,
        /// The challenger was made of these before, and tried against the live model then.
        before: bool,
        /// How it did; none when there was nothing new.
        trial: Option<Box<TrialView>>,
    },
    /// No error means that a person cancelled.
    LearningStopped {
        error: Option<HostError>,
    },
}

impl From<Failure> for HostError {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code.into(), detail: failure.detail }
    }
}

impl From<&SourceState> for SourceView {
    fn from(state: &SourceState) -> Self {
        match state {
            SourceState::Watching => Self::Watching,
            SourceState::Polling => Self::Polling,
            SourceState::Lost { detail } => Self::Lost { detail: detail.clone() },
        }
    }
}

impl PromiseView {
    /// What a calibration promises, or how many good parts are missing for it.
    pub fn new(calibration: &Calibration, parts_missing: usize) -> Self {
        Self {
            false_reject_limit: calibration.false_reject_limit(),
            confidence: calibration.confidence(),
            calibration_parts: calibration.scores().len() as u32,
            parts_missing: parts_missing as u32,
            holds: calibration.promise().is_some(),
        }
    }
}

impl From<&Alarm> for AlarmView {
    fn from(alarm: &Alarm) -> Self {
        Self { cause: alarm.cause.into(), detail: alarm.detail.clone(), since: plant_time(alarm.since_millis) }
    }
}

impl CheckView {
    /// A check by its time (milliseconds since 1970), the number of known parts, and those that came out wrong.
    pub fn new(made_millis: i64, parts: u64, wrong: &str) -> Self {
        let wrong: Vec<String> = wrong.lines().map(str::to_owned).collect();
        let passed = wrong.is_empty() && parts > 0;
        Self { made_at: plant_time(made_millis), parts: u32::try_from(parts).unwrap_or(u32::MAX), wrong, passed }
    }
}

impl DriftView {
    /// What is shown of a drift: nothing before the alarm.
    pub fn new(drift: &Drift) -> Option<Self> {
        drift.alarm.map(|since| Self { since: plant_time(since.stored_millis) })
    }
}

impl LiveModelView {
    /// A model by its id, time of making (milliseconds since 1970) and promise.
    pub fn new(id: &str, made_millis: i64, promise: PromiseView) -> Self {
        Self { id: id.to_owned(), made_at: plant_time(made_millis), promise }
    }
}
