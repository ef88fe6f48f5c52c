//! The sample line: a seeded generator draws turned metal rings and their defects with exact masks, so that the product
//! can be shown, and tested, without a plant. Nothing that a program can draw is kept as a file.
//!
//! A part is described in its own frame (`surface`, `mark`), a [`defect`](DefectKind) changes that description, and one
//! renderer (`shade`, `generator`) turns it into a picture under the light and pose of that part (`variation`).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod bad_input;
mod dataset;
mod defect;
mod error;
mod feeder;
mod generator;
mod mark;
mod noise;
mod shade;
mod surface;
mod variation;

pub use dataset::{write_dataset, write_good_parts};
pub use defect::DefectKind;
pub use error::TestkitError;
pub use feeder::{FedPart, Feeder};
pub use generator::{Defective, MIN_SIZE, PartGenerator, StreamPart};
