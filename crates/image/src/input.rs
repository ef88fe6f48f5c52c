//! One part as a model sees it.

use std::ops::Range;

/// Samples in planes, `channels × height × width`, row by row. In 0..=1 as `Preprocess` makes them; standardised after
/// `Normalise`.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Number of planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
    /// `channels * height * width` values.
    pub values: Vec<f32>,
}

impl Input {
    /// The part of each plane in these rows and columns, which must lie on it.
    pub fn cut(&self, rows: Range<usize>, columns: Range<usize>) -> Self {
        let lines =
            self.planes().flat_map(|plane| plane.chunks_exact(self.width.max(1)).skip(rows.start).take(rows.len()));
        let values = lines.flat_map(|line| &line[columns.clone()]).copied().collect();
        Self { channels: self.channels, height: rows.len(), width: columns.len(), values }
    }

    /// The planes, one a channel.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact((self.height * self.width).max(1))
    }
}
