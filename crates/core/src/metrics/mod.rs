//! How well scores tell defects from good parts, per part and per pixel. Pure numbers in, numbers out, so that each
//! formula can be held against an independent implementation (`goldens/metrics.py`).
//!
//! Everywhere a larger score means "more like a defect", all results lie in 0..=1, and a score that is not a number
//! counts as positive infinity: what could not be scored never looks good.

#[cfg(test)]
mod goldens;
mod map;
mod pixels;
mod ranking;
mod retrieval;

pub use map::{MapError, PixelMap};
pub use pixels::{PixelQuality, PixelTally};
pub use ranking::{auroc, average_precision, detection_rate_at, false_reject_rate_at};
pub use retrieval::{Retrieval, retrieval};
