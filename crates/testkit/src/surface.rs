//! The sound part: what its surface is like at a point, before any light falls on it. A defect changes this description
//! and knows nothing of light.

use crate::mark::Mark;
use crate::noise::{around, coverage, mix, smooth};
use crate::variation::Variation;

/// Outer edge of the knurled band, in half pictures from the part's centre.
pub(crate) const OUTER: f32 = 0.88;
/// Where the knurled band begins.
pub(crate) const KNURL: f32 = 0.765;
/// Outer edge of the turned face.
pub(crate) const FACE_OUTER: f32 = 0.74;
/// Inner edge of the turned face.
pub(crate) const FACE_INNER: f32 = 0.42;
/// Edge of the bore.
pub(crate) const BORE: f32 = 0.38;
/// Teeth of the knurl around the part.
pub(crate) const TEETH: f32 = 84.0;

/// A place on the part, in its frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Half pictures from the centre, y down.
    pub(crate) at: [f32; 2],
    pub(crate) radius: f32,
    /// -π..=π, clockwise on the picture.
    pub(crate) angle: f32,
    /// Side of a pixel in half pictures.
    pub(crate) pixel: f32,
}

/// What the camera sees at a spot, without light.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    /// Share of the pixel that is part, not background.
    pub(crate) cover: f32,
    /// Light of what lies beneath the part.
    pub(crate) ground: f32,
    /// Steepness outwards and clockwise, in the part's frame.
    pub(crate) slope: [f32; 2],
    /// Share of the light that comes back, per colour.
    pub(crate) reflect: [f32; 3],
    /// Share of the surface that shines as turned metal (a fan of light) and not as polished metal (a spot).
    pub(crate) turned: f32,
    /// Strength of the shine.
    pub(crate) gloss: f32,
    /// Share covered by printing ink.
    pub(crate) ink: f32,
}

impl Spot {
    pub(crate) fn new(at: [f32; 2], pixel: f32) -> Self {
        Self { at, radius: at[0].hypot(at[1]), angle: at[1].atan2(at[0]), pixel }
    }
}

impl Surface {
    /// The sound part at a spot.
    pub(crate) fn sound(spot: &Spot, part: &Variation, mark: &Mark) -> Self {
        let Spot { at: [x, y], radius, angle, pixel } = *spot;
        let ground = ground(spot, part);
        let tooth = (TEETH * angle).cos();
        let outside = (OUTER + 0.006 * tooth - radius).min(radius - BORE) / pixel;
        let cover = coverage(outside);
        if cover == 0.0 {
            return Self { cover, ground, slope: [0.0; 2], reflect: [0.0; 3], turned: 0.0, gloss: 0.0, ink: 0.0 };
        }
        let from = |edge: f32| coverage((radius - edge) / pixel);
        let (knurl, off_face, off_bore) = (from(KNURL), from(FACE_OUTER), from(FACE_INNER));
        let face = off_bore - off_face;
        let texture = part.texture;

        let groove = part.groove(radius);
        let streak = around(texture, angle, 14, radius * 70.0);
        let tarnish = smooth(texture ^ 0x51, x * 3.0, y * 3.0);
        let metal = 0.80 + face * (0.07 * groove + 0.05 * streak) + 0.025 * tarnish;

        // Egg-crate of pyramids: straight teeth crossed by two rings, and the outer edge rounded off.
        let across = std::f32::consts::TAU * (radius - KNURL) / 0.058;
        let rounding = ((radius - OUTER + 0.02) / 0.02).clamp(0.0, 1.0);
        let knurl_slope = [0.38 * across.sin() - 0.9 * rounding, 0.75 * (TEETH * angle).sin()];
        let valley = 0.5 * (1.0 + tooth * across.cos());
        let bevel = off_face - knurl;
        let chamfer = 1.0 - off_bore;
        let outwards = knurl * knurl_slope[0] - 0.55 * bevel + 0.5 * chamfer + 0.10 * face * groove;
        let reflect = metal * (1.0 - knurl * mix(0.5, 0.0, valley));
        Self {
            cover,
            ground,
            slope: [outwards, knurl * knurl_slope[1] + 0.03 * face * streak],
            reflect: [reflect * 1.03, reflect, reflect * 0.94],
            turned: face + 0.4 * (bevel + chamfer),
            gloss: (1.0 + face * (0.22 * groove + 0.18 * streak)) * (1.0 - 0.55 * knurl),
            ink: if face > 0.0 { mark.ink(radius, angle, pixel, |_| 1.0) } else { 0.0 },
        }
    }
}

/// What lies under the part: the wall of the bore inside, a dark mat with the part's shadow outside.
fn ground(spot: &Spot, part: &Variation) -> f32 {
    let Spot { at: [x, y], radius, .. } = *spot;
    let mat = 0.020 + 0.006 * smooth(part.texture ^ 0xa7, x * 18.0, y * 18.0);
    let [light_x, light_y, _] = part.light;
    if radius < BORE + 0.01 {
        let depth = ((BORE - radius) / 0.05).max(0.0);
        let facing = (-(x * light_x + y * light_y) / radius.max(0.01)).max(0.0);
        return 0.4 * mat + (0.01 + 0.16 * facing) * (-depth).exp();
    }
    let offset = (x + 0.07 * light_x).hypot(y + 0.07 * light_y);
    let shadow = 1.0 - ((offset - OUTER) / 0.06).clamp(0.0, 1.0);
    mat * (1.0 - 0.75 * shadow)
}
