//! An area of any shape on a picture, by its corners in fractions of width and height, so that it holds at every
//! resolution.

/// A closed outline. Where it crosses itself, what it encloses twice lies outside (the even-odd rule).
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Corners in order, each x and y in 0..=1 of the picture.
    pub corners: Vec<(f32, f32)>,
}

impl Outline {
    /// More corners than anybody draws.
    pub const MOST_CORNERS: usize = 200;

    /// Whether it has at least three corners, not too many, and all of them lie on the picture.
    pub fn is_valid(&self) -> bool {
        let inside = |v: f32| (0.0..=1.0).contains(&v);
        (3..=Self::MOST_CORNERS).contains(&self.corners.len())
            && self.corners.iter().all(|&(x, y)| inside(x) && inside(y))
    }

    /// Where a horizontal line crosses it, from left to right: inside from the first to the second, and so on.
    pub fn crossings(&self, y: f32) -> Vec<f32> {
        let next = self.corners.iter().cycle().skip(1);
        let mut crossings: Vec<f32> = self
            .corners
            .iter()
            .zip(next)
            // Half open: a line through a corner crosses one of its two sides.
            .filter(|((_, from), (_, to))| (*from <= y) != (*to <= y))
            .map(|((x, from), (to_x, to))| x + (y - from) / (to - from) * (to_x - x))
            .collect();
        crossings.sort_by(f32::total_cmp);
        crossings
    }

    /// Whether a point lies inside.
    pub fn contains(&self, x: f32, y: f32) -> bool {
        self.crossings(y).iter().filter(|&&crossing| crossing <= x).count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(corners: &[(f32, f32)]) -> Outline {
        Outline { corners: corners.to_vec() }
    }

    #[test]
    fn points_lie_inside_or_outside() {
        let triangle = outline(&[(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)]);
        // An L: its inner corner is outside.
        let corner = outline(&[(0.0, 0.0), (1.0, 0.0), (1.0, 0.4), (0.4, 0.4), (0.4, 1.0), (0.0, 1.0)]);
        // A bow tie encloses two triangles.
        let tie = outline(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
        let check = |outline: &Outline, point: (f32, f32), expected: bool| {
            assert_eq!(outline.contains(point.0, point.1), expected, "{point:?} in {outline:?}");
        };
        check(&triangle, (0.5, 0.5), true);
        check(&triangle, (0.12, 0.5), false);
        check(&triangle, (0.5, 0.05), false);
        check(&triangle, (0.5, 0.95), false);
        check(&corner, (0.2, 0.9), true);
        check(&corner, (0.9, 0.2), true);
        check(&corner, (0.7, 0.7), false);
        check(&tie, (0.1, 0.5), true);
        check(&tie, (0.9, 0.5), true);
        check(&tie, (0.5, 0.1), false);
        check(&outline(&[]), (0.5, 0.5), false);
    }

    #[test]
    fn a_rectangle_is_the_same_by_its_corners() {
        let region = crate::Region { left: 0.25, top: 0.125, right: 0.75, bottom: 0.5 };
        let by_corners = outline(&[(0.25, 0.125), (0.75, 0.125), (0.75, 0.5), (0.25, 0.5)]);
        for (x, y) in (0..64).flat_map(|y| (0..64).map(move |x| (x as f32 / 64.0, y as f32 / 64.0))) {
            assert_eq!(by_corners.contains(x, y), region.contains(x, y), "{x}, {y}");
        }
    }

    #[test]
    fn corners_beside_the_picture_and_too_few_or_too_many_are_refused() {
        assert!(outline(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]).is_valid());
        assert!(!outline(&[(0.0, 0.0), (1.0, 0.0)]).is_valid());
        assert!(!outline(&[(0.0, 0.0), (1.1, 0.0), (1.0, 1.0)]).is_valid());
        assert!(!outline(&[(0.0, 0.0), (f32::NAN, 0.0), (1.0, 1.0)]).is_valid());
        assert!(!outline(&[(0.5, 0.5); Outline::MOST_CORNERS + 1]).is_valid());
    }
}
