//! Rings of points, and the pixels inside them.

use super::mask::{Mask, MaskError, first_centre, pixels};
use crate::PictureSize;

/// Columns that all edges of a shape together may cross: a bound on time and memory, far beyond what a hand draws.
const MOST_CROSSINGS: u64 = 16_000_000;

/// A point in pixels of the picture; (0.5, 0.5) is the centre of the upper left pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
}

/// A closed line. The last point is joined to the first. What it encloses an odd number of times is inside.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ring(pub Vec<Point>);

impl Ring {
    /// Twice the signed area; positive when the points go clockwise on a picture, where y points down.
    pub fn doubled_area(&self) -> f64 {
        self.edges().map(|[from, to]| from.x * to.y - to.x * from.y).sum()
    }

    fn edges(&self) -> impl Iterator<Item = [Point; 2]> {
        let next = self.0.iter().cycle().skip(1);
        self.0.iter().zip(next).map(|(from, to)| [*from, *to])
    }
}

/// The pixels whose centre lies inside any of the rings. A centre on a left or upper edge is inside, on a right or lower
/// one outside, so that areas side by side share no pixel.
///
/// # Errors
/// When the picture is too large for a mask, or the rings cross its columns too often.
pub fn rasterise(rings: &[Ring], picture: PictureSize) -> Result<Mask, MaskError> {
    pixels(picture)?;
    let columns = |from: Point, to: Point| {
        let (left, right) = (from.x.min(to.x), from.x.max(to.x));
        first_centre(left, picture.width)..first_centre(right, picture.width)
    };
    let crossings: u64 = rings.iter().flat_map(Ring::edges).map(|[from, to]| columns(from, to).len() as u64).sum();
    if crossings > MOST_CROSSINGS {
        return Err(MaskError::TooComplex { found: crossings, allowed: MOST_CROSSINGS });
    }
    let mut spans = Vec::new();
    for ring in rings {
        let mut met: Vec<(u32, f64)> = Vec::new();
        for [from, to] in ring.edges() {
            // Always from left to right: an edge that is walked there and back meets each column at the same height.
            let (from, to) = if from.x <= to.x { (from, to) } else { (to, from) };
            for x in columns(from, to) {
                let share = (f64::from(x) + 0.5 - from.x) / (to.x - from.x);
                met.push((x, from.y + share * (to.y - from.y)));
            }
        }
        met.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        // A closed line meets each column an even number of times.
        for pair in met.chunks_exact(2) {
            if let [(x, enters), (_, leaves)] = pair {
                let row = |y: f64| x * picture.height + first_centre(y, picture.height);
                spans.push((row(*enters), row(*leaves)));
            }
        }
    }
    Mask::from_spans(picture, spans)
}
