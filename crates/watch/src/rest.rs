//! A file that was just closed is handed on before it has rested: its picture can be judged meanwhile, and what was found
//! counts once the file has stayed as it was.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_core::Arrival;

/// An arrival on its way, perhaps before its file has rested.
#[derive(Debug, Clone)]
pub struct Coming {
    /// The file and what is known of it.
    pub arrival: Arrival,
    /// Whether it counts.
    pub rest: Rest,
}

/// Whether a file stays as it was when it was handed on. One that does not is no arrival in that state; the state that it
/// settles in comes as another.
#[derive(Debug, Clone)]
pub struct Rest(Option<(Arc<AtomicBool>, Receiver<Infallible>)>);

/// The watcher's end of a [`Rest`]. Dropped, it says that the file did not stay as it was.
#[derive(Debug)]
pub(crate) struct Resting {
    stayed: Arc<AtomicBool>,
    _over: Sender<Infallible>,
}

impl Rest {
    /// Of a file that has rested.
    pub(crate) fn over() -> Self {
        Self(None)
    }

    pub(crate) fn begin() -> (Resting, Self) {
        let (stayed, (over, is_over)) = (Arc::new(AtomicBool::new(false)), bounded(0));
        (Resting { stayed: Arc::clone(&stayed), _over: over }, Self(Some((stayed, is_over))))
    }

    /// Whether the file had rested before it was handed on.
    pub fn has_been_over(&self) -> bool {
        self.0.is_none()
    }

    /// Waits until the file has rested, a few milliseconds or for as long as the watcher is at another file, and says whether
    /// it stayed as it was.
    pub fn stayed(&self) -> bool {
        let Some((stayed, over)) = &self.0 else { return true };
        // Nothing is ever sent: the channel closes when the rest is over.
        let _ = over.recv();
        stayed.load(Ordering::Acquire)
    }
}

impl Resting {
    /// It stayed as it was.
    pub(crate) fn stayed(self) {
        self.stayed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_says_what_became_of_the_file_however_often_it_is_asked() {
        assert!(Rest::over().stayed() && Rest::over().has_been_over());
        let (resting, rest) = Rest::begin();
        let asked = std::thread::spawn({
            let rest = rest.clone();
            move || rest.stayed()
        });
        resting.stayed();
        assert!(asked.join().unwrap() && rest.stayed() && rest.stayed());
        let (resting, rest) = Rest::begin();
        drop(resting);
        assert!(!rest.stayed() && !rest.stayed());
    }
}
