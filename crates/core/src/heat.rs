//! The anomaly map of one part: how far each cell of the picture is from what good parts look like.

/// A coarse grid over the judged region, row by row. Values have the unit of the part's score.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Cells from left to right.
    pub width: usize,
    /// Cells from top to bottom.
    pub height: usize,
    /// `width * height` values, row by row.
    pub values: Vec<f32>,
}

impl HeatMap {
    /// The largest value, or negative infinity for an empty map.
    pub fn peak(&self) -> f32 {
        self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }
}
