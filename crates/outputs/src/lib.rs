//! What a verdict becomes outside of Sightline. Each output takes stored records and can take the same one twice.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod csv_log;
mod day;
mod error;
mod row;

pub use csv_log::CsvLog;
pub use error::OutputError;
