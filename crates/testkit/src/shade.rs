//! Light on a surface, then the camera: shading with Blinn's highlight for polished metal and Kajiya and Kay's for
//! turned metal ("Rendering fur with three dimensional textures", 1989), and the sensor's curve and noise.

use crate::noise::{grain, mix};
use crate::surface::{Spot, Surface};
use crate::variation::Variation;

/// Light towards the camera per colour, linear, before the sensor. The camera looks straight down.
pub(crate) fn shade(surface: &Surface, spot: &Spot, part: &Variation) -> [f32; 3] {
    if surface.cover == 0.0 {
        return [surface.ground * 0.95, surface.ground, surface.ground * 1.12];
    }
    let outwards = if spot.radius > 0.0 { [spot.at[0] / spot.radius, spot.at[1] / spot.radius] } else { [1.0, 0.0] };
    let around = [-outwards[1], outwards[0]];
    let [rise, twist] = surface.slope;
    let tilt = [rise * outwards[0] + twist * around[0], rise * outwards[1] + twist * around[1]];
    let steepness = (1.0 + tilt[0] * tilt[0] + tilt[1] * tilt[1]).sqrt();
    let normal = [-tilt[0] / steepness, -tilt[1] / steepness, 1.0 / steepness];

    let light = part.light;
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let diffuse = dot(normal, light).max(0.0);
    let half_length = (2.0 + 2.0 * light[2]).sqrt();
    let half = [light[0] / half_length, light[1] / half_length, (light[2] + 1.0) / half_length];
    let polished = dot(normal, half).max(0.0).powi(28);
    // Along the grooves nothing scatters: the highlight fans out where the tangent is square to the half vector.
    let along = around[0] * half[0] + around[1] * half[1];
    let turned = (1.0 - along * along).powi(14) * diffuse;

    let shine = surface.gloss * mix(0.55 * polished, 0.34 * turned, surface.turned);
    let strength = part.strength;
    let ink_light = 0.030 + 0.035 * diffuse * strength;
    let ink_colour = [0.9, 1.0, 1.25];
    let ground_colour = [0.95, 1.0, 1.12];
    std::array::from_fn(|colour| {
        let metal = surface.reflect[colour] * (0.07 + strength * (0.20 * diffuse + shine));
        let printed = mix(metal, ink_light * ink_colour[colour], 0.93 * surface.ink);
        mix(surface.ground * ground_colour[colour], printed, surface.cover)
    })
}

/// The pixel that the sensor reports: exposure, a shoulder before white, a square-root curve, noise.
pub(crate) fn expose(light: [f32; 3], part: &Variation, pixel: (u32, u32)) -> [u8; 3] {
    let shared = grain(part.texture ^ 0x3c3c, pixel.0, pixel.1);
    std::array::from_fn(|colour| {
        let linear = light[colour].max(0.0) * part.exposure;
        let level = 255.0 * (1.18 * linear / (1.0 + 0.18 * linear)).sqrt();
        // Most of a one-chip camera's noise is common to the three colours after demosaicing.
        let own = grain(part.texture ^ (colour as u32 + 1), pixel.0, pixel.1);
        let noise = part.noise_levels * (0.9 * shared + 0.45 * own);
        (level + noise).round().clamp(0.0, 255.0) as u8
    })
}
