//! Growing and shrinking of masks.

use super::mask::{Mask, MaskError};

impl Mask {
    /// All pixels at most `radius` away from a pixel of the mask, as the square around each (Chebyshev distance).
    ///
    /// # Errors
    /// Never for a mask that was made; the type of a mask's limits is kept.
    pub fn grown(&self, radius: u32) -> Result<Self, MaskError> {
        let size = self.size();
        let (width, height) = (size.width, size.height);
        let radius = radius.min(width.max(height));
        // Down the columns each span grows at both ends, within its column.
        let mut taller: Vec<(u32, u32)> = Vec::with_capacity(self.spans().len());
        for &(start, end) in self.spans() {
            for column in start / height..=(end - 1) / height {
                let (first, last) = (column * height, (column + 1) * height);
                let (from, to) = (start.max(first), end.min(last));
                let grown = (from.saturating_sub(radius).max(first), to.saturating_add(radius).min(last));
                taller.push(grown);
            }
        }
        // Then sideways, in steps that double: uniting a mask with itself moved by up to its own reach.
        let mut grown = Self::from_spans(size, taller)?;
        let mut reach = 0;
        while reach < radius {
            let step = (reach + 1).min(radius - reach);
            let moved = |by: i64| {
                let by = by * i64::from(height);
                let pixels = i64::from(width) * i64::from(height);
                grown.spans().iter().filter_map(move |&(start, end)| {
                    let inside = |at: u32| (i64::from(at) + by).clamp(0, pixels) as u32;
                    let span = (inside(start), inside(end));
                    (span.0 < span.1).then_some(span)
                })
            };
            let sides = moved(-i64::from(step)).chain(moved(i64::from(step)));
            let spans = sides.chain(grown.spans().iter().copied()).collect();
            grown = Self::from_spans(size, spans)?;
            reach += step;
        }
        Ok(grown)
    }

    /// The pixels that are farther than `radius` from every pixel outside; beyond the picture's edge nothing is outside.
    ///
    /// # Errors
    /// As [`Self::grown`].
    pub fn shrunk(&self, radius: u32) -> Result<Self, MaskError> {
        Ok(self.inverse().grown(radius)?.inverse())
    }
}
