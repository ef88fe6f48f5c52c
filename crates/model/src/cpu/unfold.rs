//! What a kernel sees, laid out for a matrix product, and the way back ("im2col", Chellapilla et al. 2006).

use std::ops::Range;

use super::operations::Geometry;

/// Lays out what the kernel sees at each place of some output rows.
///
/// # Shapes
/// - `image`: `[inside, height, width]`
/// - `columns`: resized to `[inside · kernel_height · kernel_width, rows · out_width]`, row-major
pub(super) fn unfold(geometry: &Geometry, image: &[f32], rows: Range<usize>, columns: &mut Vec<f32>) {
    let width = geometry.out_width;
    let length = rows.len() * width;
    columns.resize(geometry.patch() * length, 0.0);
    for (tap, line) in columns.chunks_exact_mut(length).enumerate() {
        let Tap { channel, down, right } = Tap::new(geometry, tap);
        let (start, end) = geometry.inside_columns(right);
        for (out, y) in line.chunks_exact_mut(width).zip(rows.clone()) {
            let Some(source) = geometry.source_row(image, channel, y, down) else {
                out.fill(0.0);
                continue;
            };
            out[..start].fill(0.0);
            out[end..].fill(0.0);
            if start >= end {
                continue;
            }
            let first = start * geometry.stride + right - geometry.padding;
            match geometry.stride {
                1 => out[start..end].copy_from_slice(&source[first..first + end - start]),
                stride => {
                    let taken = source[first..].iter().step_by(stride);
                    out[start..end].iter_mut().zip(taken).for_each(|(out, value)| *out = *value);
                }
            }
        }
    }
}

/// Adds what [`unfold`] laid out back to where it came from: the gradient of [`unfold`].
pub(super) fn fold_into(geometry: &Geometry, columns: &[f32], rows: Range<usize>, image: &mut [f32]) {
    let width = geometry.out_width;
    let length = rows.len() * width;
    for (tap, line) in columns.chunks_exact(length).enumerate() {
        let Tap { channel, down, right } = Tap::new(geometry, tap);
        let (start, end) = geometry.inside_columns(right);
        if start >= end {
            continue;
        }
        let first = start * geometry.stride + right - geometry.padding;
        for (gradient, y) in line.chunks_exact(width).zip(rows.clone()) {
            let Some(row) = geometry.row(y, down) else { continue };
            let from = (channel * geometry.height + row) * geometry.width;
            let target = &mut image[from..from + geometry.width];
            match geometry.stride {
                // Apart, so that the compiler sees neighbours and uses vector registers.
                1 => add(&mut target[first..first + end - start], &gradient[start..end]),
                stride => {
                    let places = target[first..].iter_mut().step_by(stride);
                    places.zip(&gradient[start..end]).for_each(|(place, value)| *place += value);
                }
            }
        }
    }
}

fn add(target: &mut [f32], values: &[f32]) {
    target.iter_mut().zip(values).for_each(|(place, value)| *place += value);
}

/// One weight of the kernel: its input channel and its place in the window.
struct Tap {
    channel: usize,
    down: usize,
    right: usize,
}

impl Tap {
    fn new(geometry: &Geometry, index: usize) -> Self {
        let window = geometry.kernel_height * geometry.kernel_width;
        let within = index % window;
        Self { channel: index / window, down: within / geometry.kernel_width, right: within % geometry.kernel_width }
    }
}

impl Geometry {
    /// The input row that an output row sees through a row of the kernel; none in the padding.
    fn row(&self, y: usize, down: usize) -> Option<usize> {
        (y * self.stride + down).checked_sub(self.padding).filter(|row| *row < self.height)
    }

    fn source_row<'a>(&self, image: &'a [f32], channel: usize, y: usize, down: usize) -> Option<&'a [f32]> {
        let from = (channel * self.height + self.row(y, down)?) * self.width;
        Some(&image[from..from + self.width])
    }

    /// Output columns that see the picture, not the padding, through a column of the kernel.
    fn inside_columns(&self, right: usize) -> (usize, usize) {
        let start = self.padding.saturating_sub(right).div_ceil(self.stride).min(self.out_width);
        let end = match (self.width + self.padding).checked_sub(right + 1) {
            Some(last) => (last / self.stride + 1).min(self.out_width),
            None => 0,
        };
        (start, end.max(start))
    }
}
