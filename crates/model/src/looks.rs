//! A part that may lie several ways is looked at in each of them, and what is said about a place is the mean: test-time
//! augmentation. What one look takes for a mark by chance, the others mostly do not.

use sightline_core::Poses;
use sightline_image::Input;

/// One way to look: mirrored, or turned by half a turn, which is mirrored both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Left and right change places.
    across: bool,
    /// Top and bottom change places.
    down: bool,
}

impl Look {
    /// The looks beside the usual one at parts that may lie like this. Quarter turns are not among them: a picture and its
    /// maps keep their shape.
    pub(crate) fn beside_the_usual(poses: Poses) -> Vec<Self> {
        let all = [
            (poses.may_flip, Self { across: true, down: false }),
            (poses.may_flip && poses.may_turn, Self { across: false, down: true }),
            (poses.may_turn, Self { across: true, down: true }),
        ];
        all.into_iter().filter_map(|(may, look)| may.then_some(look)).collect()
    }

    /// The picture, looked at like this.
    pub(crate) fn at(self, input: &Input) -> Input {
        let &Input { channels, height, width, .. } = input;
        let mut values = Vec::with_capacity(input.values.len());
        for plane in input.values.chunks_exact((height * width).max(1)) {
            for row in 0..height {
                let row = if self.down { height - 1 - row } else { row };
                let line = &plane[row * width..(row + 1) * width];
                match self.across {
                    true => values.extend(line.iter().rev()),
                    false => values.extend(line),
                }
            }
        }
        Input { channels, height, width, values }
    }

    /// Adds what was said about the picture looked at like this to what was said about the picture itself, cell by cell.
    ///
    /// # Shapes
    /// Both are maps with lines of `pitch` cells, of which the picture reaches the first `columns` of the first `rows`.
    pub(crate) fn add(self, to: &mut [f32], said: &[f32], seen: (usize, usize), pitch: usize) {
        self.each(seen, pitch, |at, from| to[at] += said[from]);
    }

    /// The same, but what was said takes the place of what is there.
    pub(crate) fn lay_over(self, to: &mut [f32], said: &[f32], seen: (usize, usize), pitch: usize) {
        self.each(seen, pitch, |at, from| to[at] = said[from]);
    }

    /// Each cell of a picture and the cell that shows the same place, looked at like this.
    fn each(self, (rows, columns): (usize, usize), pitch: usize, mut visit: impl FnMut(usize, usize)) {
        for row in 0..rows {
            for column in 0..columns {
                let from_row = if self.down { rows - 1 - row } else { row };
                let from_column = if self.across { columns - 1 - column } else { column };
                visit(row * pitch + column, from_row * pitch + from_column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poses(may_turn: bool, may_flip: bool) -> Poses {
        Poses { may_turn, may_flip }
    }

    #[test]
    fn a_part_is_looked_at_as_it_may_lie_and_no_other_way() {
        assert!(Look::beside_the_usual(poses(false, false)).is_empty());
        assert_eq!(Look::beside_the_usual(poses(true, false)), [Look { across: true, down: true }]);
        assert_eq!(Look::beside_the_usual(poses(false, true)), [Look { across: true, down: false }]);
        assert_eq!(Look::beside_the_usual(poses(true, true)).len(), 3);
    }

    #[test]
    fn what_is_said_comes_back_to_its_place() {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let input = Input { channels: 2, height: 2, width: 3, values };
        for look in Look::beside_the_usual(poses(true, true)) {
            let seen = look.at(&input);
            assert_ne!(seen, input);
            assert_eq!(look.at(&seen), input);
            // A map that says each pixel's value, in lines that are longer than the picture.
            let mut said = vec![f32::NAN; 10];
            (0..6).for_each(|at| said[at / 3 * 5 + at % 3] = seen.values[at]);
            let mut sum = vec![0.0; 10];
            look.add(&mut sum, &said, (2, 3), 5);
            assert_eq!(sum, [0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 5.0, 0.0, 0.0]);
        }
    }
}
