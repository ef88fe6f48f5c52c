//! A scratch: a bent line with a burr, bright or dark depending on how its flanks meet the light.

use std::f32::consts::PI;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::mark::distance_to_segment;
use crate::noise::{mix, smooth};
use crate::surface::{FACE_INNER, FACE_OUTER, Spot, Surface};

const PIECES: usize = 10;

/// A line of pieces on the part.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    line: [[f32; 2]; PIECES + 1],
    half_width: f32,
    /// Relative change of the returned light at the line's middle; negative is darker.
    contrast: f32,
    /// Steepness of the flanks.
    steepness: f32,
    texture: u32,
}

impl Scratch {
    pub(crate) fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        let (angle, radius): (f32, f32) =
            (rng.random_range(-PI..PI), rng.random_range(FACE_INNER + 0.05..FACE_OUTER - 0.05));
        let length = mix(0.10, 0.42, severity) * rng.random_range(0.8..1.2);
        let bend = rng.random_range(-0.09..0.09);
        // A line along the grooves is nearly invisible, as on a real part; most run across.
        let mut heading = angle + rng.random_range(-1.2..1.2) + if rng.random_bool(0.5) { PI } else { 0.0 };
        let middle = [radius * angle.cos(), radius * angle.sin()];
        let step = length / PIECES as f32;
        let mut place = [middle[0] - heading.cos() * length / 2.0, middle[1] - heading.sin() * length / 2.0];
        let line = std::array::from_fn(|_| {
            let here = place;
            place = [here[0] + step * heading.cos(), here[1] + step * heading.sin()];
            heading += bend;
            here
        });
        let bright = rng.random_bool(0.6);
        Self {
            line,
            half_width: mix(0.006, 0.013, severity),
            contrast: if bright { mix(0.28, 0.95, severity) } else { -mix(0.22, 0.6, severity) },
            steepness: mix(0.08, 0.5, severity),
            texture: rng.random(),
        }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface) -> Option<Surface> {
        let (mut nearest, mut along, mut across) = (f32::INFINITY, 0.0, [0.0; 2]);
        for (piece, ends) in self.line.windows(2).enumerate() {
            let (distance, share) = distance_to_segment(spot.at, ends[0], ends[1]);
            if distance < nearest {
                nearest = distance;
                along = (piece as f32 + share) / PIECES as f32;
                let foot = [mix(ends[0][0], ends[1][0], share), mix(ends[0][1], ends[1][1], share)];
                across = [spot.at[0] - foot[0], spot.at[1] - foot[1]];
            }
        }
        // Thin at both ends, uneven pressure between.
        let pressure = (4.0 * along * (1.0 - along)).sqrt() * (0.85 + 0.3 * smooth(self.texture, along * 9.0, 0.0));
        let half_width = self.half_width * pressure.max(0.2) + 0.4 * spot.pixel;
        let depth = (1.0 - nearest / half_width).max(0.0) * pressure;
        if depth <= 0.0 || sound.cover == 0.0 {
            return None;
        }
        let mut surface = *sound;
        surface.reflect = sound.reflect.map(|share| share * (1.0 + self.contrast * depth));
        // The flanks climb away from the line: outwards and clockwise parts of that direction.
        let [x, y] = [across[0] / nearest.max(1e-6), across[1] / nearest.max(1e-6)];
        let (sin, cos) = spot.angle.sin_cos();
        surface.slope[0] += self.steepness * depth * (x * cos + y * sin);
        surface.slope[1] += self.steepness * depth * (y * cos - x * sin);
        surface.turned *= 1.0 - 0.4 * depth;
        surface.ink *= 1.0 - depth;
        Some(surface)
    }
}
