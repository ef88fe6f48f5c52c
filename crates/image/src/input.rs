//! One part as a model sees it.

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
    /// The planes, one a channel.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact((self.height * self.width).max(1))
    }
}
