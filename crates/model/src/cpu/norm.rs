//! Batch norm (Ioffe and Szegedy, arXiv 1502.03167), a residual connection and ReLU in one pass over memory.

use rayon::prelude::*;

/// Shape of a batch of feature maps, `[batch, channels, plane]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planes {
    pub(super) channels: usize,
    /// Cells of a channel of one image.
    pub(super) plane: usize,
}

impl Planes {
    fn of<'a>(self, values: &'a [f32], channel: usize) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        values.chunks_exact(self.plane).skip(channel).step_by(self.channels)
    }
}

/// Mean and biased variance of each channel.
pub(super) fn statistics(shape: Planes, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    (0..shape.channels)
        .into_par_iter()
        .map(|channel| {
            let (mut sum, mut squares, mut count) = (0.0, 0.0, 0);
            for plane in shape.of(x, channel) {
                let [s, q] = sums(plane, plane);
                (sum, squares, count) = (sum + s, squares + q, count + plane.len());
            }
            let mean = sum / count.max(1) as f64;
            let variance = (squares / count.max(1) as f64 - mean * mean).max(0.0);
            (mean as f32, variance as f32)
        })
        .unzip()
}

/// Σ a and Σ a·b, in double precision: the variance is a difference of large numbers.
fn sums(a: &[f32], b: &[f32]) -> [f64; 2] {
    const LANES: usize = 16;
    let (mut first, mut second) = ([0.0_f64; LANES], [0.0_f64; LANES]);
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (&a, &b) in a_chunks.remainder().iter().zip(b_chunks.remainder()) {
        first[0] += f64::from(a);
        second[0] += f64::from(a) * f64::from(b);
    }
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            first[lane] += f64::from(a[lane]);
            second[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    [first.iter().sum(), second.iter().sum()]
}

/// `scale · x + offset`, plus the shortcut, through ReLU when `rectify`.
pub(super) fn apply(
    shape: Planes,
    x: &[f32],
    (scale, offset): (&[f32], &[f32]),
    shortcut: Option<&[f32]>,
    rectify: bool,
) -> Vec<f32> {
    let mut output = vec![0.0; x.len()];
    let floor = if rectify { 0.0 } else { f32::NEG_INFINITY };
    output.par_chunks_exact_mut(shape.plane).zip(x.par_chunks_exact(shape.plane)).enumerate().for_each(
        |(index, (output, x))| {
            let (scale, offset) = (scale[index % shape.channels], offset[index % shape.channels]);
            match shortcut {
                Some(shortcut) => {
                    let shortcut = &shortcut[index * shape.plane..(index + 1) * shape.plane];
                    for ((output, x), shortcut) in output.iter_mut().zip(x).zip(shortcut) {
                        *output = (scale * x + offset + shortcut).max(floor);
                    }
                }
                None => output.iter_mut().zip(x).for_each(|(output, x)| *output = (scale * x + offset).max(floor)),
            }
        },
    );
    output
}

/// What the gradients need of the forward pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forward<'a> {
    pub(super) x: &'a [f32],
    /// The output, when it went through ReLU.
    pub(super) rectified: Option<&'a [f32]>,
    pub(super) mean: &'a [f32],
    pub(super) inverse_deviation: &'a [f32],
    pub(super) gamma: &'a [f32],
}

/// Gradients of batch norm on the batch's own statistics.
pub(super) struct Gradients {
    pub(super) x: Vec<f32>,
    pub(super) gamma: Vec<f32>,
    pub(super) beta: Vec<f32>,
    /// The output's gradient behind ReLU, which is the shortcut's.
    pub(super) behind: Vec<f32>,
}

/// Gradients of `relu(batch_norm(x) + shortcut)` from the output's.
pub(super) fn backward(shape: Planes, forward: Forward<'_>, gradient: &[f32]) -> Gradients {
    let Forward { x, rectified, mean, inverse_deviation, gamma } = forward;
    let behind: Vec<f32> = match rectified {
        Some(output) => {
            let pass = |(gradient, output): (&f32, &f32)| if *output > 0.0 { *gradient } else { 0.0 };
            gradient.par_iter().zip(output).with_min_len(1 << 14).map(pass).collect()
        }
        None => gradient.to_vec(),
    };
    let count = (x.len() / shape.channels.max(1)).max(1) as f64;
    let per_channel: Vec<[f64; 2]> = (0..shape.channels)
        .into_par_iter()
        .map(|channel| {
            let mut total = [0.0; 2];
            for (behind, x) in shape.of(&behind, channel).zip(shape.of(x, channel)) {
                let [sum, with_x] = sums(behind, x);
                total = [total[0] + sum, total[1] + with_x];
            }
            let deviation = f64::from(inverse_deviation[channel]);
            [deviation * (total[1] - f64::from(mean[channel]) * total[0]), total[0]]
        })
        .collect();
    let mut x_gradient = vec![0.0; x.len()];
    x_gradient
        .par_chunks_exact_mut(shape.plane)
        .zip(behind.par_chunks_exact(shape.plane))
        .zip(x.par_chunks_exact(shape.plane))
        .enumerate()
        .for_each(|(index, ((target, behind), x))| {
            let channel = index % shape.channels;
            let [gamma_gradient, beta_gradient] = per_channel[channel];
            let deviation = f64::from(inverse_deviation[channel]);
            let scale = f64::from(gamma[channel]) * deviation;
            let by_x = -scale * deviation * gamma_gradient / count;
            let constant = -scale * beta_gradient / count - by_x * f64::from(mean[channel]);
            let (scale, by_x, constant) = (scale as f32, by_x as f32, constant as f32);
            for ((target, behind), x) in target.iter_mut().zip(behind).zip(x) {
                *target = scale * behind + by_x * x + constant;
            }
        });
    Gradients {
        x: x_gradient,
        gamma: per_channel.iter().map(|[gamma, _]| *gamma as f32).collect(),
        beta: per_channel.iter().map(|[_, beta]| *beta as f32).collect(),
        behind,
    }
}
