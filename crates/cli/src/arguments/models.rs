//! What can be said about learning from labels, and about a line's models.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Shadow {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The model that is to judge beside the live one, by the beginning of its id.
    #[arg(long, conflicts_with = "off")]
    pub(crate) model: Option<String>,
    /// No model judges beside the live one any more.
    #[arg(long)]
    pub(crate) off: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Retrain {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    #[command(flatten)]
    pub(crate) fine_tuning: FineTuning,
    /// CPU threads; all unless said.
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// As a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Saving {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// CPU threads; all unless said.
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// As a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Models {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// A bundle whose model the line takes over; it judges when it is promoted.
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) import: Option<PathBuf>,
    /// As a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Promote {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The model's id, or how it begins.
    pub(crate) model: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Folder of the line.
    pub(crate) line: PathBuf,
}

/// Single settings of learning from labels that overrule the effort's.
#[derive(Debug, Args)]
pub(crate) struct FineTuning {
    /// Optimiser steps on labels.
    #[arg(long)]
    pub(crate) tune_steps: Option<usize>,
    /// Parts in a step, half of them labelled.
    #[arg(long)]
    pub(crate) tune_batch: Option<usize>,
    /// Peak learning rate of the heads.
    #[arg(long)]
    pub(crate) tune_rate: Option<f64>,
    /// The encoder's learning rate as a share of the heads'.
    #[arg(long)]
    pub(crate) tune_encoder_rate: Option<f64>,
    /// Share of the steps in which the heads learn alone.
    #[arg(long)]
    pub(crate) tune_heads_first: Option<f64>,
    /// Share of the good half that gets synthetic defects drawn onto it.
    #[arg(long)]
    pub(crate) tune_drawn_share: Option<f64>,
    /// Share of the good half that gets labelled defects pasted onto it.
    #[arg(long)]
    pub(crate) tune_pasted_share: Option<f64>,
    /// Share of the false rejects that the known and the novel evidence may cause together, where neither is sure.
    #[arg(long)]
    pub(crate) together_share: Option<f64>,
    /// Share of the other false rejects that the known evidence may cause; the novel evidence gets the rest.
    #[arg(long)]
    pub(crate) known_share: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder of the line.
    pub(crate) line: PathBuf,
    /// The ONNX file to write: the network alone, for other programs.
    #[arg(long, required_unless_present = "bundle")]
    pub(crate) out: Option<PathBuf>,
    /// The bundle to write: all of the model, for another line.
    #[arg(long)]
    pub(crate) bundle: Option<PathBuf>,
    /// Which model, by its id or how that begins; the live one unless said.
    #[arg(long)]
    pub(crate) model: Option<String>,
}
