//! What a labelled part is used for. One use each: a limit that is set on parts which the model learned from promises
//! nothing.

use crate::split::mix;

/// The one thing that a labelled part is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LabelUse {
    /// The model learns from it.
    Training,
    /// It helps to set the limit.
    Calibration,
    /// It measures the result.
    Test,
}

impl LabelUse {
    /// The use of a part whose group (burst, lot) has this name: 60 % training, 20 % calibration, 20 % test. The same
    /// name always gives the same use, so parts of one group stay together whenever they are labelled.
    pub fn of_group(group: &str) -> Self {
        // Another stream than the split of good parts, which hashes the same names.
        const STREAM: u64 = 0x1abe_1abe_1abe_1abe;
        match mix(group, STREAM) % 10 {
            0..6 => Self::Training,
            6..8 => Self::Calibration,
            _ => Self::Test,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_shared_out_and_stay() {
        let mut found = [0; 3];
        for group in 0..10_000 {
            let name = format!("lot-{group}");
            let used = LabelUse::of_group(&name);
            assert_eq!(LabelUse::of_group(&name), used);
            found[used as usize] += 1;
        }
        let [training, calibration, test] = found;
        assert!((5800..6200).contains(&training), "{found:?}");
        assert!((1800..2200).contains(&calibration) && (1800..2200).contains(&test), "{found:?}");
    }
}
