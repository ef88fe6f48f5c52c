//! Words and pure rules of inspection: what a part, a recipe, a score and a verdict are, and how a score becomes a
//! verdict that keeps a promise. No file, screen, database or tensor is known here, so every rule can be tested alone.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arrival;
pub mod calibration;
pub mod decide;
pub mod drift;
mod event;
mod failure;
mod heat;
pub mod learning;
pub mod metrics;
mod picture;
pub mod promise;
mod recipe;
mod record;
mod region;
pub mod split;
mod verdict;

pub use arrival::{Arrival, ArrivalKey};
pub use calibration::{Calibration, CalibrationError};
pub use decide::Limits;
pub use drift::{Drift, DriftBets, DriftMemory, DriftMonitor, PartMark};
pub use event::{Event, SourceState};
pub use failure::{Code, Failure};
pub use heat::HeatMap;
pub use learning::{LearnHealth, LearnProgress, LearnStage, LearnWarning};
pub use picture::{Channels, PictureSize};
pub use promise::Promise;
pub use recipe::{Fit, Poses, Recipe};
pub use record::{Counters, Judged, Record};
pub use region::Region;
pub use verdict::{Scored, UnreadableReason, Verdict};
