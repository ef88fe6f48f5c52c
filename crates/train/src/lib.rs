//! From good parts to a model: contrastive pretraining with synthetic defects, memory bank, calibration, evaluation.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod adamw;
mod bank;
mod batches;
mod calibrate;
mod checkpoint;
mod config;
pub mod coreset;
pub mod dense;
mod error;
mod evaluate;
mod gather;
mod hardware;
mod learn;
mod memory;
pub mod moco;
mod momentum;
mod monitor;
pub mod nt_xent;
mod pace;
mod piece;
mod precision;
mod pretrain;
mod reader;
mod resplit;
mod separation;
mod source;
mod stages;
mod student;
mod terms;
#[cfg(test)]
mod testing;
mod threads;
pub mod timing;
mod training;

pub use checkpoint::remove_checkpoint;
pub use config::{Effort, EncoderKind, LearnConfig, Method, PretrainConfig};
pub use error::TrainError;
pub use evaluate::{Evaluated, Evaluation, Figures, TestPart, TypeFigures};
pub use learn::{LearnRequest, Learned, MIN_PARTS, learn};
pub use precision::Precision;
pub use resplit::{Resplit, resplit};
pub use separation::separation;
pub use source::{Sample, SampleSource};
pub use stages::Stage;
pub use threads::use_threads;

/// Called with each report; `Break` cancels the run.
pub type Report<'a> = &'a mut dyn FnMut(sightline_core::LearnProgress) -> std::ops::ControlFlow<()>;
