//! Words and pure rules of inspection: what a part, a recipe, a score and a verdict are, and how a score becomes a
//! verdict that keeps a promise. No file, screen, database or tensor is known here, so every rule can be tested alone.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod alarm;
mod arrival;
pub mod calibration;
pub mod decide;
pub mod drift;
mod event;
mod failure;
pub mod gate;
mod heat;
pub mod label;
pub mod learning;
pub mod metrics;
mod outline;
mod picture;
pub mod promise;
mod recipe;
mod record;
mod region;
pub mod saving;
pub mod split;
mod tail;
pub mod teaching;
mod tiles;
mod verdict;

pub use alarm::{Alarm, AlarmCause};
pub use arrival::{Arrival, ArrivalKey, PartName};
pub use calibration::{Calibration, CalibrationError};
pub use decide::Limits;
pub use drift::{Drift, DriftBets, DriftMemory, DriftMonitor, PartMark};
pub use event::{Event, RetrainEnd, SourceState};
pub use failure::{Code, Failure};
pub use heat::HeatMap;
pub use label::{
    ClassId, Colour, DefectClass, Feedback, LabelUse, Mark, Mask, Meaning, PartLabel, Point, Ring, Shape, Tag,
};
pub use learning::{LearnHealth, LearnProgress, LearnStage, LearnWarning};
pub use outline::Outline;
pub use picture::{Channels, PictureSize};
pub use promise::Promise;
pub use recipe::{Fit, Poses, Recipe, Variation};
pub use record::{Counters, Judged, Record};
pub use region::Region;
pub use tail::Tail;
pub use tiles::Tiles;
pub use verdict::{ClassGuess, Known, Scored, UnreadableReason, Verdict};
