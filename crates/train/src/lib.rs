//! From good parts to a model: contrastive pretraining with synthetic defects, memory bank, calibration, evaluation.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod adamw;
mod ahead;
mod bank;
mod batches;
mod calibrate;
mod checkpoint;
mod config;
pub mod coreset;
pub mod dense;
mod error;
mod evaluate;
mod finetune;
mod gather;
mod gaussian;
mod glance;
mod hardware;
mod label_figures;
mod learn;
mod memory;
pub mod moco;
mod moments;
mod momentum;
mod monitor;
pub mod nt_xent;
mod pace;
mod piece;
mod precision;
mod pretrain;
mod preview;
mod reader;
mod reduction;
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
pub use config::{BankKind, BankWhiten, Effort, EncoderKind, LearnConfig, Method, PretrainConfig};
pub use error::TrainError;
pub use evaluate::{Evaluated, Evaluation, Figures, TestPart, TypeFigures};
pub use finetune::{
    Beginning, FineTuneConfig, FineTuneRequest, FineTuned, Labelled, LabelledSource, LeaveOut, LeftOut, MIN_LABELS,
    Mark, Marks, NO_ROOM, Truth, WithoutClass, fine_tune, fine_tune_leaving_out, is_made_of, label_hash,
    remove_fine_tune_checkpoint,
};
pub use label_figures::{LabelFigures, Told};
pub use learn::{LearnRequest, Learned, MIN_PARTS, learn};
pub use precision::Precision;
pub use preview::{Preview, preview};
pub use resplit::{Resplit, resplit};
pub use separation::separation;
pub use source::{Sample, SampleSource};
pub use stages::Stage;
pub use threads::use_threads;

/// Called with each report; `Break` cancels the run.
pub type Report<'a> = &'a mut dyn FnMut(sightline_core::LearnProgress) -> std::ops::ControlFlow<()>;
