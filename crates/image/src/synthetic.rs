//! Defects drawn onto good parts, with masks: what the per-pixel head learns from before anybody labelled anything.
//!
//! A defect is a shape filled with something that does not belong there: cut and pasted texture (CutPaste, arXiv
//! 2104.04015), texture of another good part blended in (NSA, arXiv 2109.15222), a change of brightness, or noise.
//! Size, strength and count are drawn from wide ranges; what the recipe ignores is never touched.

use rand::Rng;

use crate::Input;
use crate::augment::standard_normal;
use crate::shapes::Shape;

/// A pixel belongs to the mask when its brightness changed by more than this (white is 1).
const VISIBLE: f32 = 0.02;

/// A part with defects drawn onto it.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// The part.
    pub picture: Input,
    /// `height · width` pixels, true where a defect changed the part visibly.
    pub mask: Vec<bool>,
}

/// What fills a defect's shape.
#[derive(Debug, Clone, Copy)]
enum Filling {
    /// Brighter or darker by this much.
    Shift(f32),
    /// Brighter or darker by this share: what a shadow, a burn or a polish does, under any lamp.
    Gain(f32),
    /// Texture from elsewhere: of the other good part, or of this one; moved by rows and columns, its contrast scaled.
    Texture { of_other: bool, rows: isize, columns: isize, level: Level, contrast: f32 },
    /// Noise of this standard deviation around a shifted brightness.
    Noise { deviation: f32, shift: f32 },
}

/// How bright pasted texture is.
#[derive(Debug, Clone, Copy)]
enum Level {
    /// As bright as where it comes from, and this much more.
    Moved(f32),
    /// As bright as the part it comes to: only its structure is foreign.
    Matched,
}

/// Draws one to six defects onto a part: several small tasks in one picture teach more per step than one.
///
/// `other` is another good part with as many channels. `judged` tells which pixels may be touched; none means all.
pub fn add_defects(part: &Input, other: &Input, judged: Option<&[bool]>, rng: &mut impl Rng) -> Synthetic {
    let mut picture = part.clone();
    for _ in 0..rng.random_range(1..=6) {
        let shape = Shape::random(part.height, part.width, rng);
        let filling = match shape.is_field() {
            true => Filling::random_of_field(part.height, part.width, rng),
            false => Filling::random(part.height, part.width, rng),
        };
        let strength = rng.random_range(0.5..=1.0_f32);
        draw(&mut picture, part, other, judged, &shape, filling, strength, rng);
    }
    let plane = part.height * part.width;
    let mask = (0..plane)
        .map(|pixel| {
            (0..part.channels)
                .any(|c| (picture.values[c * plane + pixel] - part.values[c * plane + pixel]).abs() > VISIBLE)
        })
        .collect();
    Synthetic { picture, mask }
}

impl Filling {
    fn random(height: usize, width: usize, rng: &mut impl Rng) -> Self {
        match rng.random_range(0..10) {
            0..2 => Self::Shift(shift(rng)),
            2..4 => Self::Gain(1.6 * shift(rng)),
            4..8 => Self::Texture {
                of_other: rng.random(),
                rows: rng.random_range(0..height as i32) as isize,
                columns: rng.random_range(0..width as i32) as isize,
                level: match rng.random_range(0..4) {
                    0 => Level::Moved(0.0),
                    1 => Level::Moved(0.5 * shift(rng)),
                    _ => Level::Matched,
                },
                contrast: if rng.random() { 1.0 } else { log_uniform(0.5, 2.0, rng) },
            },
            _ => Self::Noise { deviation: rng.random_range(0.02..0.2), shift: shift(rng) },
        }
    }

    /// A whole field must differ in itself: foreign structure of the same kind, at the same brightness, is good there, and
    /// its seam alone would be a defect.
    fn random_of_field(height: usize, width: usize, rng: &mut impl Rng) -> Self {
        let contrast = log_uniform(1.4, 2.5, rng);
        match rng.random_range(0..3) {
            0 => Self::Shift(0.6 * shift(rng)),
            1 => Self::Gain(shift(rng)),
            _ => Self::Texture {
                of_other: rng.random(),
                rows: rng.random_range(0..height as i32) as isize,
                columns: rng.random_range(0..width as i32) as isize,
                level: if rng.random() { Level::Matched } else { Level::Moved(0.3 * shift(rng)) },
                contrast: if rng.random() { contrast } else { 1.0 / contrast },
            },
        }
    }
}

