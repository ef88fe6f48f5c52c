//! A chipped edge: a ragged bite out of the outer edge or of the bore's edge, with a rough fracture where metal is left.

use std::f32::consts::PI;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::noise::{coverage, mix, smooth};
use crate::surface::{BORE, OUTER, Spot, Surface};

/// One bite.
#[derive(Debug, Clone)]
pub(crate) struct Chip {
    centre: [f32; 2],
    radius: f32,
    /// Share of the bite, from its middle, where nothing is left.
    through: f32,
    texture: u32,
}

impl Chip {
    pub(crate) fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        let angle: f32 = rng.random_range(-PI..PI);
        let edge = if rng.random_bool(0.6) { OUTER } else { BORE };
        Self {
            centre: [edge * angle.cos(), edge * angle.sin()],
            radius: mix(0.035, 0.095, severity) * rng.random_range(0.9..1.15),
            through: mix(0.35, 0.75, severity),
            texture: rng.random(),
        }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface) -> Option<Surface> {
        let [x, y] = [spot.at[0] - self.centre[0], spot.at[1] - self.centre[1]];
        let distance = x.hypot(y);
        if distance > 1.5 * self.radius || sound.cover == 0.0 {
            return None;
        }
        let noise = |frequency: f32| smooth(self.texture, x * frequency, y * frequency);
        let ragged = self.radius * (1.0 + 0.22 * noise(22.0) + 0.12 * noise(55.0));
        let broken = coverage((ragged - distance) / spot.pixel);
        if broken == 0.0 {
            return None;
        }
        let left = coverage((distance - self.through * ragged) / spot.pixel);
        let mut surface = *sound;
        surface.cover *= left;
        let fracture = [1.1 * noise(60.0), 1.1 * smooth(self.texture ^ 9, x * 60.0, y * 60.0)];
        for (slope, rough) in surface.slope.iter_mut().zip(fracture) {
            *slope = mix(*slope, rough, broken);
        }
        let grey = 0.62 + 0.16 * noise(80.0);
        surface.reflect = sound.reflect.map(|share| mix(share, grey, broken));
        surface.turned *= 1.0 - broken;
        surface.gloss = mix(sound.gloss, 0.45, broken);
        surface.ink *= 1.0 - broken;
        Some(surface)
    }
}
