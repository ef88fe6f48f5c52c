//! The watcher's thread: listens, looks through the folder from time to time, waits for files to settle, and delivers.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, at, bounded, select};
use sightline_core::{Arrival, ArrivalKey, SourceState};

use crate::folder::{self, Stamp};
use crate::hearing::Hearing;
use crate::notes::{Listening, Note};
use crate::rest::Rest;
use crate::settle::{Ready, Settled, Settling, Sight};
use crate::{Coming, Pulse, WatchConfig};

/// How often the folder is looked through although the operating system tells of changes: it may forget some.
const LOOK_THROUGH: Duration = Duration::from_secs(3);

/// How long polling lasts before the operating system is asked again.
const LISTEN_AGAIN: Duration = Duration::from_secs(30);

/// A folder with very many files is looked through for at most one part in so many of the time.
const LOOK_SHARE: u32 = 10;

/// Notes that may wait. A burst of so many means looking through the folder instead.
const NOTES_CAPACITY: usize = 16_384;

/// What the thread knows.
pub(crate) struct Watcher {
    config: WatchConfig,
    settling: Settling,
    notes: (Sender<Note>, Receiver<Note>),
    overflow: Arc<AtomicBool>,
    listening: Option<Listening>,
    hearing: Hearing,
    /// The folder was looked through since it was there; files that are found from now on should have been told of.
    caught_up: bool,
    listen_at: Instant,
    look_at: Instant,
    told: Option<SourceState>,
    ready: Arc<AtomicUsize>,
    pulse: Pulse,
}

impl Watcher {
    pub(crate) fn new(config: WatchConfig, ready: Arc<AtomicUsize>, pulse: Pulse) -> Self {
        let millis = Duration::from_millis;
        let now = Instant::now();
        let settling = Settling::new(
            millis(config.settle_millis),
            millis(config.empty_settle_millis),
            millis(config.open_settle_millis),
        );
        Self {
            settling,
            notes: bounded(NOTES_CAPACITY),
            overflow: Arc::default(),
            listening: None,
            hearing: Hearing::new(folder::is_remote(&config.folder)),
            caught_up: false,
            listen_at: now,
            look_at: now,
            told: None,
            ready,
            pulse,
            config,
        }
    }

