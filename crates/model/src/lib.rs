//! Encoders, heads, memory bank and the artefact that holds them: everything between a preprocessed picture and its
//! score. With `train`, the only crate that knows tensors.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod artefact;
mod bank;
mod card;
mod cpu;
mod device;
pub mod encoder;
mod error;
mod fusion;
mod graph;
pub mod heads;
mod judge;
mod network;
mod place;
mod precision;
mod ready;
#[cfg(test)]
mod testing;
mod weights;

pub use artefact::{Artefact, MAX_MODEL_BYTES};
pub use bank::MemoryBank;
pub use card::{CalibrationCard, Made, ModelCard, NormaliseCard, RecipeCard, RegionCard};
pub use device::{DeviceInfo, available, choose, choose_several, guarded};
pub use error::ModelError;
pub use fusion::{Branch, Fusion, RawScore};
pub use judge::{Judge, RawJudge};
pub use network::{CELL, Maps, Network, NetworkConfig, PLACE, Start, batch_tensor};
pub use place::Places;
pub use precision::{in_precision, in_single};
pub use ready::{ReadyNetwork, Runtime};
pub use weights::Weights;
