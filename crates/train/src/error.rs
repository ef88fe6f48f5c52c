//! What can stop a learning run.

use sightline_core::CalibrationError;
use sightline_model::ModelError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Too few good parts to learn anything from.
    #[error("{found} readable good parts are too few to learn from; at least {needed} are needed")]
    TooFewParts {
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A person stopped the run.
    #[error("learning was cancelled")]
    Cancelled,
    /// The loss is not a number any more.
    #[error("the loss became {loss} at step {step}; a smaller learning rate may help")]
    Diverged {
        /// Which step.
        step: usize,
        /// What the loss was.
        loss: f64,
    },
    /// The features say the same about every part, and nothing else is learnt by.
    #[error(
        "learning was stopped at step {step}: the features have been collapsed at {looks} looks, one in {every} steps \
         (spread {spread_percent:.0} % of that of independent ones); a smaller learning rate, a larger batch or another \
         temperature may help"
    )]
    Collapsed {
        /// Which step.
        step: usize,
        /// How many looks in a row.
        looks: usize,
        /// Steps from look to look.
        every: usize,
        /// Spread at the last look.
        spread_percent: f64,
    },
    /// A setting outside its range.
    #[error("the setting {name} is {value}; it must be {allowed}")]
    Setting {
        /// Which one.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A device has no arithmetic in the precision that was asked for.
    #[error("device {device} cannot compute in {precision}; `--precision auto` takes what it can")]
    Precision {
        /// Which device.
        device: String,
        /// `bf16` or `f16`.
        precision: &'static str,
    },
    /// The run's state could not be written down.
    #[error("writing the checkpoint {path} failed: {detail}")]
    Checkpoint {
        /// Which file.
        path: std::path::PathBuf,
        /// What the operating system said.
        detail: String,
    },
    /// The model or the device failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The held-out scores do not make a calibration.
    #[error("calibration failed: {0}")]
    Calibration(#[from] CalibrationError),
    /// A thread could not be started.
    #[error("a thread for drawing batches could not be started: {detail}")]
    Thread {
        /// What the operating system said.
        detail: String,
    },
    /// The brightness of the good parts cannot be used.
    #[error(transparent)]
    Normalise(#[from] sightline_image::NormaliseError),
}