    /// Runs until `stopped` is closed or nobody can receive any more.
    pub(crate) fn run(
        &mut self,
        arrivals: &Sender<Coming>,
        stopped: &Receiver<()>,
        already_recorded: &dyn Fn(&ArrivalKey) -> bool,
        events: &dyn Fn(SourceState),
    ) {
        let notes = self.notes.1.clone();
        loop {
            if self.overflow.swap(false, Ordering::Relaxed) {
                (self.look_at, self.caught_up) = (Instant::now(), false);
            }
            if self.look_at <= Instant::now() {
                self.look_through(events);
            }
            self.settle(already_recorded);
            self.ready.store(self.settling.waiting(), Ordering::Relaxed);

            let wake = at(self.settling.next_due().map_or(self.look_at, |due| due.min(self.look_at)));
            self.pulse.end();
            let note = match self.next_arrival() {
                Some(coming) => select! {
                    send(arrivals, coming) -> sent => {
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
            self.pulse.begin();
            for note in note.into_iter().chain(notes.try_iter().take(NOTES_CAPACITY)) {
                self.take(note, already_recorded);
            }
        }
    }

    fn take(&mut self, note: Note, already_recorded: &dyn Fn(&ArrivalKey) -> bool) {
        let Note::Seen(name, sight) = note else {
            // Something was not told, or the folder itself changed: what is found now is no sign of deafness.
            (self.look_at, self.caught_up) = (Instant::now(), false);
            return;
        };
        let path = self.config.folder.join(&name);
        let counts = Path::new(&name).parent().is_some_and(|below| self.config.subfolders.counts(below));
        if !self.config.subfolders.is_none() && path.is_dir() {
            // A folder that came, perhaps with files in it.
            self.look_at = Instant::now();
        } else if counts && folder::is_wanted(&name, &self.config.endings) {
            match folder::stamp(&path) {
                Some(stamp) => {
                    self.settling.seen(&name, stamp, sight, Instant::now());
                    if self.settling.may_be_early(&name) && !already_recorded(&key(&name, stamp)) {
                        self.settling.hand_on_early(&name, now_millis());
                    }
                }
                None => self.settling.gone(&name),
            }
        }
    }

    /// Looks at every file, so that nothing depends on what the operating system tells.
    fn look_through(&mut self, events: &dyn Fn(SourceState)) {
        let began = Instant::now();
        self.keep_listening();
        let (listening, mut entered, mut fresh, mut deaf) =
            (&mut self.listening, HashSet::new(), HashSet::new(), false);
        let found =
            folder::look_through(&self.config.folder, &self.config.subfolders, &self.config.endings, |relative| {
                // Listening first: what comes while the folder is looked through is told.
                match listening.as_mut().map(|listening| listening.add(relative)) {
                    Some(Ok(true)) => _ = fresh.insert(relative.to_path_buf()),
                    // One that is gone again needs no listening.
                    Some(Err(_)) => deaf |= self.config.folder.join(relative).is_dir(),
                    Some(Ok(false)) | None => {}
                }
                entered.insert(relative.to_path_buf());
            });
        if deaf {
            // Without it the folder is polled, which the state tells.
            self.listening = None;
        } else if let Some(listening) = &mut self.listening {
            listening.keep_only(|relative| entered.contains(relative));
        }
        match found {
            Ok(found) => {
                for name in &found.files {
                    if let Some(stamp) = folder::stamp(&self.config.folder.join(name)) {
                        let before = !self.caught_up || Path::new(name).parent().is_some_and(|at| fresh.contains(at));
                        self.settling.seen(name, stamp, if before { Sight::Before } else { Sight::Found }, began);
                    }
                }
                self.settling.keep_only(&found.files.into_iter().collect::<HashSet<_>>());
                self.caught_up = found.unread.is_none();
                self.look_at = Instant::now() + self.pause().max(began.elapsed() * LOOK_SHARE);
                match found.unread {
                    None => self.tell_how(events),
                    Some((below, error)) => {
                        let detail = format!("{}: {error}", self.config.folder.join(below).display());
                        self.tell(SourceState::Lost { detail }, events);
                    }
                }
            }
            Err(error) => {
                self.settling.lost();
                (self.listening, self.caught_up) = (None, false);
                self.listen_at = began;
                self.look_at = Instant::now() + self.poll();
                self.tell(SourceState::Lost { detail: error.to_string() }, events);
            }
        }
    }

    fn keep_listening(&mut self) {
        let now = Instant::now();
        let may_listen = !self.config.only_poll && self.config.folder.is_dir();
        if self.listening.is_none() && may_listen && self.listen_at <= now {
            self.listening = Listening::new(&self.config.folder, self.notes.0.clone(), self.overflow.clone()).ok();
            self.listen_at = now + LISTEN_AGAIN;
        }
    }

    /// Whether the operating system tells of new files, as far as is known.
    fn hears(&self) -> bool {
        self.listening.is_some() && self.hearing.is_reliable()
    }

    fn pause(&self) -> Duration {
        if self.hears() { LOOK_THROUGH } else { self.poll() }
    }

    /// Tells how the folder is watched, and is as patient with its files as that asks for.
    fn tell_how(&mut self, events: &dyn Fn(SourceState)) {
        let settle = Duration::from_millis(self.config.settle_millis);
        let (state, settle) = match self.hears() {
            true => (SourceState::Watching, settle),
            false => (SourceState::Polling, settle.max(self.poll())),
        };
        self.settling.be_patient(settle);
        self.tell(state, events);
    }

    fn settle(&mut self, already_recorded: &dyn Fn(&ArrivalKey) -> bool) {
        for name in self.settling.due(Instant::now()) {
            let Some(stamp) = folder::stamp(&self.config.folder.join(&name)) else {
                self.settling.gone(&name);
                continue;
            };
            let settled = self.settling.confirm(&name, stamp, Instant::now());
            let Some(Settled { told, early }) = settled else { continue };
            if self.listening.is_some() && self.hearing.settled(told) {
                // How the folder is watched changes with the next look, which is due now.
                self.look_at = Instant::now();
            }
            if !early && !already_recorded(&key(&name, stamp)) {
                self.settling.queue(name, Ready { stamp, seen_millis: now_millis(), rest: Rest::over() });
            }
        }
    }

    fn next_arrival(&self) -> Option<Coming> {
        let (name, ready) = self.settling.next()?;
        let pattern = self.config.pattern.as_ref();
        let arrival = Arrival {
            key: key(name, ready.stamp),
            path: self.config.folder.join(name),
            name: pattern.and_then(|pattern| pattern.read(Path::new(name))).unwrap_or_default(),
            seen_millis: ready.seen_millis,
        };
        Some(Coming { arrival, rest: ready.rest.clone() })
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

fn key(name: &OsStr, stamp: Stamp) -> ArrivalKey {
    ArrivalKey { relative_path: name.into(), modified_nanos: stamp.modified_nanos, size_bytes: stamp.size_bytes }
}

fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
