//! The one closed list of what the engine announces.

use crate::{Alarm, Drift, Failure, LearnProgress, Record};

/// State of the watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// The operating system tells of new files.
    Watching,
    /// The folder is looked through at intervals.
    Polling,
    /// The folder cannot be read; it is tried again until it comes back.
    Lost {
        /// What the operating system said.
        detail: String,
    },
}

/// What a retraining run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrainEnd {
    /// Id of the challenger; none when there was nothing new to learn.
    pub challenger: Option<String>,
    /// It judges.
    pub promoted: bool,
    /// It was made of these labels and good parts before, and tried against the live model then: nothing was learned.
    pub before: bool,
}

/// Something that happened in the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The watched folder changed its state.
    Source(SourceState),
    /// A part was judged and its record is stored.
    Judged {
        /// The stored record.
        record: Box<Record>,
        /// Arrivals still waiting.
        queue_depth: usize,
    },
    /// A record could not be stored; the part is tried again.
    StoreFailed {
        /// What went wrong, with path or step.
        detail: String,
    },
    /// What goes wrong on the line now: all of it, whenever something begins or ends.
    Alarms(Vec<Alarm>),
    /// Another device judges from here on.
    Device {
        /// What a person pins it by.
        id: String,
        /// What the maker calls it.
        name: String,
    },
    /// Parts no longer look like those that the limit was set on: the promise is suspended.
    Drift(Drift),
    /// A learning run reports.
    Learning(LearnProgress),
    /// A learning run ended well; the model with this id is live.
    Learned {
        /// The new model.
        model: String,
    },
    /// Another model judges from the next part on.
    ModelChanged {
        /// Its id.
        model: String,
    },
    /// A retraining run came to its end.
    Retrained(RetrainEnd),
    /// A learning or retraining run ended without a model.
    LearningStopped {
        /// Why; none when a person cancelled.
        error: Option<Failure>,
    },
}
