//! A device that never answers. A driver that hangs takes the calling thread with it for good, so calls to a device run
//! on a thread of its own, and one that does not come back in time, or not soon once nobody wants its answer any more, is
//! left behind there. No second call joins it: until it has come back, whoever asks is told so at once.
//!
//! Models are loaded on a second thread: a line judges with one model while the next is loaded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::turns::Turns;

/// How many times its usual time a device may take: others use it, too, and its clock may be lowered when it is hot.
const TIMES_USUAL: u32 = 10;

/// How long it may take at least: for a batch of a new size kernels may be compiled and tuned, and a part that waits for
/// seconds is better off than a line that leaves a good device.
const LEAST: Duration = Duration::from_secs(10);

/// What a part is taken to need before any was scored: kernels are compiled and tuned for the first.
const FIRST: Duration = Duration::from_secs(6);

/// How long a device may take to load a model and be compared with the CPU: its kernels are compiled and tuned.
const LOADING: Duration = Duration::from_secs(60);

/// How long a call that nobody wants the answer of any more is waited for: most come back sooner, with what they were
/// asked.
const UNWANTED: Duration = Duration::from_millis(1500);

/// How often it is asked whether the answer is still wanted.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// How many parts the usual time looks back over, about.
const REMEMBERED: u32 = 8;

/// Why a device is not asked.
const NOT_BACK: &str = "a call to it has not come back yet";

/// The threads at which one device is asked.
pub(crate) struct Guard {
    device: String,
    thread: Mutex<Thread>,
    loading: Mutex<Thread>,
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
    pub(crate) fn at(device: &str) -> Arc<Self> {
        static DEVICES: OnceLock<Mutex<HashMap<String, Arc<Guard>>>> = OnceLock::new();
        let mut devices = locked(DEVICES.get_or_init(Mutex::default));
        let new = || Self {
            device: device.to_owned(),
            thread: Mutex::default(),
            loading: Mutex::default(),
            usual: Mutex::new(FIRST),
        };
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

    /// Does something with the device, within a time. It is not waited for much longer once it is given up.
    ///
    /// # Errors
    /// In words, when it does not answer in time, or a call before has not come back yet.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        allowed: Duration,
        given_up: &dyn Fn() -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        self.ask_at(&mut locked(&self.thread), allowed, given_up, work)
    }

    /// Loads a model onto the device, beside what it does otherwise. One is loaded after another.
    ///
    /// # Errors
    /// As [`Guard::ask`].
    pub(crate) fn load<T: Send + 'static>(
        &self,
        given_up: &dyn Fn() -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        self.load_within(LOADING, given_up, work)
    }

    pub(super) fn load_within<T: Send + 'static>(
        &self,
        allowed: Duration,
        given_up: &dyn Fn() -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let turns = Turns::at(&format!("{}, loading", self.device));
        let Some(_turn) = turns.take(given_up) else { return Err(self.told("nobody waits for it any more")) };
        // A call that is under way holds the lock and was not left behind.
        if self.thread.try_lock().is_ok_and(|thread| thread.is_left()) {
            return Err(self.told(NOT_BACK));
        }
        self.ask_at(&mut locked(&self.loading), allowed, given_up, work)
    }

    fn ask_at<T: Send + 'static>(
        &self,
        thread: &mut Thread,
        allowed: Duration,
        given_up: &dyn Fn() -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        if thread.is_left() {
            return Err(self.told(NOT_BACK));
        }
        thread.left = None;
        let running = match thread.running.take() {
            Some(running) => running,
            None => start().map_err(|error| self.told(&format!("no thread can be started for it: {error}")))?,
        };
        let (sender, answer) = bounded(1);
        // An answer that comes too late has no receiver any more: it becomes no second verdict.
        let call = move || _ = sender.send(work());
        if running.calls.send(Box::new(call)).is_err() {
            return Err(self.told("its thread has ended"));
        }
        match wait(&answer, allowed, given_up) {
            Ok(found) => {
                thread.running = Some(running);
                Ok(found)
            }
            Err((RecvTimeoutError::Timeout, waited)) => {
                thread.left = Some(running.thread);
                Err(self.told(&format!("no answer for {} s", waited.as_millis() as f64 / 1000.0)))
            }
            Err((RecvTimeoutError::Disconnected, _)) => Err(self.told("its thread has ended")),
        }
    }

    fn told(&self, what: &str) -> String {
        format!("device {}: {what}", self.device)
    }
}

