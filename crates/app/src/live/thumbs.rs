//! Thumbnails are made beside judging, on a thread of their own: a verdict waits for none longer than it takes itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_image::{Frame, thumbnail};

use super::Shared;
use crate::screen::THUMB_SIDE;

/// A frame whose thumbnail is to be made.
pub(super) struct Wanted {
    frame: Frame,
    made: Sender<Vec<u8>>,
}

/// A thumbnail that is made, or will be.
pub(super) struct Thumb(Option<Receiver<Vec<u8>>>);

impl Thumb {
    /// Of a file that shows nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Asks for a frame's thumbnail.
    pub(super) fn of(frame: Frame, maker: &Sender<Wanted>) -> Self {
        let (made, thumb) = bounded(1);
        Self(maker.send(Wanted { frame, made }).is_ok().then_some(thumb))
    }

    /// Its bytes, once they are there. One that cannot be made is no reason to lose a verdict.
    pub(super) fn wait(self) -> Option<Vec<u8>> {
        self.0?.recv().ok()
    }
}

/// Makes thumbnails until nobody can ask for one.
pub(super) fn make_all(shared: &Shared, wanted: &Receiver<Wanted>) {
    for Wanted { frame, made } in wanted {
        let make = || shared.health.steps.thumbnail.at(|| thumbnail(&frame, THUMB_SIDE));
        // A picture that the encoder fails at costs its own thumbnail alone.
        if let Ok(Ok(bytes)) = catch_unwind(AssertUnwindSafe(make)) {
            // Nobody waits for it when the line ends.
            let _ = made.send(bytes);
        }
    }
}
