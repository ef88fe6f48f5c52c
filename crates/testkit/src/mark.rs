//! The printed mark on the ring's face: a part number along the upper arc and a sight (the logo) at the bottom, made of
//! strokes so that a misprint can drop or smear a single one.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

/// Radius of the text's middle line.
pub(crate) const MARK_RADIUS: f32 = 0.58;
const GLYPH_WIDTH: f32 = 0.078;
const GLYPH_HEIGHT: f32 = 0.135;
const ADVANCE: f32 = 0.125;
const HALF_STROKE: f32 = 0.0125;
const TEXT: &str = "SL-6204";

/// One connected line of ink, around a place on the ring.
#[derive(Debug, Clone)]
pub(crate) struct Stroke {
    /// Where on the ring its glyph stands.
    pub(crate) angle: f32,
    /// Points around that place: along the arc clockwise, and towards the centre.
    points: Vec<[f32; 2]>,
    /// Half the box that holds all points.
    reach: f32,
}

/// The strokes of the mark.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) strokes: Vec<Stroke>,
}

impl Mark {
    pub(crate) fn new() -> Self {
        let count = TEXT.chars().count() as f32;
        let mut strokes = Vec::new();
        for (place, letter) in TEXT.chars().enumerate() {
            let angle = -FRAC_PI_2 + (place as f32 - (count - 1.0) / 2.0) * ADVANCE / MARK_RADIUS;
            strokes.extend(glyph(letter).iter().map(|line| {
                let on_ring = |&(x, y): &(f32, f32)| [(x - 0.5) * GLYPH_WIDTH, (y - 0.5) * GLYPH_HEIGHT];
                Stroke::new(angle, line.iter().map(on_ring).collect())
            }));
        }
        strokes.extend(sight().into_iter().map(|points| Stroke::new(FRAC_PI_2, points)));
        Self { strokes }
    }

    /// Ink at a point, 0..=1, when each stroke carries the strength that `strength` gives it.
    pub(crate) fn ink(&self, radius: f32, angle: f32, pixel: f32, strength: impl Fn(usize) -> f32) -> f32 {
        if (radius - MARK_RADIUS).abs() > GLYPH_HEIGHT {
            return 0.0;
        }
        let inks = self.strokes.iter().enumerate().map(|(number, stroke)| {
            let covered = stroke.coverage(radius, angle, pixel);
            if covered > 0.0 { covered * strength(number) } else { 0.0 }
        });
        inks.fold(0.0, f32::max)
    }
}

impl Stroke {
    fn new(angle: f32, points: Vec<[f32; 2]>) -> Self {
        let reach = points.iter().flatten().fold(0.0, |reach: f32, v| reach.max(v.abs()));
        Self { angle, points, reach: reach + HALF_STROKE }
    }

    fn coverage(&self, radius: f32, angle: f32, pixel: f32) -> f32 {
        let here = [turn_between(self.angle, angle) * MARK_RADIUS, MARK_RADIUS - radius];
        if here[0].abs() > self.reach + pixel || here[1].abs() > self.reach + pixel {
            return 0.0;
        }
        let nearest = self.points.windows(2).map(|ends| distance_to_segment(here, ends[0], ends[1]).0);
        crate::noise::coverage((HALF_STROKE - nearest.fold(f32::INFINITY, f32::min)) / pixel)
    }
}

/// The turn from one angle to another, in -π..=π.
pub(crate) fn turn_between(from: f32, to: f32) -> f32 {
    let turn = to - from;
    if turn > PI {
        turn - TAU
    } else if turn < -PI {
        turn + TAU
    } else {
        turn
    }
}

/// Distance from a point to a segment, and how far along the segment (0..=1) the nearest point lies.
pub(crate) fn distance_to_segment(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> (f32, f32) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let away = [point[0] - from[0], point[1] - from[1]];
    let length_squared = along[0] * along[0] + along[1] * along[1];
    let share = if length_squared > 0.0 {
        ((away[0] * along[0] + away[1] * along[1]) / length_squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let [x, y] = [away[0] - share * along[0], away[1] - share * along[1]];
    ((x * x + y * y).sqrt(), share)
}

/// Strokes of a letter in a unit box, y down.
fn glyph(letter: char) -> &'static [&'static [(f32, f32)]] {
    match letter {
        'S' => &[
            &[(1.0, 0.12), (0.75, 0.0), (0.25, 0.0), (0.0, 0.15), (0.0, 0.35), (0.25, 0.48), (0.5, 0.5)],
            &[(0.5, 0.5), (0.75, 0.52), (1.0, 0.65), (1.0, 0.85), (0.75, 1.0), (0.25, 1.0), (0.0, 0.88)],
        ],
        'L' => &[&[(0.0, 0.0), (0.0, 1.0)], &[(0.0, 1.0), (1.0, 1.0)]],
        '-' => &[&[(0.15, 0.5), (0.85, 0.5)]],
        '6' => &[
            &[(0.9, 0.05), (0.45, 0.1), (0.1, 0.4), (0.0, 0.7)],
            &[(0.0, 0.7), (0.25, 0.48), (0.75, 0.48), (1.0, 0.73), (0.75, 1.0), (0.25, 1.0), (0.0, 0.7)],
        ],
        '2' => {
            &[&[(0.0, 0.2), (0.2, 0.0), (0.8, 0.0), (1.0, 0.25), (0.85, 0.5), (0.0, 1.0)], &[(0.0, 1.0), (1.0, 1.0)]]
        }
        '0' => &[
            &[(0.5, 0.0), (0.12, 0.12), (0.0, 0.5), (0.12, 0.88), (0.5, 1.0)],
            &[(0.5, 1.0), (0.88, 0.88), (1.0, 0.5), (0.88, 0.12), (0.5, 0.0)],
        ],
        '4' => &[&[(0.75, 1.0), (0.75, 0.0), (0.0, 0.68)], &[(0.0, 0.68), (1.0, 0.68)]],
        _ => &[],
    }
}

/// The logo: a circle in two halves and four hairs.
fn sight() -> Vec<Vec<[f32; 2]>> {
    let arc =
        |from: f32| (0..=10).map(move |i| (from + i as f32 * PI / 10.0).sin_cos()).map(|(y, x)| [0.058 * x, 0.058 * y]);
    let hair = |x: f32, y: f32| vec![[0.03 * x, 0.03 * y], [0.09 * x, 0.09 * y]];
    vec![arc(0.0).collect(), arc(PI).collect(), hair(1.0, 0.0), hair(-1.0, 0.0), hair(0.0, 1.0), hair(0.0, -1.0)]
}
