//! Lines of one process take turns at a device, in the order in which they asked: one with a long queue delays another by
//! one batch, not by its queue.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use super::device::LOOK;

/// Who is next at one device.
#[derive(Debug, Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The next number that is given out.
    next: u64,
    /// The numbers that have not had their turn; it is the first's.
    waiting: VecDeque<u64>,
}

/// The device is one's own until this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    /// The turns at a device, the same for all lines of this process.
    pub(super) fn at(device: &str) -> Arc<Self> {
        static DEVICES: OnceLock<Mutex<HashMap<String, Arc<Turns>>>> = OnceLock::new();
        let mut devices = DEVICES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(devices.entry(device.to_owned()).or_default())
    }

    /// Waits for one's turn. None when it is given up before: the device may be at a call that never comes back.
    pub(super) fn take(&self, given_up: &dyn Fn() -> bool) -> Option<Turn<'_>> {
        let mut state = self.lock();
        let mine = state.next;
        state.next += 1;
        state.waiting.push_back(mine);
        while state.waiting.front() != Some(&mine) {
            if given_up() {
                state.waiting.retain(|waiting| *waiting != mine);
                return None;
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(Turn(self))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting.pop_front();
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_the_order_in_which_they_were_asked_for() {
        let (turns, order) = (Turns::default(), Mutex::new(Vec::new()));
        let first = turns.take(&|| false).unwrap();
        std::thread::scope(|scope| {
            for number in 0..5 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    // The third does not wait for it.
                    let Some(_turn) = turns.take(&|| number == 2) else { return };
                    order.lock().unwrap().push(number);
                });
                // Asked for before the next one asks.
                while turns.lock().next < number + 2 {
                    std::thread::yield_now();
                }
            }
            assert_eq!(*order.lock().unwrap(), [0; 0]);
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 3, 4]);
    }

    #[test]
    fn a_device_has_the_same_turns_for_all_lines() {
        assert!(Arc::ptr_eq(&Turns::at("gpu:7"), &Turns::at("gpu:7")));
        assert!(!Arc::ptr_eq(&Turns::at("gpu:7"), &Turns::at("gpu:8")));
    }
}
