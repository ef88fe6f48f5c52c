//! Pits: small craters in the face, dark at the bottom, with one flank in the light.

use std::f32::consts::PI;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::noise::{mix, smooth};
use crate::surface::{FACE_INNER, FACE_OUTER, Spot, Surface};

/// One to three craters near each other.
#[derive(Debug, Clone)]
pub(crate) struct Pits {
    craters: Vec<Crater>,
    depth: f32,
    texture: u32,
}

#[derive(Debug, Clone)]
struct Crater {
    centre: [f32; 2],
    radius: f32,
}

impl Pits {
    pub(crate) fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        let (angle, radius): (f32, f32) =
            (rng.random_range(-PI..PI), rng.random_range(FACE_INNER + 0.04..FACE_OUTER - 0.04));
        let first = [radius * angle.cos(), radius * angle.sin()];
        let size = mix(0.016, 0.042, severity);
        let more = if rng.random_bool(0.35) { rng.random_range(1..=2) } else { 0 };
        let mut craters = vec![Crater { centre: first, radius: size }];
        for _ in 0..more {
            let apart = [rng.random_range(-0.09..0.09), rng.random_range(-0.09..0.09)];
            let centre = [first[0] + apart[0], first[1] + apart[1]];
            craters.push(Crater { centre, radius: size * rng.random_range(0.45..0.8) });
        }
        Self { craters, depth: mix(0.35, 1.0, severity), texture: rng.random() }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface) -> Option<Surface> {
        if sound.cover == 0.0 {
            return None;
        }
        let mut surface = *sound;
        let mut touched = false;
        for crater in &self.craters {
            let away = [spot.at[0] - crater.centre[0], spot.at[1] - crater.centre[1]];
            let distance = away[0].hypot(away[1]);
            let ragged = 1.0 + 0.25 * smooth(self.texture, spot.at[0] * 45.0, spot.at[1] * 45.0);
            let place = distance / (crater.radius * ragged);
            if place >= 1.25 {
                continue;
            }
            touched = true;
            // Inside the surface falls towards the middle; a low burr stands around it.
            let climb = if place < 1.0 { 1.3 * place } else { -0.5 * (1.25 - place) / 0.25 };
            let floor = ((1.0 - place) / 0.5).clamp(0.0, 1.0);
            let (sin, cos) = spot.angle.sin_cos();
            let [x, y] = away.map(|v| v / distance.max(1e-6) * climb * self.depth);
            surface.slope[0] += x * cos + y * sin;
            surface.slope[1] += y * cos - x * sin;
            let darker = 1.0 - 0.75 * self.depth * floor;
            surface.reflect = surface.reflect.map(|share| share * darker);
            surface.turned *= 1.0 - 0.7 * (1.25 - place).min(1.0);
            surface.ink *= 1.0 - floor;
        }
        touched.then_some(surface)
    }
}
