//! Encoders, heads, memory bank and the artefact that holds them: everything between a preprocessed picture and its
//! score. With `train`, the only crate that knows tensors.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod agree;
mod artefact;
mod bank;
mod card;
mod cpu;
mod decision;
mod device;
mod drawing;
pub mod encoder;
mod error;
mod fusion;
mod grain;
mod graph;
pub mod heads;
mod judge;
mod kernels;
mod known;
mod looks;
mod network;
mod place;
mod precision;
mod ready;
mod similar;
#[cfg(test)]
mod testing;
mod tiling;
mod weights;

pub use agree::Reference;
pub use artefact::{Artefact, MAX_MODEL_BYTES};
pub use bank::{BankCard, BankValues, Good, MemoryBank, Reduction};
pub use card::{
    AlignmentCard, CalibrationCard, Made, ModelCard, NormaliseCard, RecipeCard, RegionCard, TilesCard, VariationCard,
};
pub use decision::DecisionHead;
pub use device::{DeviceInfo, available, choose, choose_several, drivers_were_late, guarded};
pub use drawing::drawn;
pub use error::ModelError;
pub use fusion::{Branch, Fusion, RawScore};
pub use grain::{GrainBranch, UNMEASURED};
pub use judge::{Judge, MAX_JUDGED_SIDE, RawJudge, grain_of};
pub use known::{KnownCard, KnownMade, KnownNetwork, KnownScorer, RawKnown, TailCard};
pub use network::{CELL, Maps, Network, NetworkConfig, PLACE, Start, batch_tensor};
pub use place::Places;
pub use precision::{in_precision, in_single};
pub use ready::{ReadyNetwork, Runtime};
pub use similar::{PartCells, Similar, most_similar};
pub use weights::Weights;
