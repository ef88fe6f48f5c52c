//! What differs from one good part to the next: pose under the camera, light, exposure, sensor noise and the marks that
//! the turning tool left.

use rand::Rng;

use crate::noise::{Purpose, hash, stream};

/// Cells of the turning profile per half picture, coarse to fine; a picture too small to show one leaves it out.
const GROOVE_OCTAVES: [(f32, f32); 4] = [(9.0, 0.35), (23.0, 0.45), (47.0, 0.6), (91.0, 0.7)];
/// Length of the turning profile's table, from the centre to the outer edge.
const GROOVE_SAMPLES: usize = 1024;

/// Everything about one part that is not its shape.
#[derive(Debug, Clone)]
pub(crate) struct Variation {
    /// Sine and cosine of the part's rotation.
    turn: (f32, f32),
    /// Where the centre lies, in half pictures from the middle.
    shift: [f32; 2],
    /// Towards the light, in the part's frame; a unit vector.
    pub(crate) light: [f32; 3],
    /// Strength of the light; 1 is nominal.
    pub(crate) strength: f32,
    /// Gain of the camera; 1 is nominal.
    pub(crate) exposure: f32,
    /// Deviation of the sensor's noise in levels of 255.
    pub(crate) noise_levels: f32,
    /// Seeds the textures and the sensor's grain.
    pub(crate) texture: u32,
    grooves: Vec<f32>,
}

impl Variation {
    /// Draws the variation of one part. `size` is the picture's side in pixels.
    pub(crate) fn draw(seed: u64, index: u64, size: u32) -> Self {
        let mut rng = stream(seed, index, Purpose::Variation, 0);
        let turn = rng.random_range(-3.0_f32..=3.0).to_radians();
        // Two per cent of the width is 0.04 half pictures.
        let shift = [rng.random_range(-0.04..=0.04), rng.random_range(-0.04..=0.04)];
        let azimuth = rng.random_range(-140.0_f32..=-116.0).to_radians() - turn;
        let elevation = rng.random_range(46.0_f32..=54.0).to_radians();
        let texture = rng.random();
        Self {
            turn: turn.sin_cos(),
            shift,
            light: [azimuth.cos() * elevation.cos(), azimuth.sin() * elevation.cos(), elevation.sin()],
            strength: rng.random_range(0.9..=1.1),
            exposure: rng.random_range(0.94..=1.06),
            noise_levels: rng.random_range(0.9..=1.9),
            texture,
            grooves: turning_profile(texture, size),
        }
    }

    /// A point of the picture (half pictures from the middle, y down) in the part's frame.
    pub(crate) fn in_part(&self, in_picture: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.turn;
        let [x, y] = [in_picture[0] - self.shift[0], in_picture[1] - self.shift[1]];
        [cos * x + sin * y, cos * y - sin * x]
    }

    /// Height of the turning marks at a radius, about -1..=1.
    pub(crate) fn groove(&self, radius: f32) -> f32 {
        let place = radius.clamp(0.0, 1.0) * (GROOVE_SAMPLES - 2) as f32;
        let (low, share) = (place as usize, place.fract());
        self.grooves[low] + (self.grooves[low + 1] - self.grooves[low]) * share
    }
}

fn turning_profile(texture: u32, size: u32) -> Vec<f32> {
    let visible = size as f32 / 2.0 * 0.75;
    let mut profile = vec![0.0; GROOVE_SAMPLES];
    for (octave, (cells, weight)) in GROOVE_OCTAVES.into_iter().enumerate().filter(|(_, (cells, _))| *cells <= visible)
    {
        for (sample, height) in profile.iter_mut().enumerate() {
            let place = sample as f32 / GROOVE_SAMPLES as f32 * cells;
            let at = |cell: i32| hash(texture, cell, octave as i32 + 100) as f32 / u32::MAX as f32 * 2.0 - 1.0;
            let cell = place as i32;
            *height += weight * (at(cell) + (at(cell + 1) - at(cell)) * place.fract());
        }
    }
    profile
}
