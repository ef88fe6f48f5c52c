//! COCO's short form of runs: each run as its difference to the run before the last, in groups of five bits with a sixth
//! that says whether more follow, as letters from "0" on (`rleToString` of the COCO API, T.-Y. Lin and P. Dollár, 2014).

/// Why a text is no list of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    /// A letter outside "0" to "o".
    #[error("byte {at} of the counts is no letter of a run-length code")]
    Letter {
        /// Where, from 0.
        at: usize,
    },
    /// The text ends within a number.
    #[error("the counts end in the middle of a number")]
    CutShort,
    /// A run that is negative or too long to be one.
    #[error("run {run} of the counts is {value} pixels long")]
    Run {
        /// Which, from 0.
        run: usize,
        /// Its length as written.
        value: i64,
    },
    /// More runs than a mask may have.
    #[error("the counts hold more than {allowed} runs")]
    TooMany {
        /// How many are allowed.
        allowed: usize,
    },
}

/// Runs as COCO's compressed text.
pub fn counts_to_text(runs: &[u32]) -> String {
    let mut text = String::with_capacity(2 * runs.len());
    for (index, &run) in runs.iter().enumerate() {
        // The first two and the third stand for themselves, as in the original.
        let before = if index > 2 { runs[index - 2] } else { 0 };
        let mut rest = i64::from(run) - i64::from(before);
        loop {
            let low = (rest & 0x1f) as u8;
            rest >>= 5;
            let done = if low & 0x10 != 0 { rest == -1 } else { rest == 0 };
            text.push(char::from(48 + if done { low } else { low | 0x20 }));
            if done {
                break;
            }
        }
    }
    text
}

/// Runs from COCO's compressed text, at most `most` of them.
///
/// # Errors
/// When the text is not such a code, with the place.
pub fn counts_from_text(text: &str, most: usize) -> Result<Vec<u32>, CountsError> {
    let mut runs: Vec<u32> = Vec::new();
    let mut bytes = text.bytes().enumerate();
    while let Some((mut at, mut byte)) = bytes.next() {
        if runs.len() >= most {
            return Err(CountsError::TooMany { allowed: most });
        }
        let (mut value, mut shift) = (0_i64, 0_u32);
        loop {
            // 7 groups hold 35 bits: more than any run needs.
            let group = byte.checked_sub(48).filter(|group| *group < 64 && shift < 35);
            let Some(group) = group else { return Err(CountsError::Letter { at }) };
            value |= i64::from(group & 0x1f) << shift;
            shift += 5;
            if group & 0x20 == 0 {
                if group & 0x10 != 0 {
                    value |= -1 << shift;
                }
                break;
            }
            (at, byte) = bytes.next().ok_or(CountsError::CutShort)?;
        }
        let before = if runs.len() > 2 { runs[runs.len() - 2] } else { 0 };
        value += i64::from(before);
        runs.push(u32::try_from(value).map_err(|_| CountsError::Run { run: runs.len(), value })?);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_survive_and_damage_is_placed() {
        for runs in [vec![], vec![0], vec![6, 1, 40, 4, 5, 4, 5, 4, 21], vec![0, u32::MAX, 0, 1, u32::MAX, 7, 3]] {
            assert_eq!(counts_from_text(&counts_to_text(&runs), 100), Ok(runs));
        }
        let check = |text: &str, expected| assert_eq!(counts_from_text(text, 3), Err(expected), "{text:?}");
        check("0 ", CountsError::Letter { at: 1 });
        check("0p", CountsError::Letter { at: 1 });
        check("00é", CountsError::Letter { at: 2 });
        check("0P", CountsError::CutShort);
        check("0000", CountsError::TooMany { allowed: 3 });
        check("O", CountsError::Run { run: 0, value: -1 });
        check("oooooooooooooooo", CountsError::Letter { at: 7 });
    }
}