impl Thread {
    /// A call was left behind and has not come back.
    fn is_left(&self) -> bool {
        self.left.as_ref().is_some_and(|left| !left.is_finished())
    }
}

/// An answer, or for how long there was none.
fn wait<T>(
    answer: &Receiver<T>,
    allowed: Duration,
    given_up: &dyn Fn() -> bool,
) -> Result<T, (RecvTimeoutError, Duration)> {
    let (began, mut allowed, mut wanted) = (Instant::now(), allowed, true);
    loop {
        let left = allowed.saturating_sub(began.elapsed());
        match answer.recv_timeout(left.min(LOOK)) {
            Ok(found) => return Ok(found),
            Err(RecvTimeoutError::Timeout) if left > LOOK => {}
            Err(error) => return Err((error, allowed)),
        }
        if wanted && given_up() {
            (wanted, allowed) = (false, allowed.min(began.elapsed() + UNWANTED));
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
    use super::*;

    const WANTED: &dyn Fn() -> bool = &|| false;
    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn one_call_is_left_behind_at_most_and_the_device_is_asked_again_once_it_came_back() {
        let guard = Guard::at("gpu:left-behind");
        assert_eq!(guard.ask(LONG, WANTED, || 1), Ok(1));
        let (release, held) = bounded::<()>(0);
        let hung = guard.ask(SHORT, WANTED, move || _ = held.recv());
        assert!(hung.is_err_and(|told| told.contains("gpu:left-behind: no answer for 0.05 s")));
        let (ran, runs) = bounded(1);
        let to_load = ran.clone();
        let second = guard.ask(LONG, WANTED, move || ran.send(()));
        assert!(second.is_err_and(|told| told.contains("has not come back")));
        let loading = guard.load(WANTED, move || to_load.send(()));
        assert!(loading.is_err_and(|told| told.contains("has not come back")));
        assert!(runs.try_recv().is_err(), "a second call joined the first");
        drop(release);
        let began = Instant::now();
        while guard.ask(LONG, WANTED, || 2) != Ok(2) {
            assert!(began.elapsed() < LONG, "the device is never asked again");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_load_that_hangs_is_left_behind_and_holds_up_no_verdict_of_the_model_before() {
        let guard = Guard::at("gpu:load");
        let (release, held) = bounded::<()>(0);
        let hung = guard.load_within(SHORT, WANTED, move || _ = held.recv());
        assert!(hung.is_err_and(|told| told.contains("gpu:load: no answer for 0.05 s")));
        assert!(guard.load(WANTED, || 1).is_err_and(|told| told.contains("has not come back")));
        assert_eq!(guard.ask(LONG, WANTED, || 2), Ok(2));
        drop(release);
        let began = Instant::now();
        while guard.load(WANTED, || 3) != Ok(3) {
            assert!(began.elapsed() < LONG, "nothing is loaded any more");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_call_that_hangs_is_left_behind_soon_once_it_is_given_up() {
        let guard = Guard::at("gpu:given-up");
        let began = Instant::now();
        // A call that comes back soon is waited for all the same.
        let quick = guard.ask(LONG, &|| true, || std::thread::sleep(2 * LOOK));
        assert_eq!(quick, Ok(()));
        let (_release, held) = bounded::<()>(0);
        let hung = guard.ask(2 * LONG, &|| true, move || _ = held.recv());
        assert!(hung.is_err_and(|told| told.contains("gpu:given-up: no answer for")));
        assert!(began.elapsed() < LONG, "it waits as long as for a call that is wanted");
    }

    #[test]
    fn a_call_that_panics_takes_only_itself_along() {
        let guard = Guard::at("gpu:panics");
        let told = guard.ask::<()>(LONG, WANTED, || panic!("lost device")).unwrap_err();
        assert!(told.contains("gpu:panics: its thread has ended"), "{told}");
        assert_eq!(guard.ask(LONG, WANTED, || 2), Ok(2));
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
