//! Randomness of two sorts: a stream per part for what is drawn once, and hashed lattice noise for what is asked at
//! every pixel in any order (texture, sensor grain).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream is used for. Separate streams keep a part's light and pose the same whether or not it has a defect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Variation,
    Defect,
    Stream,
}

/// The stream of random numbers of one part for one purpose; `variant` tells streams of the same purpose apart.
pub(crate) fn stream(seed: u64, index: u64, purpose: Purpose, variant: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    let words = [seed, index, purpose as u64, variant];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A well-mixed hash of a lattice point.
pub(crate) fn hash(seed: u32, x: i32, y: i32) -> u32 {
    let mut h = seed ^ (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// Smooth noise in -1..=1 with one lattice cell per unit.
pub(crate) fn smooth(seed: u32, x: f32, y: f32) -> f32 {
    lattice(seed, x, y, |column| column)
}

/// Smooth noise in -1..=1 on a ring: `cells` cells around, one per unit of `y`, without a seam at ±π.
pub(crate) fn around(seed: u32, angle: f32, cells: i32, y: f32) -> f32 {
    let x = angle * cells as f32 / std::f32::consts::TAU;
    lattice(seed, x, y, |column| column.rem_euclid(cells))
}

/// A value near the normal distribution (mean 0, deviation 1) at a pixel: the sum of four uniform bytes.
pub(crate) fn grain(seed: u32, x: u32, y: u32) -> f32 {
    let sum: i32 = hash(seed, x as i32, y as i32).to_le_bytes().into_iter().map(i32::from).sum();
    // Four bytes: mean 510, variance 4·(256² - 1)/12.
    (sum - 510) as f32 / 147.8
}

fn lattice(seed: u32, x: f32, y: f32, wrap: impl Fn(i32) -> i32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (u, v) = (ease(x - left), ease(y - top));
    let (column, row) = (left as i32, top as i32);
    let at = |dx: i32, dy: i32| hash(seed, wrap(column + dx), row + dy) as f32 * (2.0 / u32::MAX as f32) - 1.0;
    mix(mix(at(0, 0), at(1, 0), u), mix(at(0, 1), at(1, 1), u), v)
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// `from` at 0, `to` at 1.
pub(crate) fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// How much of a pixel lies on the positive side of an edge, for a signed distance in pixels.
pub(crate) fn coverage(distance_in_pixels: f32) -> f32 {
    (distance_in_pixels + 0.5).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_noise_has_no_seam() {
        for step in 0..50 {
            let y = step as f32 * 0.37;
            let (before, after) = (std::f32::consts::PI - 1e-5, -std::f32::consts::PI + 1e-5);
            assert!((around(5, before, 12, y) - around(5, after, 12, y)).abs() < 1e-2);
        }
    }

    #[test]
    fn grain_has_mean_zero_and_deviation_one() {
        let values: Vec<f32> = (0..40_000).map(|i| grain(9, i % 200, i / 200)).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
    }
}
