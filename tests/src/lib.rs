//! What the tests across crates share: lines that were learned small, the programs as a person starts them, and the
//! window as WebDriver sees it. The programs themselves are under test, so they are started, not linked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]

pub mod labelling;
mod line;
mod pictures;
mod programs;
pub mod window;

pub use line::{GOOD_PARTS, SMALL, TestLine, copy_folder};
pub use pictures::{covered_part, drop_file, faint_part, good_part};
pub use programs::{Ran, Running, program, sightline, wait_until};
