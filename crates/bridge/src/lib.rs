//! What the window and its host say to each other. The one place where domain types become wire types; TypeScript is
//! generated from here (`cargo xtask bindings`) and CI compares.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bindings;
mod learning;
mod line;
mod part;
mod words;

pub use bindings::typescript;
pub use learning::{HealthView, LearningView, WarningKind, WarningView};
pub use line::{
    DriftView, FolderView, HostError, LineEvent, LineView, ModelView, PromiseView, SetupRequest, SourceView,
};
pub use part::{CountersView, PartView};
pub use words::{ErrorCode, LearnStage, UnreadableReason, Verdict};
