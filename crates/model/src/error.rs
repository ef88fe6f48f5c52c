//! What can go wrong with a model or the device it runs on.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Bytes that are not what they claim to be.
    #[error("the {what} is damaged: {detail}")]
    Damaged {
        /// Which part of which file.
        what: &'static str,
        /// What was found.
        detail: String,
    },
    /// A model written by a newer Sightline.
    #[error("the model has format {found}; this Sightline knows formats up to {known}")]
    Newer {
        /// Format of the file.
        found: u32,
        /// Newest format that is understood.
        known: u32,
    },
    /// A model larger than any that Sightline writes.
    #[error("the model has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size of the file.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The device failed at a step.
    #[error("device {device}: {step} failed: {detail}")]
    Device {
        /// Name of the device.
        device: String,
        /// What it was doing.
        step: &'static str,
        /// What it said.
        detail: String,
    },
    /// A pinned device that is not there.
    #[error("no device is named {wanted:?}; there are: {present}")]
    NoSuchDevice {
        /// What was asked for.
        wanted: String,
        /// What there is.
        present: String,
    },
    /// A device that is named more than once.
    #[error("device {device} is named twice")]
    DeviceTwice {
        /// Which one.
        device: String,
    },
    /// An input of another size than the model's.
    #[error("the input is {found:?} (channels, height, width), the model judges {expected:?}")]
    InputShape {
        /// What came.
        found: [usize; 3],
        /// What is needed.
        expected: [usize; 3],
    },
    /// A file of weights that learning cannot start from.
    #[error("learning cannot start from the weights in {}: {detail}", path.display())]
    StartWeights {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The brightness of good parts cannot be used.
    #[error(transparent)]
    Normalise(#[from] sightline_image::NormaliseError),
}
