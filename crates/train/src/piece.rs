//! A piece of a part with a margin around it. Pieces of many parts teach more in a step than a few whole parts; the
//! margin is what local contrast at the piece's edge looks at, as it will on a whole part.

use std::ops::Range;

use rand::Rng;
use sightline_core::PictureSize;

/// Where a piece lies on a part, with its margin, and where in that the piece itself lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Rows of the part, margin included.
    pub(crate) rows: Range<usize>,
    /// Columns of the part, margin included.
    pub(crate) columns: Range<usize>,
    /// Rows without the margin, counted from `rows.start`.
    pub(crate) inner_rows: Range<usize>,
    /// Columns without the margin, counted from `columns.start`.
    pub(crate) inner_columns: Range<usize>,
}

impl Piece {
    /// A random piece of at most `size` from a part of size `whole`.
    pub(crate) fn random(whole: PictureSize, size: PictureSize, margin: usize, rng: &mut impl Rng) -> Self {
        let (rows, inner_rows) = along(whole.height as usize, size.height as usize, margin, rng);
        let (columns, inner_columns) = along(whole.width as usize, size.width as usize, margin, rng);
        Self { rows, columns, inner_rows, inner_columns }
    }

    /// What a whole part's pixels say about the piece and its margin, row by row.
    pub(crate) fn of<T: Copy>(&self, whole: &[T], width: usize) -> Vec<T> {
        let rows = whole.chunks_exact(width.max(1)).skip(self.rows.start).take(self.rows.len());
        rows.flat_map(|row| &row[self.columns.clone()]).copied().collect()
    }

    /// Row and column in the piece of a place counted from the margin's corner; none in the margin.
    pub(crate) fn inside(&self, (row, column): (usize, usize)) -> Option<(usize, usize)> {
        let inside = self.inner_rows.contains(&row) && self.inner_columns.contains(&column);
        inside.then(|| (row - self.inner_rows.start, column - self.inner_columns.start))
    }
}

/// A random stretch of at most `length` out of `whole`: with its margin, and the stretch counted from there.
fn along(whole: usize, length: usize, margin: usize, rng: &mut impl Rng) -> (Range<usize>, Range<usize>) {
    let length = length.min(whole);
    let start = rng.random_range(0..=whole - length);
    let outer = start.saturating_sub(margin)..(start + length + margin).min(whole);
    let inner = start - outer.start..start - outer.start + length;
    (outer, inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn pieces_lie_on_the_part_and_every_place_is_visited() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let size = |width, height| PictureSize { width, height };
        let mut seen = [false; 40];
        for _ in 0..300 {
            let piece = Piece::random(size(40, 20), size(16, 32), 5, &mut rng);
            assert_eq!((piece.rows.clone(), piece.inner_rows.clone()), (0..20, 0..20), "a low part is taken whole");
            assert_eq!(piece.inner_columns.len(), 16);
            let start = piece.columns.start + piece.inner_columns.start;
            assert!(piece.columns.end <= 40 && start + 16 <= 40);
            assert!(piece.columns.start == 0 || piece.inner_columns.start == 5);
            seen[start..start + 16].fill(true);
        }
        assert_eq!(seen, [true; 40]);
    }

    #[test]
    fn what_is_known_of_the_part_is_cut_with_it() {
        let piece = Piece { rows: 1..3, columns: 1..4, inner_rows: 0..2, inner_columns: 1..3 };
        let whole: Vec<usize> = (0..20).collect();
        assert_eq!(piece.of(&whole, 5), [6, 7, 8, 11, 12, 13]);
        assert_eq!(piece.inside((1, 2)), Some((1, 1)));
        assert_eq!((piece.inside((1, 0)), piece.inside((2, 1))), (None, None));
    }
}
