//! Local contrast: how far a pixel's brightness lies from what surrounds it, in units of what varies there. A crack looks
//! the same in a dark corner and in a bright one, under a weak lamp and under a strong one (local contrast normalisation,
//! Jarrett et al., ICCV 2009).

/// Brightness differences below this share of the surroundings' brightness are the sensor's noise, not contrast.
const NOISE_OF_BRIGHTNESS: f64 = 0.02;

/// Noise of a sensor in the dark (white is 1): one step of eight bits.
const NOISE_IN_THE_DARK: f64 = 0.004;

/// Beyond so many local deviations nothing is told apart any more; a highlight must not drown everything else.
const LARGEST: f64 = 6.0;

/// `(x − m) / (s + n)` for each pixel of a plane, within ±6; m and s are mean and standard deviation over the square of
/// `window` pixels around it, as far as it lies on the picture, and n is a sensor's noise at that brightness.
///
/// # Shapes
/// - `plane`, output: `height · width`, row by row, brightness 0..=1
pub(crate) fn local_contrast(plane: &[f32], width: usize, window: usize) -> Vec<f32> {
    let width = width.max(1);
    let height = plane.len() / width;
    let reach = window / 2;
    let sums = |of: &dyn Fn(f64) -> f64| box_sums(plane, width, height, reach, of);
    let (sum, squares) = (sums(&|x| x), sums(&|x| x * x));
    let mut contrast = Vec::with_capacity(plane.len());
    for y in 0..height {
        let rows = (y + reach + 1).min(height) - y.saturating_sub(reach);
        for x in 0..width {
            let columns = (x + reach + 1).min(width) - x.saturating_sub(reach);
            let (pixel, count) = (y * width + x, (rows * columns) as f64);
            let mean = sum[pixel] / count;
            let deviation = (squares[pixel] / count - mean * mean).max(0.0).sqrt();
            let noise = NOISE_OF_BRIGHTNESS * mean.abs() + NOISE_IN_THE_DARK;
            let value = (f64::from(plane[pixel]) - mean) / (deviation + noise);
            contrast.push(value.clamp(-LARGEST, LARGEST) as f32);
        }
    }
    contrast
}

/// Sums over the square that reaches `reach` pixels to each side, cut off at the picture's edge. Two passes of running
/// sums, in double precision: the window's size costs nothing.
fn box_sums(plane: &[f32], width: usize, height: usize, reach: usize, of: &dyn Fn(f64) -> f64) -> Vec<f64> {
    let mut along_rows = vec![0.0; plane.len()];
    let mut before = vec![0.0; width.max(height) + 1];
    for (row, summed) in plane.chunks_exact(width).zip(along_rows.chunks_exact_mut(width)) {
        for (x, &value) in row.iter().enumerate() {
            before[x + 1] = before[x] + of(f64::from(value));
        }
        for (x, summed) in summed.iter_mut().enumerate() {
            *summed = before[(x + reach + 1).min(width)] - before[x.saturating_sub(reach)];
        }
    }
    let mut sums = vec![0.0; plane.len()];
    let mut running = vec![0.0; width];
    // Row by row, so that memory is read in order: a row enters below and another leaves above.
    for entering in 0..(height + reach) {
        if entering < height {
            let row = &along_rows[entering * width..][..width];
            running.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        if entering > 2 * reach {
            let row = &along_rows[(entering - 2 * reach - 1) * width..][..width];
            running.iter_mut().zip(row).for_each(|(sum, value)| *sum -= value);
        }
        if let Some(y) = entering.checked_sub(reach) {
            sums[y * width..][..width].copy_from_slice(&running);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(plane: &[f32], width: usize, window: usize) -> Vec<f32> {
        let (height, reach) = ((plane.len() / width) as i64, (window / 2) as i64);
        let at = |y: i64, x: i64| f64::from(plane[(y * width as i64 + x) as usize]);
        let mut contrast = Vec::new();
        for y in 0..height {
            for x in 0..width as i64 {
                let rows = (y - reach).max(0)..(y + reach + 1).min(height);
                let inside: Vec<f64> = rows
                    .flat_map(|v| ((x - reach).max(0)..(x + reach + 1).min(width as i64)).map(move |u| (v, u)))
                    .map(|(v, u)| at(v, u))
                    .collect();
                let mean = inside.iter().sum::<f64>() / inside.len() as f64;
                let variance = inside.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / inside.len() as f64;
                let value = (at(y, x) - mean) / (variance.sqrt() + NOISE_OF_BRIGHTNESS * mean + NOISE_IN_THE_DARK);
                contrast.push(value.clamp(-LARGEST, LARGEST) as f32);
            }
        }
        contrast
    }

    #[test]
    fn running_sums_agree_with_the_definition() {
        for (width, height, window) in [(9, 7, 3), (5, 12, 5), (4, 4, 31), (1, 6, 3), (6, 1, 3)] {
            let plane: Vec<f32> = (0..width * height).map(|i| ((i * 7919) % 256) as f32 / 255.0).collect();
            let (found, expected) = (local_contrast(&plane, width, window), naive(&plane, width, window));
            assert_eq!(found.len(), expected.len());
            for (pixel, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (found - expected).abs() < 1e-4,
                    "{width} × {height} by {window}: {found} at {pixel}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn the_lamp_does_not_change_it_and_a_flat_part_has_none() {
        let bright: Vec<f32> = (0..400).map(|i| 0.4 + 0.4 * ((i * 31 % 17) as f32 / 17.0)).collect();
        let dim: Vec<f32> = bright.iter().map(|value| 0.5 * value).collect();
        let (bright, dim) = (local_contrast(&bright, 20, 7), local_contrast(&dim, 20, 7));
        let difference = bright.iter().zip(&dim).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 0.1, "{difference}");
        assert!(local_contrast(&[0.3; 64], 8, 5).iter().all(|value| value.abs() < 1e-6));
        assert!(local_contrast(&[], 8, 5).is_empty());
    }
}
