//! Batches drawn on a thread of their own, ahead of the device that computes them.

use std::ops::Range;

use crossbeam_channel::Receiver;

use crate::TrainError;

/// Batches that may wait for the device.
const AHEAD: usize = 3;

/// Runs `consume` with what `draw` gives for each step, in order, drawn on a thread beside it.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn drawn_ahead<B: Send, T>(
    steps: Range<usize>,
    draw: impl Fn(usize) -> B + Send,
    consume: impl FnOnce(&Receiver<B>) -> T,
) -> Result<T, TrainError> {
    let started: std::io::Result<T> = std::thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded(AHEAD);
        std::thread::Builder::new().name("draw-batches".to_owned()).spawn_scoped(scope, move || {
            for step in steps {
                // The consumer went away: cancelled or failed.
                if sender.send(draw(step)).is_err() {
                    break;
                }
            }
        })?;
        let result = consume(&receiver);
        drop(receiver);
        Ok(result)
    });
    started.map_err(|error| TrainError::Thread { detail: error.to_string() })
}
