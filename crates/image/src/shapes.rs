//! Outlines of synthetic defects: spots, patches, scars, cracks, fields and ragged stains, with soft edges.

use std::ops::Range;

use rand::Rng;

/// An outline on a picture, in pixels.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    outline: Outline,
    /// Centre, x and y.
    centre: (f32, f32),
    /// Direction of the long axis.
    cosine: f32,
    sine: f32,
    /// No pixel farther than this from the centre is covered.
    reach: f32,
    /// Width of the soft edge.
    edge: f32,
}

#[derive(Debug, Clone)]
enum Outline {
    Ellipse {
        long: f32,
        short: f32,
    },
    Rectangle {
        long: f32,
        short: f32,
    },
    /// A line of this half length and half width that swings sideways.
    Scar {
        long: f32,
        half_width: f32,
        swing: f32,
        waves: f32,
        phase: f32,
    },
    /// A broken line that wanders: corners relative to the centre, in the picture's directions, each with the half
    /// width there.
    Crack {
        corners: Vec<(f32, f32, f32)>,
    },
    /// All that lies beyond a wavy border, as deep and as wide as this: a coating that ends, a side that was not ground.
    Field {
        depth: f32,
        half_width: f32,
        swing: f32,
        waves: f32,
        phase: f32,
    },
    /// A blob whose radius varies with the direction: amplitudes and phases of the first harmonics.
    Stain {
        radius: f32,
        harmonics: [(f32, f32); 5],
    },
}

impl Shape {
    /// A shape of random kind, size, place and direction that fits a picture of this size.
    pub(crate) fn random(height: usize, width: usize, rng: &mut impl Rng) -> Self {
        let side = height.min(width) as f32;
        let log_uniform =
            |rng: &mut dyn rand::RngCore, low: f32, high: f32| rng.random_range(low.ln()..=high.ln()).exp();
        let (outline, reach) = match rng.random_range(0..6) {
            0 => {
                let long = log_uniform(rng, 0.012, 0.15) * side;
                let short = long * rng.random_range(0.4..=1.0_f32);
                (Outline::Ellipse { long, short }, long)
            }
            1 => {
                let long = log_uniform(rng, 0.03, 0.2) * side;
                let short = long * log_uniform(rng, 0.15, 1.0);
                (Outline::Rectangle { long, short }, long * std::f32::consts::SQRT_2)
            }
            2 => {
                let long = log_uniform(rng, 0.05, 0.4) * side;
                let half_width = log_uniform(rng, 0.5, 0.5 + 0.015 * side);
                let swing = long * rng.random_range(0.0..=0.25_f32);
                let waves = rng.random_range(0.5..=3.0_f32);
                let phase = rng.random_range(0.0..std::f32::consts::TAU);
                (Outline::Scar { long, half_width, swing, waves, phase }, long + swing + half_width)
            }
            3 => {
                let length = log_uniform(rng, 0.08, 0.7) * side;
                let thickest = log_uniform(rng, 0.4, 0.4 + 0.008 * side);
                crack(length, thickest, rng)
            }
            4 => {
                // Each may be larger than the picture.
                let (depth, half_width) = (log_uniform(rng, 0.05, 2.0) * side, log_uniform(rng, 0.15, 2.0) * side);
                let swing = rng.random_range(0.0..=0.08_f32) * side;
                let waves = rng.random_range(0.2..=2.0_f32) / side;
                let phase = rng.random_range(0.0..std::f32::consts::TAU);
                (Outline::Field { depth, half_width, swing, waves, phase }, (depth + swing).hypot(half_width))
            }
            _ => {
                let radius = log_uniform(rng, 0.025, 0.22) * side;
                let harmonics = std::array::from_fn(|i| {
                    (
                        rng.random_range(0.0..=0.35_f32) / (1.0 + i as f32).sqrt(),
                        rng.random_range(0.0..std::f32::consts::TAU),
                    )
                });
                (Outline::Stain { radius, harmonics }, radius * 2.2)
            }
        };
        let angle = rng.random_range(0.0..std::f32::consts::TAU);
        Self {
            outline,
            centre: (rng.random_range(0.0..width as f32), rng.random_range(0.0..height as f32)),
            cosine: angle.cos(),
            sine: angle.sin(),
            reach,
            edge: log_uniform(rng, 0.7, 0.7 + 0.04 * side),
        }
    }

    /// Whether it is a whole side of the part, not a spot on it.
    pub(crate) fn is_field(&self) -> bool {
        matches!(self.outline, Outline::Field { .. })
    }

    /// Rows and columns that the shape may touch.
    pub(crate) fn bounds(&self, height: usize, width: usize) -> (Range<usize>, Range<usize>) {
        let span = |centre: f32, length: usize| {
            let reach = self.reach + self.edge;
            let start = (centre - reach).floor().max(0.0) as usize;
            let end = ((centre + reach).ceil().max(0.0) as usize + 1).min(length);
            start.min(end)..end
        };
        (span(self.centre.1, height), span(self.centre.0, width))
    }

