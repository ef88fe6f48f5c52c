//! The watcher's thread: listens, looks through the folder from time to time, waits for files to settle, and delivers.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, at, bounded, select};
use notify::RecommendedWatcher;
use sightline_core::{Arrival, ArrivalKey, SourceState};

use crate::WatchConfig;
use crate::folder::{self, Stamp};
use crate::notes::{Note, listen};
use crate::settle::{Ready, Settling};

/// How often the folder is looked through although the operating system tells of changes: it may forget some.
const LOOK_THROUGH: Duration = Duration::from_secs(3);

/// How long polling lasts before the operating system is asked again.
const LISTEN_AGAIN: Duration = Duration::from_secs(30);

/// A folder with very many files is looked through for at most one part in so many of the time.
const LOOK_SHARE: u32 = 10;

const NOTES_CAPACITY: usize = 1024;

/// What the thread knows.
pub(crate) struct Watcher {
    config: WatchConfig,
    settling: Settling,
    notes: (Sender<Note>, Receiver<Note>),
    overflow: Arc<AtomicBool>,
    listening: Option<Listening>,
    listen_at: Instant,
    look_at: Instant,
    told: Option<SourceState>,
    ready: Arc<AtomicUsize>,
}

/// The operating system tells of changes as long as this is kept.
struct Listening {
    _watcher: RecommendedWatcher,
    identity: Option<(u64, u64)>,
}

impl Watcher {
    pub(crate) fn new(config: WatchConfig, ready: Arc<AtomicUsize>) -> Self {
        let millis = Duration::from_millis;
        let now = Instant::now();
        Self {
            settling: Settling::new(millis(config.settle_millis), millis(config.empty_settle_millis)),
            config,
            notes: bounded(NOTES_CAPACITY),
            overflow: Arc::default(),
            listening: None,
            listen_at: now,
            look_at: now,
            told: None,
            ready,
        }
    }

    /// Runs until `stopped` is closed or nobody can receive any more.
    pub(crate) fn run(
        &mut self,
        arrivals: &Sender<Arrival>,
        stopped: &Receiver<()>,
        already_recorded: &dyn Fn(&ArrivalKey) -> bool,
        events: &dyn Fn(SourceState),
    ) {
        let notes = self.notes.1.clone();
        loop {
            if self.overflow.swap(false, Ordering::Relaxed) || self.look_at <= Instant::now() {
                self.look_through(events);
            }
            self.settle(already_recorded);
            self.ready.store(self.settling.waiting(), Ordering::Relaxed);

            let wake = at(self.settling.next_due().map_or(self.look_at, |due| due.min(self.look_at)));
            let note = match self.next_arrival() {
                Some(arrival) => select! {
                    send(arrivals, arrival) -> sent => {
                        if sent.is_err() {
                            return;
                        }
                        self.settling.delivered();
                        None
                    }
                    recv(notes) -> note => note.ok(),
                    recv(stopped) -> _ => return,
                    recv(wake) -> _ => None,
                },
                None => select! {
                    recv(notes) -> note => note.ok(),
                    recv(stopped) -> _ => return,
                    recv(wake) -> _ => None,
                },
            };
            for note in note.into_iter().chain(notes.try_iter().take(NOTES_CAPACITY)) {
                self.take(note);
            }
        }
    }

    fn take(&mut self, note: Note) {
        let (name, closed) = match note {
            Note::Touched(name) => (name, false),
            Note::Closed(name) => (name, true),
            Note::LookAgain => {
                self.look_at = Instant::now();
                return;
            }
        };
        if folder::is_wanted(&name, &self.config.endings) {
            match folder::stamp(&self.config.folder.join(&name)) {
                Some(stamp) => self.settling.seen(&name, stamp, closed, Instant::now()),
                None => self.settling.gone(&name),
            }
        }
    }

    /// Looks at every file, so that nothing depends on what the operating system tells.
    fn look_through(&mut self, events: &dyn Fn(SourceState)) {
        let began = Instant::now();
        // Listening first: what comes while the folder is looked through is told.
        self.keep_listening();
        match folder::names(&self.config.folder, &self.config.endings) {
            Ok(names) => {
                for name in &names {
                    if let Some(stamp) = folder::stamp(&self.config.folder.join(name)) {
                        self.settling.seen(name, stamp, false, began);
                    }
                }
                self.settling.keep_only(&names.into_iter().collect::<HashSet<_>>());
                let (state, pause) = match self.listening {
                    Some(_) => (SourceState::Watching, LOOK_THROUGH),
                    None => (SourceState::Polling, self.poll()),
                };
                self.look_at = Instant::now() + pause.max(began.elapsed() * LOOK_SHARE);
                self.tell(state, events);
            }
            Err(error) => {
                self.settling.lost();
                self.listening = None;
                self.listen_at = began;
                self.look_at = Instant::now() + self.poll();
                self.tell(SourceState::Lost { detail: error.to_string() }, events);
            }
        }
    }

    fn keep_listening(&mut self) {
        let now = Instant::now();
        let identity = folder::identity(&self.config.folder);
        // Another folder took the name: the operating system still tells of the old one.
        if self.listening.as_ref().is_some_and(|listening| listening.identity != identity) {
            self.listening = None;
            self.listen_at = now;
        }
        let may_listen = !self.config.only_poll && self.config.folder.is_dir();
        if self.listening.is_none() && may_listen && self.listen_at <= now {
            let listening = listen(&self.config.folder, self.notes.0.clone(), self.overflow.clone());
            // Without it the folder is polled, which the state tells.
            self.listening = listening.ok().map(|watcher| Listening { _watcher: watcher, identity });
            self.listen_at = now + LISTEN_AGAIN;
        }
    }

    fn settle(&mut self, already_recorded: &dyn Fn(&ArrivalKey) -> bool) {
        for name in self.settling.due(Instant::now()) {
            let Some(stamp) = folder::stamp(&self.config.folder.join(&name)) else {
                self.settling.gone(&name);
                continue;
            };
            if self.settling.confirm(&name, stamp, Instant::now()) && !already_recorded(&key(&name, stamp)) {
                self.settling.queue(name, Ready { stamp, seen_millis: now_millis() });
            }
        }
    }

    fn next_arrival(&self) -> Option<Arrival> {
        self.settling.next().map(|(name, ready)| Arrival {
            key: key(name, ready.stamp),
            path: self.config.folder.join(name),
            seen_millis: ready.seen_millis,
        })
    }

    fn tell(&mut self, state: SourceState, events: &dyn Fn(SourceState)) {
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            events(state);
        }
    }

    fn poll(&self) -> Duration {
        // A pause of nothing would keep a core busy.
        Duration::from_millis(self.config.poll_millis.max(1))
    }
}

fn key(name: &std::ffi::OsStr, stamp: Stamp) -> ArrivalKey {
    ArrivalKey { relative_path: name.into(), modified_nanos: stamp.modified_nanos, size_bytes: stamp.size_bytes }
}

fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
