//! From good parts to a model: contrastive pretraining with synthetic defects, memory bank, calibration, evaluation.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bank;
mod batches;
mod calibrate;
mod config;
pub mod coreset;
mod error;
mod evaluate;
mod learn;
mod monitor;
pub mod nt_xent;
mod pace;
mod pretrain;
mod reader;
mod source;
#[cfg(test)]
mod testing;

pub use config::{Effort, EncoderKind, LearnConfig, PretrainConfig};
pub use error::TrainError;
pub use evaluate::{Evaluated, Evaluation, Figures, TestPart, TypeFigures};
pub use learn::{LearnRequest, Learned, MIN_PARTS, learn};
pub use source::{Sample, SampleSource};

/// Called with each report; `Break` cancels the run.
pub type Report<'a> = &'a mut dyn FnMut(sightline_core::LearnProgress) -> std::ops::ControlFlow<()>;
