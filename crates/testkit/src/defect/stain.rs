//! A stain: a soft patch of dried coolant or oxide with a ragged border, a little darker, browner and duller.

use std::f32::consts::PI;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::noise::{mix, smooth};
use crate::surface::{FACE_INNER, FACE_OUTER, Spot, Surface};

/// One patch.
#[derive(Debug, Clone)]
pub(crate) struct Stain {
    centre: [f32; 2],
    /// Half axes; the patch stretches along a direction.
    axes: [f32; 2],
    direction: (f32, f32),
    /// Light lost per colour where the patch is thickest.
    loss: [f32; 3],
    dulling: f32,
    texture: u32,
}

impl Stain {
    pub(crate) fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        let (angle, radius): (f32, f32) =
            (rng.random_range(-PI..PI), rng.random_range(FACE_INNER + 0.06..FACE_OUTER - 0.06));
        let size = mix(0.06, 0.14, severity) * rng.random_range(0.85..1.2);
        let stretch = rng.random_range(0.6..1.0);
        let strength = mix(0.16, 0.5, severity);
        let warmth = rng.random_range(0.3..1.0);
        Self {
            centre: [radius * angle.cos(), radius * angle.sin()],
            axes: [size, size * stretch],
            direction: rng.random_range(0.0..PI).sin_cos(),
            loss: [strength * (1.0 - 0.3 * warmth), strength, strength * (1.0 + 0.25 * warmth)],
            dulling: mix(0.05, 0.4, severity),
            texture: rng.random(),
        }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface) -> Option<Surface> {
        let [x, y] = [spot.at[0] - self.centre[0], spot.at[1] - self.centre[1]];
        let (sin, cos) = self.direction;
        let place = ((cos * x + sin * y) / self.axes[0]).hypot((cos * y - sin * x) / self.axes[1]);
        if place > 1.6 || sound.cover == 0.0 {
            return None;
        }
        let ragged =
            0.32 * smooth(self.texture, x * 14.0, y * 14.0) + 0.14 * smooth(self.texture ^ 7, x * 37.0, y * 37.0);
        let inside = 1.0 - place - ragged;
        if inside <= 0.0 {
            return None;
        }
        // Dried liquid is thickest just inside its border.
        let body = (inside / 0.22).min(1.0);
        let rim = (1.0 - (inside - 0.2).abs() / 0.2).max(0.0);
        let thickness = body * (0.72 + 0.28 * rim);
        let mut surface = *sound;
        surface.reflect = std::array::from_fn(|colour| sound.reflect[colour] * (1.0 - self.loss[colour] * thickness));
        surface.gloss *= 1.0 - self.dulling * thickness;
        Some(surface)
    }
}
