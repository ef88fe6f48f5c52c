//! When is a file finished? Pure bookkeeping: stamps and times come in, settled files come out, in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

use crate::folder::Stamp;

/// After a writer closed the file: copying programs set the modification time just after they close.
const CLOSED_SETTLE: Duration = Duration::from_millis(10);

/// Place in the queue: oldest file first, then by name.
type Place = (i64, OsString);

/// The files of a folder on their way from seen to delivered.
#[derive(Debug)]
pub(crate) struct Settling {
    settle: Duration,
    empty_settle: Duration,
    growing: HashMap<OsString, Growing>,
    /// The newest settled state of each file: an event about a file in this state says nothing new.
    settled: HashMap<OsString, Stamp>,
    /// Settled and not delivered.
    ready: BTreeMap<Place, Ready>,
}

#[derive(Debug)]
struct Growing {
    stamp: Stamp,
    since: Instant,
    closed: bool,
}

/// A settled file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) stamp: Stamp,
    pub(crate) seen_millis: i64,
}

impl Settling {
    pub(crate) fn new(settle: Duration, empty_settle: Duration) -> Self {
        let (growing, settled, ready) = (HashMap::new(), HashMap::new(), BTreeMap::new());
        // An empty file is never taken sooner than one with content.
        Self { settle, empty_settle: empty_settle.max(settle), growing, settled, ready }
    }

    /// A file was looked at. `closed`: its writer is known to have finished.
    pub(crate) fn seen(&mut self, name: &OsStr, stamp: Stamp, closed: bool, now: Instant) {
        match self.settled.get(name) {
            Some(settled) if *settled == stamp => {
                self.growing.remove(name);
                return;
            }
            // Written again before it was delivered: one arrival, with the newer state.
            Some(settled) => {
                self.ready.remove(&(settled.modified_nanos, name.to_owned()));
            }
            None => {}
        }
        match self.growing.get_mut(name) {
            Some(growing) if growing.stamp == stamp => {
                if closed && !growing.closed {
                    (growing.closed, growing.since) = (true, now);
                }
            }
            _ => {
                self.growing.insert(name.to_owned(), Growing { stamp, since: now, closed });
            }
        }
    }

    /// A file is not there any more. One that had settled keeps its turn.
    pub(crate) fn gone(&mut self, name: &OsStr) {
        self.growing.remove(name);
    }

    /// The folder was looked through: forgets the files that are not in it any more.
    pub(crate) fn keep_only(&mut self, names: &HashSet<OsString>) {
        self.growing.retain(|name, _| names.contains(name));
        self.settled.retain(|name, _| names.contains(name));
    }

    /// The folder is not there: what had not settled is seen anew when it comes back.
    pub(crate) fn lost(&mut self) {
        self.growing.clear();
    }

    /// Files that were quiet long enough, to be looked at once more.
    pub(crate) fn due(&self, now: Instant) -> Vec<OsString> {
        self.growing.iter().filter(|(_, file)| self.due_at(file) <= now).map(|(name, _)| name.clone()).collect()
    }

    /// When the next file may be due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.growing.values().map(|file| self.due_at(file)).min()
    }

    fn due_at(&self, file: &Growing) -> Instant {
        file.since
            + match (file.stamp.size_bytes, file.closed) {
                (0, _) => self.empty_settle,
                (_, true) => CLOSED_SETTLE.min(self.settle),
                (_, false) => self.settle,
            }
    }

    /// Looks once more at a file that is due. True when it has settled, unless it was known to be settled before.
    pub(crate) fn confirm(&mut self, name: &OsStr, stamp: Stamp, now: Instant) -> bool {
        self.seen(name, stamp, false, now);
        let settled = self.growing.get(name).is_some_and(|file| self.due_at(file) <= now);
        if settled {
            self.growing.remove(name);
            self.settled.insert(name.to_owned(), stamp);
        }
        settled
    }

    /// Queues a file that has settled.
    pub(crate) fn queue(&mut self, name: OsString, ready: Ready) {
        self.ready.insert((ready.stamp.modified_nanos, name), ready);
    }

    /// The file whose turn it is.
    pub(crate) fn next(&self) -> Option<(&OsStr, &Ready)> {
        self.ready.first_key_value().map(|((_, name), ready)| (name.as_os_str(), ready))
    }

    /// The file whose turn it was is delivered.
    pub(crate) fn delivered(&mut self) {
        self.ready.pop_first();
    }

    /// How many files wait to be delivered.
    pub(crate) fn waiting(&self) -> usize {
        self.ready.len()
    }
}

#[cfg(test)]
mod tests;
