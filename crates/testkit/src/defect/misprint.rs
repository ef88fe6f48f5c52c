//! A misprint: one or two strokes of the mark missing or faded, or a glyph smeared along the arc.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::mark::{MARK_RADIUS, Mark, turn_between};
use crate::noise::mix;
use crate::surface::{Spot, Surface};

/// How the print differs from the mark.
#[derive(Debug, Clone)]
pub(crate) enum Misprint {
    /// The strokes in `first..=last` keep this share of their ink.
    Faded { first: usize, last: usize, kept: f32 },
    /// The ink around this angle was dragged clockwise (or back, when negative) while wet.
    Smeared { angle: f32, drag: f32, strength: f32 },
}

/// Copies of the print that make up a smear.
const SMEAR_STEPS: usize = 6;
/// Half the arc that a smear takes its ink from: one glyph.
const SMEAR_REACH: f32 = 0.11;

impl Misprint {
    pub(crate) fn draw(severity: f32, mark: &Mark, rng: &mut ChaCha8Rng) -> Self {
        let first = rng.random_range(0..mark.strokes.len());
        if rng.random_bool(0.6) {
            let more = if severity > 0.5 { rng.random_range(0..=2) } else { 0 };
            Self::Faded { first, last: first + more, kept: mix(0.55, 0.0, (severity * 1.4).min(1.0)) }
        } else {
            let drag = mix(0.03, 0.085, severity) / MARK_RADIUS;
            Self::Smeared {
                angle: mark.strokes.get(first).map_or(0.0, |stroke| stroke.angle),
                drag: if rng.random_bool(0.5) { drag } else { -drag },
                strength: mix(0.4, 0.85, severity),
            }
        }
    }

    pub(crate) fn touch(&self, spot: &Spot, sound: &Surface, mark: &Mark) -> Option<Surface> {
        let printed = |angle: f32| mark.ink(spot.radius, angle, spot.pixel, |_| 1.0);
        let ink = match *self {
            Self::Faded { first, last, kept } => {
                let strength = |stroke| if (first..=last).contains(&stroke) { kept } else { 1.0 };
                mark.ink(spot.radius, spot.angle, spot.pixel, strength)
            }
            Self::Smeared { angle, drag, strength } => {
                if turn_between(angle, spot.angle).abs() > SMEAR_REACH + drag.abs() {
                    return None;
                }
                (1..=SMEAR_STEPS).fold(sound.ink, |ink, step| {
                    let share = step as f32 / SMEAR_STEPS as f32;
                    let source = spot.angle - drag * share;
                    let reached = turn_between(angle, source).abs() <= SMEAR_REACH;
                    if reached { ink.max(printed(source) * strength * (1.0 - 0.7 * share)) } else { ink }
                })
            }
        };
        (ink != sound.ink).then_some(Surface { ink, ..*sound })
    }
}
