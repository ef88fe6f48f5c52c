//! A folder that a camera writes to, as a stream of [`Arrival`](sightline_core::Arrival)s: each file counts once, when
//! nobody writes to it any more, and none is lost, whatever the operating system tells or forgets to tell. Files are only
//! looked at, never opened.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use sightline_core::{ArrivalKey, PartName, SourceState};

mod config;
mod error;
mod folder;
mod hearing;
mod notes;
mod pattern;
mod pulse;
mod rest;
mod run;
mod settle;

pub use config::WatchConfig;
pub use error::WatchError;
pub use pattern::{NamePattern, PatternError, Subfolders};
pub use pulse::Pulse;
pub use rest::{Coming, Rest};

/// Arrivals that may wait in the channel. Further ones wait in the watcher, so none is dropped.
const CHANNEL_CAPACITY: usize = 32;

/// A watched folder. Dropping it ends the watching.
#[derive(Debug)]
pub struct Watching {
    /// The arrivals, oldest file first where several are ready. A file that was just closed comes while it still rests.
    pub arrivals: Receiver<Coming>,
    /// How many of them wait.
    pub backlog: Backlog,
    /// Whether looking at the folder comes back.
    pub pulse: Pulse,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Settled arrivals that nobody has received yet: those in the channel and those that found it full.
#[derive(Debug, Clone)]
pub struct Backlog {
    ready: Arc<AtomicUsize>,
    arrivals: Receiver<Coming>,
}

impl Backlog {
    /// How many there are.
    pub fn waiting(&self) -> usize {
        self.ready.load(Ordering::Relaxed) + self.arrivals.len()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Watches a folder and those below it that count, beginning with the files that are there already, oldest first.
///
/// `already_recorded` is asked about each closed or settled file that this watcher has not delivered; it should ask the store,
/// which knows what was recorded since the start, too. `events` is told of each change of the folder's state. Both are
/// called on the watcher's thread.
///
/// # Errors
/// When the folder does not exist, is no folder or cannot be read, or the thread cannot be started. A folder that
/// vanishes later is [`SourceState::Lost`] and tried again.
pub fn watch(
    config: WatchConfig,
    already_recorded: impl Fn(&ArrivalKey) -> bool + Send + 'static,
    events: impl Fn(SourceState) + Send + 'static,
) -> Result<Watching, WatchError> {
    let folder = readable(&config.folder)?;
    let (to_arrivals, arrivals) = bounded(CHANNEL_CAPACITY);
    let (stop, stopped) = bounded(0);
    let ready = Arc::new(AtomicUsize::new(0));
    let pulse = Pulse::default();
    let config = WatchConfig { folder: folder.clone(), ..config };
    let mut watcher = run::Watcher::new(config, ready.clone(), pulse.clone());
    let thread = thread::Builder::new()
        .name("watch".into())
        .spawn(move || watcher.run(&to_arrivals, &stopped, &already_recorded, &events))
        .map_err(|source| WatchError::Thread { path: folder, source })?;
    let backlog = Backlog { ready, arrivals: arrivals.clone() };
    Ok(Watching { arrivals, backlog, pulse, stop: Some(stop), thread: Some(thread) })
}

/// The files that would arrive now, by their path below the folder, each with what its name tells; none when the pattern
/// does not fit it. Sorted by path.
///
/// # Errors
/// When the folder cannot be read.
pub fn preview(config: &WatchConfig) -> Result<Vec<(PathBuf, Option<PartName>)>, WatchError> {
    let folder = readable(&config.folder)?;
    let found = folder::look_through(&folder, &config.subfolders, &config.endings, |_| ())
        .map_err(|source| WatchError::from_io(&config.folder, source))?;
    let read = |path: &Path| match &config.pattern {
        Some(pattern) => pattern.read(path),
        None => Some(PartName::default()),
    };
    let is_file = |path: &PathBuf| folder::stamp(&folder.join(path)).is_some();
    let mut files: Vec<PathBuf> = found.files.into_iter().map(PathBuf::from).filter(is_file).collect();
    files.sort();
    Ok(files.into_iter().map(|path| (path.clone(), read(&path))).collect())
}

/// The folder's full path, so that arrivals are found wherever the program goes.
fn readable(path: &Path) -> Result<PathBuf, WatchError> {
    let failed = |source| WatchError::from_io(path, source);
    let folder = std::path::absolute(path).map_err(failed)?;
    if !fs::metadata(&folder).map_err(failed)?.is_dir() {
        return Err(WatchError::NotAFolder { path: path.to_path_buf() });
    }
    fs::read_dir(&folder).map_err(failed)?;
    Ok(folder)
}

#[cfg(test)]
mod tests;
