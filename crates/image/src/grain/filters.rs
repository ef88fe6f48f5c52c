//! Filters on one plane of a picture. Borders are mirrored without repeating the border itself, as OpenCV does by default.

/// One plane, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    pub(super) fn of(width: usize, height: usize, value: impl Fn(usize) -> f32) -> Self {
        Self { width, height, values: (0..width * height).map(value).collect() }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// Each pixel made anew from its place.
    pub(super) fn map(&self, of: impl Fn(usize, f32) -> f32) -> Self {
        Self { values: self.values.iter().enumerate().map(|(pixel, &value)| of(pixel, value)).collect(), ..*self }
    }

    /// Of two planes of one size.
    pub(super) fn with(&self, other: &Self, of: impl Fn(f32, f32) -> f32) -> Self {
        Self { values: self.values.iter().zip(&other.values).map(|(&a, &b)| of(a, b)).collect(), ..*self }
    }

    /// Gaussian blur with standard deviations in pixels across and along.
    pub(super) fn blurred(&self, across: f32, along: f32) -> Self {
        self.convolved_across(&gaussian(across)).convolved_along(&gaussian(along))
    }

    /// The mean of what is masked, weighted by a Gaussian.
    pub(super) fn masked_blur(&self, mask: &Self, sigma: f32) -> Self {
        let weight = mask.blurred(sigma, sigma);
        self.with(mask, |value, mask| value * mask)
            .blurred(sigma, sigma)
            .with(&weight, |sum, weight| sum / (weight + 1e-3))
    }

    fn convolved_across(&self, kernel: &[f32]) -> Self {
        let reach = kernel.len() / 2;
        let mut values = Vec::with_capacity(self.values.len());
        let mut padded = vec![0.0; self.width + 2 * reach];
        for row in self.rows() {
            for (at, value) in padded.iter_mut().enumerate() {
                *value = row[mirrored(at as isize - reach as isize, self.width)];
            }
            let start = values.len();
            values.resize(start + self.width, 0.0);
            for (offset, weight) in kernel.iter().enumerate() {
                let sums = values[start..].iter_mut().zip(&padded[offset..]);
                sums.for_each(|(sum, value): (&mut f32, &f32)| *sum += weight * value);
            }
        }
        Self { values, ..*self }
    }

    fn convolved_along(&self, kernel: &[f32]) -> Self {
        let reach = kernel.len() as isize / 2;
        let mut values = vec![0.0_f32; self.values.len()];
        for (y, sums) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            for (offset, weight) in kernel.iter().enumerate() {
                let from = mirrored(y as isize + offset as isize - reach, self.height) * self.width;
                let row = &self.values[from..from + self.width];
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        Self { values, ..*self }
    }

    /// Correlation with a small square kernel of odd side, row by row.
    pub(super) fn correlated(&self, kernel: &[f32]) -> Self {
        let side = kernel.len().isqrt();
        let reach = side as isize / 2;
        let padded_width = self.width + side - 1;
        let mut values = vec![0.0_f32; self.values.len()];
        let mut padded = vec![0.0; padded_width];
        for (y, sums) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            for (row, weights) in kernel.chunks_exact(side.max(1)).enumerate() {
                let from = mirrored(y as isize + row as isize - reach, self.height) * self.width;
                let line = &self.values[from..from + self.width];
                for (at, value) in padded.iter_mut().enumerate() {
                    *value = line[mirrored(at as isize - reach, self.width)];
                }
                for (offset, weight) in weights.iter().enumerate() {
                    let pairs = sums.iter_mut().zip(&padded[offset..]);
                    pairs.for_each(|(sum, value): (&mut f32, &f32)| *sum += weight * value);
                }
            }
        }
        Self { values, ..*self }
    }

    /// The mean over `length` rows around each pixel; beyond the border the border's row counts.
    pub(super) fn mean_along(&self, length: usize) -> Self {
        let mut values = vec![0.0_f32; self.values.len()];
        let share = 1.0 / length.max(1) as f32;
        for (y, sums) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            for offset in 0..length {
                let from = clamped(y as isize + offset as isize - (length / 2) as isize, self.height) * self.width;
                let row = &self.values[from..from + self.width];
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
            }
        }
        Self { values, ..*self }
    }

    /// Each pixel is what lies so many rows below; beyond the border, the border's row.
    pub(super) fn shifted(&self, rows: isize) -> Self {
        let line = |y: usize| {
            let from = clamped(y as isize + rows, self.height) * self.width;
            self.values[from..from + self.width].iter().copied()
        };
        Self { values: (0..self.height).flat_map(line).collect(), ..*self }
    }

    /// Slopes across and along, in Sobel's units.
    pub(super) fn slopes(&self) -> [Self; 2] {
        [[-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0], [-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0]]
            .map(|kernel: [f32; 9]| self.correlated(&kernel))
    }

    /// The median of each column's values where the mask is set; 0 where it is not.
    pub(super) fn column_medians(&self, mask: &Self) -> Vec<f32> {
        let column = |x: usize| {
            let values = self.values.iter().zip(&mask.values).skip(x).step_by(self.width);
            median(values.filter(|(_, mask)| **mask > 0.0).map(|(value, _)| *value).collect()).unwrap_or(0.0)
        };
        (0..self.width).map(column).collect()
    }
}

/// A mask where all pixels of a box around it are set; beyond the border they are.
pub(super) fn eroded(mask: &Plane, width: usize, height: usize) -> Plane {
    let stretch =
        |at: usize, length: usize, whole: usize| at.saturating_sub(length / 2)..(at + length - length / 2).min(whole);
    let across = mask.map(|pixel, _| {
        let (y, x) = (pixel / mask.width, pixel % mask.width);
        let row = &mask.values[y * mask.width..][..mask.width];
        f32::from(u8::from(row[stretch(x, width, mask.width)].iter().all(|&value| value > 0.0)))
    });
    across.map(|pixel, _| {
        let (y, x) = (pixel / mask.width, pixel % mask.width);
        let is_set = |y: usize| across.values[y * mask.width + x] > 0.0;
        f32::from(u8::from(stretch(y, height, mask.height).all(is_set)))
    })
}

/// The middle value, or the mean of both middle ones.
pub(super) fn median(mut values: Vec<f32>) -> Option<f32> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(count / 2, f32::total_cmp);
    let lower = below.iter().copied().max_by(f32::total_cmp).filter(|_| count.is_multiple_of(2));
    Some(lower.map_or(upper, |lower| (lower + upper) / 2.0))
}

/// Weights of a Gaussian, as far as OpenCV takes them.
fn gaussian(sigma: f32) -> Vec<f32> {
    let side = (8.0 * sigma + 1.0).round_ties_even() as usize | 1;
    let weight = |at: usize| (-((at as f32 - (side / 2) as f32).powi(2)) / (2.0 * sigma * sigma)).exp();
    let sum: f32 = (0..side).map(weight).sum();
    (0..side).map(|at| weight(at) / sum).collect()
}

fn mirrored(at: isize, length: usize) -> usize {
    let length = length as isize;
    if length <= 1 {
        return 0;
    }
    let period = 2 * (length - 1);
    let at = at.rem_euclid(period);
    (if at < length { at } else { period - at }) as usize
}

fn clamped(at: isize, length: usize) -> usize {
    at.clamp(0, length as isize - 1).max(0) as usize
}
