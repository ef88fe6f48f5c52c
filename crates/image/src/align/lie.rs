//! How a part lies against the reference, and the way between the two.

use sightline_core::{HeatMap, PictureSize, Region};

/// Turned around the picture's middle, and shifted: what must be done to a part so that it lies like the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lie {
    /// Radians: the part is turned clockwise by this, and looked at turned back.
    pub turn: f32,
    /// Then shifted down, as a share of the picture's height.
    pub down: f32,
    /// Then shifted right, as a share of the picture's width.
    pub right: f32,
}

impl Lie {
    /// Where a point of the reference, row and column in pixels of a picture of this size, is found on the part.
    pub fn on_part(&self, (y, x): (f32, f32), size: PictureSize) -> (f32, f32) {
        let (height, width) = (size.height as f32, size.width as f32);
        let (dy, dx) = (y - self.down * height - 0.5 * height, x - self.right * width - 0.5 * width);
        let (sine, cosine) = self.turn.sin_cos();
        (0.5 * height + cosine * dy + sine * dx, 0.5 * width + cosine * dx - sine * dy)
    }

    /// The way back: where a point of the part comes to on the reference.
    pub fn on_reference(&self, (y, x): (f32, f32), size: PictureSize) -> (f32, f32) {
        let (height, width) = (size.height as f32, size.width as f32);
        let (dy, dx) = (y - 0.5 * height, x - 0.5 * width);
        let (sine, cosine) = self.turn.sin_cos();
        let (back_y, back_x) = (cosine * dy - sine * dx, cosine * dx + sine * dy);
        (0.5 * height + back_y + self.down * height, 0.5 * width + back_x + self.right * width)
    }

    /// Where a rectangle of the reference is found on the part: as large, around the point that its middle comes to. What
    /// leaves the picture is cut off; none when nothing is left.
    pub fn region_on_part(&self, region: Region, picture: PictureSize) -> Option<Region> {
        around(region, picture, |middle| self.on_part(middle, picture))
    }

    /// The way back: where a rectangle of the part comes to on the reference.
    pub fn region_on_reference(&self, region: Region, picture: PictureSize) -> Option<Region> {
        around(region, picture, |middle| self.on_reference(middle, picture))
    }

    /// A plane of this size as it would be if the part lay like the reference: bilinear, and the edge goes on where the
    /// picture ends.
    pub(super) fn straighten(&self, plane: &[f32], size: PictureSize) -> Vec<f32> {
        let (height, width) = (size.height as usize, size.width as usize);
        let mut straight = Vec::with_capacity(plane.len());
        for y in 0..height {
            for x in 0..width {
                let (row, column) = self.on_part((y as f32 + 0.5, x as f32 + 0.5), size);
                straight.push(bilinear(plane, (height, width), row, column));
            }
        }
        straight
    }

    /// A map of a region of the reference as a map of the same region of the part: each cell tells what was found where it
    /// lies. What lies beside the region on the reference was not judged.
    pub fn map_on_part(&self, map: &HeatMap, region: &Region, picture: PictureSize) -> HeatMap {
        let (width, height) = (picture.width as f32, picture.height as f32);
        let (wide, high) = (region.right - region.left, region.bottom - region.top);
        let mut values = Vec::with_capacity(map.values.len());
        for row in 0..map.height {
            for column in 0..map.width {
                let share = |index: usize, count: usize| (index as f32 + 0.5) / count as f32;
                let y = (region.top + high * share(row, map.height)) * height;
                let x = (region.left + wide * share(column, map.width)) * width;
                let (y, x) = self.on_reference((y, x), picture);
                let row = ((y / height - region.top) / high * map.height as f32).floor();
                let column = ((x / width - region.left) / wide * map.width as f32).floor();
                let inside =
                    row >= 0.0 && column >= 0.0 && (row as usize) < map.height && (column as usize) < map.width;
                let value = if inside { map.values.get(row as usize * map.width + column as usize) } else { None };
                values.push(value.copied().unwrap_or(f32::NEG_INFINITY));
            }
        }
        HeatMap { width: map.width, height: map.height, values }
    }
}

fn around(region: Region, picture: PictureSize, way: impl FnOnce((f32, f32)) -> (f32, f32)) -> Option<Region> {
    let (height, width) = (picture.height as f32, picture.width as f32);
    let middle = |from: f32, to: f32| 0.5 * (from + to);
    let (y, x) = way((middle(region.top, region.bottom) * height, middle(region.left, region.right) * width));
    let down = y / height - middle(region.top, region.bottom);
    let right = x / width - middle(region.left, region.right);
    let moved = Region {
        left: (region.left + right).clamp(0.0, 1.0),
        top: (region.top + down).clamp(0.0, 1.0),
        right: (region.right + right).clamp(0.0, 1.0),
        bottom: (region.bottom + down).clamp(0.0, 1.0),
    };
    moved.is_valid().then_some(moved)
}

/// The value at a point in pixels, between the four nearest centres.
pub(crate) fn bilinear(plane: &[f32], (height, width): (usize, usize), y: f32, x: f32) -> f32 {
    let along = |place: f32, length: usize| {
        let place = (place - 0.5).clamp(0.0, (length.max(1) - 1) as f32);
        let first = place as usize;
        (first, (first + 1).min(length.max(1) - 1), place - first as f32)
    };
    let ((top, bottom, lower), (left, right, later)) = (along(y, height), along(x, width));
    let row = |row: usize| plane[row * width + left] * (1.0 - later) + plane[row * width + right] * later;
    row(top) * (1.0 - lower) + row(bottom) * lower
}
