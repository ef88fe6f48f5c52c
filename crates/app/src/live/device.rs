//! A device that never answers. A driver that hangs takes the calling thread with it for good, so calls to a device run
//! on a thread of its own, and one that does not come back in time is left behind there. No second call joins it: until
//! it has come back, whoever asks is told so at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// How many times its usual time a device may take: others use it, too, and its clock may be lowered when it is hot.
const TIMES_USUAL: u32 = 10;

/// How long it may take at least: for a batch of a new size kernels may be compiled and tuned, and a part that waits for
/// seconds is better off than a line that leaves a good device.
const LEAST: Duration = Duration::from_secs(10);

/// What a part is taken to need before any was scored: kernels are compiled and tuned for the first.
const FIRST: Duration = Duration::from_secs(6);

/// How many parts the usual time looks back over, about.
const REMEMBERED: u32 = 8;

/// The thread at which one device is asked.
pub(super) struct Guard {
    device: String,
    thread: Mutex<Thread>,
    /// For one part.
    usual: Mutex<Duration>,
}

#[derive(Default)]
struct Thread {
    running: Option<Running>,
    /// A thread whose call did not come back in time. It ends when that does.
    left: Option<JoinHandle<()>>,
}

struct Running {
    calls: Sender<Call>,
    thread: JoinHandle<()>,
}

type Call = Box<dyn FnOnce() + Send>;

impl Guard {
    /// The guard of a device, the same for all lines of this process.
    pub(super) fn at(device: &str) -> Arc<Self> {
        static DEVICES: OnceLock<Mutex<HashMap<String, Arc<Guard>>>> = OnceLock::new();
        let mut devices = locked(DEVICES.get_or_init(Mutex::default));
        let new = || Self { device: device.to_owned(), thread: Mutex::default(), usual: Mutex::new(FIRST) };
        Arc::clone(devices.entry(device.to_owned()).or_insert_with(|| Arc::new(new())))
    }

    /// How long the device may take for so many parts.
    pub(super) fn allowed(&self, parts: usize) -> Duration {
        let usual = locked(&self.usual).saturating_mul(u32::try_from(parts).unwrap_or(u32::MAX));
        usual.saturating_mul(TIMES_USUAL).max(LEAST)
    }

    /// So many parts took so long.
    pub(super) fn took(&self, parts: usize, time: Duration) {
        let each = time / u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        let mut usual = locked(&self.usual);
        *usual = (*usual * (REMEMBERED - 1) + each) / REMEMBERED;
    }

    /// Does something with the device, within a time.
    ///
    /// # Errors
    /// In words, when it does not answer in time, or a call before has not come back yet.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        allowed: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let told = |what: String| format!("device {}: {what}", self.device);
        let mut thread = locked(&self.thread);
        if thread.left.as_ref().is_some_and(|left| !left.is_finished()) {
            return Err(told("a call to it has not come back yet".to_owned()));
        }
        thread.left = None;
        let running = match thread.running.take() {
            Some(running) => running,
            None => start().map_err(|error| told(format!("no thread can be started for it: {error}")))?,
        };
        let (sender, answer) = bounded(1);
        // An answer that comes too late has no receiver any more: it becomes no second verdict.
        let call = move || _ = sender.send(work());
        if running.calls.send(Box::new(call)).is_err() {
            return Err(told("its thread has ended".to_owned()));
        }
        match answer.recv_timeout(allowed) {
            Ok(found) => {
                thread.running = Some(running);
                Ok(found)
            }
            Err(RecvTimeoutError::Timeout) => {
                thread.left = Some(running.thread);
                Err(told(format!("no answer for {} s", allowed.as_secs_f32())))
            }
            Err(RecvTimeoutError::Disconnected) => Err(told("its thread has ended".to_owned())),
        }
    }
}

fn start() -> std::io::Result<Running> {
    let (calls, waiting) = bounded::<Call>(1);
    let thread = std::thread::Builder::new().name("device".to_owned()).spawn(move || {
        for call in waiting {
            call();
        }
    })?;
    Ok(Running { calls, thread })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn one_call_is_left_behind_at_most_and_the_device_is_asked_again_once_it_came_back() {
        let guard = Guard::at("gpu:left-behind");
        assert_eq!(guard.ask(LONG, || 1), Ok(1));
        let (release, held) = bounded::<()>(0);
        let hung = guard.ask(SHORT, move || _ = held.recv());
        assert!(hung.is_err_and(|told| told.contains("gpu:left-behind: no answer for 0.05 s")));
        let (ran, runs) = bounded(1);
        let second = guard.ask(LONG, move || ran.send(()));
        assert!(second.is_err_and(|told| told.contains("has not come back")));
        assert!(runs.try_recv().is_err(), "a second call joined the first");
        drop(release);
        let began = Instant::now();
        while guard.ask(LONG, || 2) != Ok(2) {
            assert!(began.elapsed() < LONG, "the device is never asked again");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_call_that_panics_takes_only_itself_along() {
        let guard = Guard::at("gpu:panics");
        let told = guard.ask::<()>(LONG, || panic!("lost device")).unwrap_err();
        assert!(told.contains("gpu:panics: its thread has ended"), "{told}");
        assert_eq!(guard.ask(LONG, || 2), Ok(2));
    }

    #[test]
    fn the_time_that_is_allowed_follows_the_usual_one() {
        let guard = Guard::at("gpu:usual");
        assert_eq!(guard.allowed(1), FIRST * TIMES_USUAL);
        (0..100).for_each(|_| guard.took(4, Duration::from_secs(8)));
        let two_each = guard.allowed(3).as_secs_f64();
        assert!((60.0..60.5).contains(&two_each), "{two_each}");
        (0..100).for_each(|_| guard.took(1, Duration::from_millis(5)));
        assert_eq!(guard.allowed(4), LEAST);
    }
}