/// A change of brightness that can be seen, up or down.
fn shift(rng: &mut impl Rng) -> f32 {
    let size = log_uniform(0.06, 0.5, rng);
    if rng.random() { size } else { -size }
}

/// As often between 1 and 2 as between 2 and 4.
fn log_uniform(low: f32, high: f32, rng: &mut impl Rng) -> f32 {
    rng.random_range(low.ln()..=high.ln()).exp()
}

#[allow(clippy::too_many_arguments, reason = "one private call")]
fn draw(
    picture: &mut Input,
    part: &Input,
    other: &Input,
    judged: Option<&[bool]>,
    shape: &Shape,
    filling: Filling,
    strength: f32,
    rng: &mut impl Rng,
) {
    let (height, width) = (part.height, part.width);
    let plane = height * width;
    // Mean brightness of the part and of where texture comes from, a value for each channel.
    let levels = |of: &Input| -> Vec<f32> {
        of.planes().map(|plane| plane.iter().sum::<f32>() / plane.len().max(1) as f32).collect()
    };
    let (here_level, there_level) = match filling {
        Filling::Texture { of_other, .. } => (levels(part), levels(if of_other { other } else { part })),
        _ => (Vec::new(), Vec::new()),
    };
    let (rows, columns) = shape.bounds(height, width);
    for y in rows {
        for x in columns.clone() {
            let pixel = y * width + x;
            let cover = strength * shape.cover(x as f32, y as f32);
            if cover <= 0.0 || judged.is_some_and(|judged| !judged[pixel]) {
                continue;
            }
            let noise = match filling {
                Filling::Noise { deviation, .. } => deviation * standard_normal(rng),
                _ => 0.0,
            };
            for channel in 0..part.channels {
                let here = picture.values[channel * plane + pixel];
                let filled = match filling {
                    Filling::Shift(shift) => here + shift,
                    Filling::Gain(gain) => here * (1.0 + gain).max(0.1),
                    Filling::Noise { shift, .. } => here + shift + noise,
                    Filling::Texture { of_other, rows, columns, level, contrast } => {
                        let from = if of_other { other } else { part };
                        let source_y = (y as isize + rows).rem_euclid(from.height as isize) as usize;
                        let source_x = (x as isize + columns).rem_euclid(from.width as isize) as usize;
                        let there = from.values[(channel * from.height + source_y) * from.width + source_x];
                        let structure = contrast * (there - there_level[channel]);
                        structure
                            + match level {
                                Level::Moved(shift) => there_level[channel] + shift,
                                Level::Matched => here_level[channel],
                            }
                    }
                };
                picture.values[channel * plane + pixel] = (here + cover * (filled - here)).clamp(0.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn part(value: f32) -> Input {
        let values = (0..2 * 64 * 64).map(|i| value + 0.1 * ((i % 7) as f32 / 7.0)).collect();
        Input { channels: 2, height: 64, width: 64, values }
    }

    #[test]
    fn the_mask_is_where_the_part_changed_and_most_draws_change_it() {
        let (good, other) = (part(0.4), part(0.6));
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut visible = 0;
        for _ in 0..100 {
            let drawn = add_defects(&good, &other, None, &mut rng);
            for (pixel, &masked) in drawn.mask.iter().enumerate() {
                let changed = (0..2)
                    .any(|c| (drawn.picture.values[c * 4096 + pixel] - good.values[c * 4096 + pixel]).abs() > VISIBLE);
                assert_eq!(masked, changed);
            }
            visible += usize::from(drawn.mask.iter().any(|&m| m));
        }
        assert!(visible > 80, "{visible} of 100 defects are visible");
    }

    #[test]
    fn ignored_pixels_are_never_touched() {
        let (good, other) = (part(0.4), part(0.6));
        let judged: Vec<bool> = (0..64 * 64).map(|i| i % 64 < 32).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..50 {
            let drawn = add_defects(&good, &other, Some(&judged), &mut rng);
            for pixel in (0..4096).filter(|&p| !judged[p]) {
                assert_eq!(drawn.picture.values[pixel], good.values[pixel]);
            }
        }
    }
}
