//! Does the operating system tell of new files? On network shares it tells of none that another machine writes, and
//! says nothing about that; then the folder is polled.

/// So many new files in a row that no event told of, found by looking, mean that none is told of.
const UNTOLD: u32 = 3;

/// What is known about events of one folder.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    remote: bool,
    untold: u32,
}

impl Hearing {
    /// For a folder that is on a network share or not.
    pub(crate) fn new(remote: bool) -> Self {
        Self { remote, untold: 0 }
    }

    /// A new file has settled. True when whether events can be relied on changed by it.
    pub(crate) fn settled(&mut self, told: bool) -> bool {
        let before = self.is_reliable();
        self.untold = if told { 0 } else { self.untold.saturating_add(1) };
        before != self.is_reliable()
    }

    /// Whether events tell of new files, as far as is known. On a share they tell of what this machine writes only.
    pub(crate) fn is_reliable(&self) -> bool {
        !self.remote && self.untold < UNTOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_untold_files_in_a_row_are_enough_and_one_told_takes_it_back() {
        let mut hearing = Hearing::new(false);
        let changes = [false, false, true, false, false, false, true].map(|told| (told, hearing.settled(told)));
        assert_eq!(changes.map(|(_, changed)| changed), [false, false, false, false, false, true, true]);
        assert!(hearing.is_reliable());
    }

    #[test]
    fn on_a_share_nothing_is_relied_on() {
        let mut hearing = Hearing::new(true);
        assert!(!hearing.settled(true) && !hearing.is_reliable());
    }
}
