//! When is a file finished? Pure bookkeeping: stamps and times come in, settled files come out, in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

use crate::folder::Stamp;
use crate::rest::{Rest, Resting};

/// After a writer closed the file: copying programs set the modification time just after they close.
const CLOSED_SETTLE: Duration = Duration::from_millis(10);

/// Where programs touch files again just after they closed them, or give them other names, nothing is handed on early until
/// so many in a row have stayed as they were: it would be judged twice.
const DOUBTS: u32 = 20;

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
    /// Settled, or handed on before, and not delivered.
    ready: BTreeMap<Place, Ready>,
    /// So many closed files must stay as they are before one is handed on early again.
    doubts: u32,
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
    /// It was handed on while it rests.
    early: Option<Resting>,
    /// It was changed after it had been closed.
    reopened: bool,
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

/// A file that has settled, or was closed and rests.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) stamp: Stamp,
    pub(crate) seen_millis: i64,
    pub(crate) rest: Rest,
}

/// How a file settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// An event could tell of it.
    pub(crate) told: bool,
    /// It was handed on while it rested.
    pub(crate) early: bool,
}

impl Settling {
    pub(crate) fn new(settle: Duration, empty_settle: Duration, open_settle: Duration) -> Self {
        let (growing, settled, ready) = (HashMap::new(), HashMap::new(), BTreeMap::new());
        let mut settling = Self { settle, empty_settle, open_settle, growing, settled, ready, doubts: 0 };
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
        match self.settled.get(name).copied() {
            Some(settled) if settled == stamp => {
                // Another state that did not last.
                if let Some(growing) = self.growing.remove(name)
                    && growing.early.is_some()
                {
                    self.doubts = DOUBTS;
                    self.take_back(name, growing.stamp);
                }
                return;
            }
            // Written again before it was delivered: one arrival, with the state that it settles in, be it the same again.
            Some(settled) if self.take_back(name, settled) => _ = self.settled.remove(name),
            _ => {}
        }
        let (closed, written) = (sight == Sight::Closed, sight == Sight::Written);
        let told = sight != Sight::Found;
        match self.growing.get_mut(name) {
            Some(growing) => {
                growing.told |= told;
                growing.open = !closed && (growing.open || written);
                let (changed, before) = (growing.stamp != stamp, growing.stamp);
                let early = growing.early.take_if(|_| changed || written);
                growing.reopened |= growing.closed && (changed || written);
                if changed {
                    (growing.stamp, growing.since, growing.closed) = (stamp, now, closed);
                } else if written {
                    (growing.since, growing.closed) = (now, false);
                } else if closed && !growing.closed {
                    (growing.since, growing.closed) = (now, true);
                }
                if early.is_some() {
                    self.doubts = DOUBTS;
                    self.take_back(name, before);
                }
            }
            None => {
                let growing = Growing { stamp, since: now, closed, open: written, told, early: None, reopened: false };
                self.growing.insert(name.to_owned(), growing);
            }
        }
    }

    /// A file that waits in this state is not delivered. False when none waits.
    fn take_back(&mut self, name: &OsStr, stamp: Stamp) -> bool {
        let place = (stamp.modified_nanos, name.to_owned());
        let waits = self.ready.get(&place).is_some_and(|ready| ready.stamp == stamp);
        if waits {
            self.ready.remove(&place);
        }
        waits
    }

    /// Whether a file that its writer has just closed may be judged while it rests: not one that is empty, and none while
    /// files do not stay as they are when they are closed.
    pub(crate) fn may_be_early(&self, name: &OsStr) -> bool {
        let fits = |file: &Growing| file.closed && !file.open && file.early.is_none() && file.stamp.size_bytes > 0;
        self.doubts == 0 && self.growing.get(name).is_some_and(fits)
    }

    /// Queues such a file.
    pub(crate) fn hand_on_early(&mut self, name: &OsStr, seen_millis: i64) {
        if let Some(growing) = self.growing.get_mut(name) {
            let (resting, rest) = Rest::begin();
            growing.early = Some(resting);
            let stamp = growing.stamp;
            self.queue(name.to_owned(), Ready { stamp, seen_millis, rest });
        }
    }

    /// A file is not there any more. One that had settled keeps its turn; what was handed on early does not count.
    pub(crate) fn gone(&mut self, name: &OsStr) {
        if self.growing.remove(name).is_some_and(|growing| growing.early.is_some()) {
            self.doubts = DOUBTS;
        }
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

    /// Looks once more at a file that is due. Some when it has settled, unless it was known to be settled before.
    pub(crate) fn confirm(&mut self, name: &OsStr, stamp: Stamp, now: Instant) -> Option<Settled> {
        self.seen(name, stamp, Sight::Found, now);
        self.growing.get(name).filter(|file| self.due_at(file) <= now)?;
        let Growing { told, closed, early, reopened, .. } = self.growing.remove(name)?;
        if closed && !reopened {
            self.doubts = self.doubts.saturating_sub(1);
        }
        self.settled.insert(name.to_owned(), stamp);
        let settled = Settled { told, early: early.is_some() };
        early.into_iter().for_each(Resting::stayed);
        Some(settled)
    }

    /// Queues a file to be delivered.
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
