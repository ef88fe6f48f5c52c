//! Scores that were seen, in memory that does not grow with them, and the rank of a new one among them.

/// Steps of an octave: scores that differ by less than a thousandth of themselves count as equal.
const STEPS_SHIFT: u32 = 10;

/// Octaves on each side of zero, from 2⁻¹⁶ to 2¹⁶. What is nearer to zero or farther away counts as the last step.
const OCTAVES: u64 = 32;

const HALF: u64 = OCTAVES << STEPS_SHIFT;

/// Cells of the score axis. Their numbers stand in databases: never change what one means.
const CELLS: usize = 2 * HALF as usize;

/// How many scores lie in each cell, as a Fenwick tree: half a MiB however many there are, O(log cells) an access.
///
/// The cells are fixed before any score is seen, so putting scores into them keeps exchangeable scores exchangeable;
/// equal cells are ties, and ties are broken by the draw. That a cell is wide costs a little sharpness, never validity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pool {
    tree: Vec<u64>,
    total: u64,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { tree: vec![0; CELLS + 1], total: 0 }
    }

    /// Adds `count` scores to a cell. A number that is no cell's is left out.
    pub(super) fn add(&mut self, cell: u32, count: u64) {
        let mut at = cell as usize + 1;
        if at > CELLS {
            return;
        }
        self.total += count;
        while at <= CELLS {
            self.tree[at] += count;
            at += lowest_bit(at);
        }
    }

    /// All scores.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Scores above a cell, and in it.
    pub(super) fn above_and_equal(&self, cell: u32) -> (u64, u64) {
        let (below, up_to) = (self.below(cell as usize), self.below(cell as usize + 1));
        (self.total - up_to, up_to - below)
    }

    /// Cells that hold scores, from the lowest, with their counts.
    pub(super) fn cells(&self) -> Vec<(u32, u64)> {
        let mut counts = self.tree.clone();
        // Each node holds the sum of those below it; taken away from the top down, each cell's own count is left.
        for at in (1..=CELLS).rev() {
            let parent = at + lowest_bit(at);
            if parent <= CELLS {
                counts[parent] -= counts[at];
            }
        }
        let held = counts.into_iter().skip(1).enumerate().filter(|(_, count)| *count > 0);
        held.map(|(cell, count)| (cell as u32, count)).collect()
    }

    /// Scores in the first `cells` cells.
    fn below(&self, cells: usize) -> u64 {
        let (mut at, mut sum) = (cells.min(CELLS), 0);
        while at > 0 {
            sum += self.tree[at];
            at -= lowest_bit(at);
        }
        sum
    }
}

/// The cell of a score that is a number; never falls when the score rises.
pub(super) fn cell_of(score: f64) -> u32 {
    let step_of = |magnitude: f64| magnitude.to_bits() >> (f64::MANTISSA_DIGITS - 1 - STEPS_SHIFT);
    // A float's bits rise with its magnitude: exponent first, then the mantissa.
    let step = step_of(score.abs()).saturating_sub(step_of(0.5_f64.powi(OCTAVES as i32 / 2))).min(HALF - 1);
    (if score < 0.0 { HALF - 1 - step } else { HALF + step }) as u32
}

fn lowest_bit(at: usize) -> usize {
    at & at.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_rise_with_scores_and_tell_a_thousandth_apart() {
        let mut scores =
            vec![f64::NEG_INFINITY, -1e9, -7.5, -7.48, -1.0, -1e-3, -1e-30, 0.0, 1e-3, 1.0, 1.002, 3.0, 1e9];
        let cells: Vec<u32> = scores.iter().map(|&score| cell_of(score)).collect();
        assert!(cells.is_sorted(), "{cells:?}");
        // Beyond the last octave, and around zero, nothing is told apart.
        assert_eq!((cells[0], cells[1], cells[12]), (0, 0, CELLS as u32 - 1));
        scores.retain(|score| (1e-4..1e4).contains(&score.abs()));
        let mut inner: Vec<u32> = scores.iter().map(|&score| cell_of(score)).collect();
        inner.dedup();
        assert_eq!(inner.len(), scores.len());
        assert_eq!(cell_of(1.0), cell_of(1.0 + 1e-4));
        assert_eq!(cell_of(0.0), cell_of(-0.0));
    }

    #[test]
    fn ranks_are_those_of_a_plain_count() {
        let mut pool = Pool::new();
        let mut plain: Vec<u32> = Vec::new();
        for step in 0..2000_u32 {
            let cell = crate::split::split_mix(u64::from(step)) as u32 % 300 * 218;
            let above = plain.iter().filter(|&&other| other > cell).count() as u64;
            let equal = plain.iter().filter(|&&other| other == cell).count() as u64;
            assert_eq!(pool.above_and_equal(cell), (above, equal), "step {step}");
            pool.add(cell, 1);
            plain.push(cell);
        }
        let mut again = Pool::new();
        pool.cells().into_iter().for_each(|(cell, count)| again.add(cell, count));
        assert_eq!(again, pool);
        assert_eq!(pool.total(), 2000);
        pool.add(u32::MAX, 1);
        assert_eq!(pool, again, "a cell that is none is left out");
    }
}
