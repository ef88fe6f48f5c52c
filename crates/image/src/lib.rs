//! From the bytes of a picture file to what a model sees and what a screen shows. One `Preprocess` serves learning and
//! the live line, so that a part is judged at exactly the scale and colour it was learnt at.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod align;
mod augment;
mod decode;
mod frame;
mod grain;
mod heat;
mod input;
mod limits;
mod local_contrast;
mod normalise;
mod paste;
mod preprocess;
mod read;
mod resample;
mod screen;
mod shapes;
mod sheet;
mod synthetic;

pub use align::{AlignError, Alignment, LARGEST_SHIFT, LARGEST_TURN_DEGREES, Lie, REFERENCE_PARTS};
pub use augment::{Pose, Shown, ViewPolicy, random_pose, random_view, relight};
pub use decode::{DecodeError, decode};
pub use frame::{Frame, FrameError, Pixels};
pub use grain::{GRAIN_FIGURES, GrainFigures, grain_figures};
pub use heat::{heat_at, heat_png};
pub use input::Input;
pub use limits::{DecodeLimits, SizeLimit};
pub use normalise::{Normalise, NormaliseError};
pub use paste::paste_defect;
pub use preprocess::Preprocess;
pub use read::{ReadError, read_file};
pub use screen::{EncodeError, fit, picture, thumbnail};
pub use sheet::{Shot, contact_sheet};
pub use synthetic::{Synthetic, add_defects};
