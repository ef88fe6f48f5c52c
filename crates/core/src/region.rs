//! A rectangle on a picture in fractions of its width and height, so that it holds at every resolution.

/// A rectangle: `left`, `top`, `right`, `bottom` in 0..=1 of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left edge as a fraction of the width.
    pub left: f32,
    /// Top edge as a fraction of the height.
    pub top: f32,
    /// Right edge as a fraction of the width.
    pub right: f32,
    /// Bottom edge as a fraction of the height.
    pub bottom: f32,
}

impl Region {
    /// The whole picture.
    pub const WHOLE: Self = Self { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    /// Whether the rectangle lies inside the picture and has an area.
    pub fn is_valid(&self) -> bool {
        let inside = |v: f32| (0.0..=1.0).contains(&v);
        [self.left, self.top, self.right, self.bottom].into_iter().all(inside)
            && self.left < self.right
            && self.top < self.bottom
    }

    /// Whether the point (fractions of width and height) lies inside.
    pub fn contains(&self, x: f32, y: f32) -> bool {
        x >= self.left && x < self.right && y >= self.top && y < self.bottom
    }

    /// Pixel rectangle `(x, y, width, height)` on a picture of the given size; at least one pixel each way.
    pub fn in_pixels(&self, width: u32, height: u32) -> (u32, u32, u32, u32) {
        let edge = |fraction: f32, length: u32| ((fraction * length as f32).round() as u32).min(length);
        let x = edge(self.left, width).min(width.saturating_sub(1));
        let y = edge(self.top, height).min(height.saturating_sub(1));
        let w = edge(self.right, width).saturating_sub(x).max(1);
        let h = edge(self.bottom, height).saturating_sub(y).max(1);
        (x, y, w, h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_of_a_region_stay_inside_the_picture() {
        let check = |region: Region, size: (u32, u32), expected| {
            assert_eq!(region.in_pixels(size.0, size.1), expected, "{region:?} on {size:?}");
        };
        check(Region::WHOLE, (64, 48), (0, 0, 64, 48));
        check(Region { left: 0.25, top: 0.5, right: 0.75, bottom: 1.0 }, (64, 48), (16, 24, 32, 24));
        check(Region { left: 0.99, top: 0.99, right: 1.0, bottom: 1.0 }, (10, 10), (9, 9, 1, 1));
        check(Region::WHOLE, (1, 1), (0, 0, 1, 1));
    }

    #[test]
    fn an_empty_or_outside_region_is_invalid() {
        assert!(Region::WHOLE.is_valid());
        assert!(!Region { left: 0.5, right: 0.5, ..Region::WHOLE }.is_valid());
        assert!(!Region { right: 1.5, ..Region::WHOLE }.is_valid());
        assert!(!Region { top: f32::NAN, ..Region::WHOLE }.is_valid());
    }
}
