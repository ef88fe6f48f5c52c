//! The outline of a mask along the sides of its pixels. Drawn again it gives the same mask, to the pixel.

use super::mask::Mask;
use super::polygon::{Point, Ring};

/// Directions in the order of a right turn, with y pointing down.
const STEPS: [(i64, i64); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// The outlines of a mask: clockwise around each area whose pixels share sides, counter-clockwise around each hole.
/// Points stand where the line turns.
pub fn outlines(mask: &Mask) -> Vec<Ring> {
    let Some(bounds) = mask.bounds() else { return Vec::new() };
    let mut sides = Sides::of(mask, bounds.width as usize, bounds.height as usize, bounds.left, bounds.top);
    let mut rings = Vec::new();
    for corner in 0..sides.leaving.len() {
        while let Some(direction) = (0..4).find(|direction| sides.leaving[corner] & (1 << direction) != 0) {
            rings.push(sides.follow(corner, direction, f64::from(bounds.left), f64::from(bounds.top)));
        }
    }
    rings
}

/// All outlines of a mask as one ring, for formats that know neither holes nor several areas: from the first point to
/// each further outline and back the same way. What a ring encloses an odd number of times is inside, so the ways there
/// and back cancel out. None for an empty mask.
pub fn as_one_ring(mask: &Mask) -> Option<Ring> {
    let mut rings = outlines(mask).into_iter();
    let mut points = rings.next()?.0;
    let home = *points.first()?;
    for ring in rings {
        let Some(first) = ring.0.first().copied() else { continue };
        if points.last() != Some(&home) {
            points.push(home);
        }
        points.extend(ring.0);
        points.extend([first, home]);
    }
    Some(Ring(points))
}

/// The sides of pixels that lie between inside and outside, by the corner that they leave. The inside is to the right.
struct Sides {
    /// Corners from left to right.
    across: usize,
    /// A bit for each direction in which a side leaves the corner.
    leaving: Vec<u8>,
}

impl Sides {
    fn of(mask: &Mask, width: usize, height: usize, left: u32, top: u32) -> Self {
        let across = width + 1;
        let mut leaving = vec![0_u8; across * (height + 1)];
        // One pixel of outside on each side, so that no neighbour needs a test.
        let padded = width + 2;
        let mut inside = vec![false; padded * (height + 2)];
        let rows = mask.size().height;
        for &(start, end) in mask.spans() {
            for at in start..end {
                let (x, y) = ((at / rows - left) as usize, (at % rows - top) as usize);
                inside[(y + 1) * padded + x + 1] = true;
            }
        }
        for y in 0..height {
            for x in 0..width {
                let at = (y + 1) * padded + x + 1;
                if !inside[at] {
                    continue;
                }
                let corner = y * across + x;
                let sides = [
                    (at - padded, corner),
                    (at + 1, corner + 1),
                    (at + padded, corner + across + 1),
                    (at - 1, corner + across),
                ];
                for (direction, (neighbour, from)) in sides.into_iter().enumerate() {
                    if !inside[neighbour] {
                        leaving[from] |= 1 << direction;
                    }
                }
            }
        }
        Self { across, leaving }
    }

    /// Takes one closed line of sides.
    fn follow(&mut self, start: usize, first: usize, left: f64, top: f64) -> Ring {
        let (mut corner, mut direction) = (start, first);
        let mut points = Vec::new();
        loop {
            self.leaving[corner] &= !(1 << direction);
            let (x, y) = (corner % self.across, corner / self.across);
            points.push(Point { x: left + x as f64, y: top + y as f64 });
            // Straight on until the line turns. At a corner where two areas touch, the right turn stays with the same.
            loop {
                let (dx, dy) = STEPS[direction];
                corner = (corner as i64 + dx + dy * self.across as i64) as usize;
                let right = (direction + 1) % 4;
                let next = [right, direction, (direction + 3) % 4];
                let Some(&next) = next.iter().find(|next| self.leaving[corner] & (1 << **next) != 0) else {
                    // Back at the start, whose side was taken first.
                    return Ring(points);
                };
                if next != direction {
                    direction = next;
                    break;
                }
                self.leaving[corner] &= !(1 << direction);
            }
        }
    }
}
