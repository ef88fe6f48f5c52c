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
    open_settle: Duration,
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
    /// Its writer wrote and has not closed it.
    open: bool,
    /// An event told of it, or it was there before anybody listened.
    told: bool,
}

/// How a file came to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// By looking through the folder.
    Found,
    /// By looking through the folder for the first time, when no event could have told.
    Before,
    /// An event told of it.
    Told,
    /// An event told that its writer wrote to it. Its end is told too, by `Closed`.
    Written,
    /// An event told that its writer closed it, or that it came as a whole.
    Closed,
}

/// A settled file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) stamp: Stamp,
    pub(crate) seen_millis: i64,
}

impl Settling {
    pub(crate) fn new(settle: Duration, empty_settle: Duration, open_settle: Duration) -> Self {
        let (growing, settled, ready) = (HashMap::new(), HashMap::new(), BTreeMap::new());
        let mut settling = Self { settle, empty_settle, open_settle, growing, settled, ready };
        settling.be_patient(settle);
        settling
    }

    /// How long a file must be quiet of which nobody tells whether its writer has finished.
    pub(crate) fn be_patient(&mut self, settle: Duration) {
        self.settle = settle;
        // Neither an empty file nor one that is being written is taken sooner than any other.
        self.empty_settle = self.empty_settle.max(settle);
        self.open_settle = self.open_settle.max(settle);
    }

    /// A file was looked at.
    pub(crate) fn seen(&mut self, name: &OsStr, stamp: Stamp, sight: Sight, now: Instant) {
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
        let (closed, written) = (sight == Sight::Closed, sight == Sight::Written);
        let told = sight != Sight::Found;
        match self.growing.get_mut(name) {
            Some(growing) => {
                growing.told |= told;
                growing.open = !closed && (growing.open || written);
                if growing.stamp != stamp {
                    (growing.stamp, growing.since, growing.closed) = (stamp, now, closed);
                } else if written {
                    (growing.since, growing.closed) = (now, false);
                } else if closed && !growing.closed {
                    (growing.since, growing.closed) = (now, true);
                }
            }
            None => {
                self.growing.insert(name.to_owned(), Growing { stamp, since: now, closed, open: written, told });
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
            + match file.stamp.size_bytes {
                _ if file.open => self.open_settle,
                0 => self.empty_settle,
                _ if file.closed => CLOSED_SETTLE.min(self.settle),
                _ => self.settle,
            }
    }

    /// Looks once more at a file that is due. Some when it has settled, unless it was known to be settled before: true
    /// when an event could tell of it.
    pub(crate) fn confirm(&mut self, name: &OsStr, stamp: Stamp, now: Instant) -> Option<bool> {
        self.seen(name, stamp, Sight::Found, now);
        let told = self.growing.get(name).filter(|file| self.due_at(file) <= now)?.told;
        self.growing.remove(name);
        self.settled.insert(name.to_owned(), stamp);
        Some(told)
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
