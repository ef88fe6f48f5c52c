//! What the window and its host say to each other. The one place where domain types become wire types; TypeScript is
//! generated from here (`cargo xtask bindings`) and CI compares.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arrivals;
mod bindings;
mod gallery;
mod label;
mod learning;
mod line;
mod models;
mod part;
mod recipe;
mod saving;
mod teaching;
mod training;
mod words;

pub use arrivals::{
    ArrivalsLook, ArrivalsSeenView, ArrivalsView, NamedView, PatternFault, PatternField, WrongPatternView,
};
pub use bindings::typescript;
pub use gallery::{GalleryItem, GalleryPage, GalleryRequest, LabelFilter};
pub use label::{
    ClassView, Feedback, LabelContent, LabelView, MarkView, ShapeView, TagView, mask_from_text, mask_text,
};
pub use learning::{HealthView, LearningView, WarningKind, WarningView};
pub use line::{
    AlarmView, CheckView, DriftView, FolderView, HostError, LineEvent, LineView, LiveModelView, PromiseView,
    SetupRequest, SourceView,
};
pub use models::{ExportFormat, ModelView, PromotionView, ShadowView};
pub use part::{CountersView, PartView};
pub use recipe::{RecipeView, RegionView};
pub use saving::{LabelSavingView, MeasuredView, SavingPointView};
pub use teaching::{ListedPart, LookingView, ReasonView, TeachingView};
pub use training::{
    ClassCompared, ClassCount, ComparedView, LabelCounts, LeftOutKind, LeftOutView, MissingKind, MissingView,
    NotLeftOutKind, RefusalKind, TrainingView, TrialView,
};
pub use words::{AlarmCause, ErrorCode, LearnStage, UnreadableReason, Verdict};
