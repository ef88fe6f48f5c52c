//! What a person does with Sightline: set a line up, learn, watch, inspect, evaluate. Joins the stages; each stage is
//! a crate of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod capture;
mod child;
mod dataset;
mod desk;
mod error;
mod evaluation;
mod export;
mod folder;
mod inspect;
mod learning;
mod line;
pub mod live;
mod screen;
mod sweep;
#[cfg(test)]
mod testing;
mod worker;

pub use child::LearnChild;
pub use dataset::{Dataset, DatasetSplit};
pub use desk::{Desk, DeskView, ModelFacts, Totals};
pub use error::{AppError, in_words};
pub use evaluation::{EvaluationProgress, EvaluationReport, EvaluationSettings, evaluate_dataset, verdict_name};
pub use export::export_live_model;
pub use folder::{FolderLook, FolderSource, look_at_folder, pictures_in};
pub use inspect::{Inspected, inspect_file};
pub use learning::{LearnedLine, LoadedModel, forget_checkpoint, learn_line, load_live_model, propose_recipe};
pub use line::{LearningSettings, Line, LineSettings};
pub use screen::{part_heat, part_picture, part_thumb, sample_picture};
pub use sweep::{SweepPoint, SweepProgress, SweepReport, SweepSettings, sweep};
pub use worker::{HealthMessage, WORKER_ARGUMENT, WarningMessage, WorkerMessage, run_worker};

// What callers need of the stages, so that the edges (command, shell) know this crate alone.
pub use sightline_model::{DeviceInfo, ModelError, available as available_devices, choose as choose_device};
pub use sightline_store::Store;
pub use sightline_train::{Effort, EncoderKind, Figures, LearnConfig, Method, Precision, Stage, use_threads};