    /// How much of a pixel is covered, 0 to 1.
    pub(crate) fn cover(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.centre.0, y - self.centre.1);
        let (along, across) = (dx * self.cosine + dy * self.sine, dy * self.cosine - dx * self.sine);
        // Signed distance to the outline in pixels, negative inside; exact enough for an edge of a few pixels.
        let distance = match &self.outline {
            Outline::Ellipse { long, short } => {
                ((along / long).powi(2) + (across / short).powi(2)).sqrt().mul_add(*short, -short)
            }
            Outline::Rectangle { long, short } => (along.abs() - long).max(across.abs() - short),
            Outline::Scar { long, half_width, swing, waves, phase } => {
                let middle = swing * (phase + waves * std::f32::consts::PI * along / long).sin();
                (along.abs() - long).max((across - middle).abs() - half_width)
            }
            Outline::Field { depth, half_width, swing, waves, phase } => {
                let beyond = along - swing * (phase + std::f32::consts::TAU * waves * across).sin();
                (-beyond).max(beyond - depth).max(across.abs() - half_width)
            }
            // Turning it once more would change nothing, so it is not turned.
            Outline::Crack { corners } => {
                corners.windows(2).map(|pair| to_segment((dx, dy), pair[0], pair[1])).fold(f32::INFINITY, f32::min)
            }
            Outline::Stain { radius, harmonics } => {
                let direction = across.atan2(along);
                let ragged: f32 = harmonics
                    .iter()
                    .enumerate()
                    .map(|(i, (amplitude, phase))| amplitude * ((i as f32 + 2.0) * direction + phase).sin())
                    .sum();
                dx.hypot(dy) - radius * (1.0 + ragged).max(0.15)
            }
        };
        (0.5 - distance / self.edge).clamp(0.0, 1.0)
    }
}

/// A walk of this length whose direction drifts and whose width swells and fades, centred, with its reach.
fn crack(length: f32, thickest: f32, rng: &mut dyn rand::RngCore) -> (Outline, f32) {
    const STEPS: usize = 10;
    let mut direction: f32 = rng.random_range(0.0..std::f32::consts::TAU);
    let roughness = rng.random_range(0.1..0.9_f32);
    let (mut x, mut y) = (0.0_f32, 0.0_f32);
    let mut corners = Vec::with_capacity(STEPS + 1);
    for _ in 0..=STEPS {
        corners.push((x, y, thickest * rng.random_range(0.3..=1.0_f32)));
        direction += roughness * rng.random_range(-1.0..=1.0_f32);
        let step = length / STEPS as f32 * rng.random_range(0.5..=1.5_f32);
        (x, y) = (x + step * direction.cos(), y + step * direction.sin());
    }
    let (middle_x, middle_y) = (corners[STEPS / 2].0, corners[STEPS / 2].1);
    corners.iter_mut().for_each(|corner| (corner.0, corner.1) = (corner.0 - middle_x, corner.1 - middle_y));
    let reach = corners.iter().map(|(x, y, _)| x.hypot(*y)).fold(0.0, f32::max) + thickest;
    (Outline::Crack { corners }, reach)
}

/// Signed distance to a segment whose half width changes from one end to the other.
fn to_segment((x, y): (f32, f32), from: (f32, f32, f32), to: (f32, f32, f32)) -> f32 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let squared = (along_x * along_x + along_y * along_y).max(1e-12);
    let share = (((x - from.0) * along_x + (y - from.1) * along_y) / squared).clamp(0.0, 1.0);
    let half_width = from.2 + share * (to.2 - from.2);
    (x - from.0 - share * along_x).hypot(y - from.1 - share * along_y) - half_width
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn nothing_is_covered_outside_the_bounds_and_most_shapes_cover_something() {
        let (height, width) = (48, 80);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut covering = 0;
        for number in 0..300 {
            let shape = Shape::random(height, width, &mut rng);
            let (rows, columns) = shape.bounds(height, width);
            assert!(rows.end <= height && columns.end <= width, "shape {number}: {shape:?}");
            let mut most = 0.0_f32;
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let cover = shape.cover(x as f32, y as f32);
                assert!((0.0..=1.0).contains(&cover), "shape {number} covers {cover} at {x}, {y}");
                let inside = rows.contains(&y) && columns.contains(&x);
                assert!(inside || cover == 0.0, "shape {number} covers {x}, {y} outside its bounds: {shape:?}");
                most = most.max(cover);
            }
            covering += usize::from(most > 0.3);
        }
        assert!(covering > 240, "{covering} of 300 shapes cover a pixel");
    }

    #[test]
    fn the_same_draw_is_the_same_shape() {
        let draw = |seed| format!("{:?}", Shape::random(64, 64, &mut ChaCha8Rng::seed_from_u64(seed)));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
