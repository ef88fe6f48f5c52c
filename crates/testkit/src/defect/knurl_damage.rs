//! Knurl damage: a blow pressed some teeth flat, and the flat shines or shades as its tilt meets the light.

use std::f32::consts::PI;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::mark::turn_between;
use crate::noise::{mix, smooth};
use crate::surface::{KNURL, OUTER, Spot, Surface};

/// One blow on the knurled band.
#[derive(Debug, Clone)]
pub(crate) struct Dent {
    angle: f32,
    radius: f32,
    /// Half the pressed length along the band and half its width across.
    half_axes: [f32; 2],
    flattening: f32,
    tilt: [f32; 2],
    /// Relative change of the returned light on the flat.
    polish: f32,
    texture: u32,
}

impl Dent {
    pub(crate) fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        let tilt = mix(0.1, 0.5, severity);
        Self {
            angle: rng.random_range(-PI..PI),
            radius: rng.random_range(KNURL + 0.03..OUTER - 0.02),
            half_axes: [mix(0.06, 0.17, severity), mix(0.04, 0.085, severity)],
            flattening: mix(0.45, 1.0, (severity * 1.2).min(1.0)),
            tilt: [rng.random_range(-tilt..tilt), rng.random_range(-tilt..tilt)],
            polish: if rng.random_bool(0.5) { mix(0.05, 0.3, severity) } else { -mix(0.08, 0.35, severity) },
            texture: rng.random(),
        }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface) -> Option<Surface> {
        let along = turn_between(self.angle, spot.angle) * self.radius;
        let across = spot.radius - self.radius;
        if spot.radius < KNURL || sound.cover == 0.0 || along.abs() > 1.4 * self.half_axes[0] {
            return None;
        }
        let ragged = 0.18 * smooth(self.texture, along * 30.0, across * 30.0);
        let place = (along / self.half_axes[0]).hypot(across / self.half_axes[1]) + ragged;
        let pressed = ((1.0 - place) / 0.3).clamp(0.0, 1.0) * self.flattening;
        if pressed == 0.0 {
            return None;
        }
        let mut surface = *sound;
        for (slope, tilt) in surface.slope.iter_mut().zip(self.tilt) {
            *slope = mix(*slope, tilt, pressed);
        }
        let even = 0.62 * (1.0 + self.polish);
        let tint = [1.03, 1.0, 0.94];
        surface.reflect = std::array::from_fn(|colour| mix(sound.reflect[colour], even * tint[colour], pressed));
        surface.gloss = mix(sound.gloss, 0.6, pressed);
        Some(surface)
    }
}
