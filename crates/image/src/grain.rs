//! What interrupts the grain of a surface that was ground, brushed, rolled or drawn. Seen along the grain such a surface
//! stays as it is, so a break, a fray or another treatment shows as a change along it, and a crack as a dark line that ends.
//! Five figures tell how strong the strongest interruption of each kind is; nothing is learned for them.
//!
//! A part whose edge a defect has darkened is measured without that edge, and one that lies more than eight degrees off is
//! measured as it lies.
//!
//! Close in spirit to the structure tensor's use on oriented textures (Bigün, Granlund, 1987) and to Hessian line and blob
//! detection (Frangi et al., 1998); the figures themselves are ours.

mod filters;
mod straighten;

use sightline_core::PictureSize;

use crate::Input;
use crate::resample::resample_grid;
use filters::{Plane, eroded};
use straighten::Straight;

/// How many figures there are.
pub const GRAIN_FIGURES: usize = 5;

/// The longest side, in pixels, for which the sizes below are meant. On smaller pictures they shrink with it; larger ones
/// are made smaller, since the filters' time would grow with the fourth power of the side.
const SIDE: f32 = 288.0;

/// With fewer pixels nothing can be said.
const LEAST_PIXELS: usize = 400;

/// Angles of a dark line to the grain, degrees.
const ANGLES: [f32; 5] = [-15.0, -7.5, 0.0, 7.5, 15.0];

/// Keeps logarithms of what is nothing away from minus infinity.
const FLOOR: f32 = 1e-3;

/// What interrupts a part's grain.
#[derive(Debug, Clone, PartialEq)]
pub struct GrainFigures {
    /// Natural logarithms of: the strongest dark line along the grain; the difference, the step in strength and the loss of
    /// likeness from above to below; the strongest dark blob.
    pub figures: [f32; GRAIN_FIGURES],
    /// Cells in a row of the maps.
    pub columns: usize,
    /// The same at each cell of the picture as it lay, row by row: the largest value in the cell. Negative infinity beside
    /// the part.
    pub maps: [Vec<f32>; GRAIN_FIGURES],
}

/// How a map becomes a figure.
#[derive(Clone, Copy)]
enum Pool {
    /// The mean of this share of the largest values.
    Top(f32),
    /// The value that this share lies below.
    Quantile(f32),
}

/// Figures of a picture in its own brightness, 0..=1, judged with `side` pixels along the longest side; with their maps in
/// cells of `cell` pixels. What is not `judged` is left out. None where no part is seen.
///
/// # Shapes
/// - `judged`: `height × width` of the picture
/// - maps: `⌈height / cell⌉ × ⌈width / cell⌉`
pub fn grain_figures(picture: &Input, judged: Option<&[bool]>, side: u32, cell: usize) -> Option<GrainFigures> {
    let plane = picture.height * picture.width;
    let share = 255.0 / picture.channels.max(1) as f32;
    let grey: Vec<f32> =
        (0..plane).map(|pixel| share * picture.values.iter().skip(pixel).step_by(plane.max(1)).sum::<f32>()).collect();
    let reduced = Reduced::of(picture, side);
    let judged: Option<Vec<bool>> = judged.filter(|judged| judged.len() == plane).map(|judged| {
        (0..reduced.size.width as usize * reduced.size.height as usize)
            .map(|pixel| judged[reduced.whole_pixel(pixel, picture)])
            .collect()
    });
    let grey = resample_grid(&grey, picture.width as u32, picture.height as u32, reduced.size);
    let grey = Plane { width: reduced.size.width as usize, height: reduced.size.height as usize, values: grey };
    let part = Straight::of(grey, judged.as_deref())?;
    let mask = eroded(&part.mask, 3, 3);
    if mask.values.iter().filter(|value| **value > 0.0).count() < LEAST_PIXELS {
        return None;
    }
    let maps = maps(&part.grey, &mask, (side as f32 / SIDE).min(1.0));
    let figures = maps.each_ref().map(|(map, pool)| logarithm(pooled(map, &mask, *pool)));
    let shown: Vec<Option<usize>> = (0..plane)
        .map(|pixel| {
            let (x, y) = reduced.place(pixel % picture.width, pixel / picture.width);
            part.pixel_of(x, y).filter(|pixel| mask.values[*pixel] > 0.0)
        })
        .collect();
    let maps = maps.map(|(map, _)| cells(&map, &shown, picture, cell));
    Some(GrainFigures { figures, columns: picture.width.div_ceil(cell), maps })
}

/// What is no number stays so.
fn logarithm(value: f32) -> f32 {
    (if value < 0.0 { 0.0 } else { value } + FLOOR).ln()
}

/// The size at which a picture is measured.
struct Reduced {
    size: PictureSize,
    scale: f32,
}

impl Reduced {
    fn of(picture: &Input, side: u32) -> Self {
        let scale = (SIDE / side.max(1) as f32).min(1.0);
        let along = |length: usize| ((length as f32 * scale).round() as u32).max(1);
        Self { size: PictureSize { width: along(picture.width), height: along(picture.height) }, scale }
    }

    /// Where a pixel of the picture lies.
    fn place(&self, x: usize, y: usize) -> (usize, usize) {
        let along = |at: usize, length: u32| ((at as f32 * self.scale) as usize).min(length as usize - 1);
        (along(x, self.size.width), along(y, self.size.height))
    }

    /// The picture's pixel that lies at one of these.
    fn whole_pixel(&self, pixel: usize, picture: &Input) -> usize {
        let (x, y) = (pixel % self.size.width as usize, pixel / self.size.width as usize);
        let along = |at: usize, length: usize| (((at as f32 + 0.5) / self.scale) as usize).min(length - 1);
        along(y, picture.height) * picture.width + along(x, picture.width)
    }
}

/// The five maps, and how each becomes a figure.
fn maps(grey: &Plane, mask: &Plane, scale: f32) -> [(Plane, Pool); GRAIN_FIGURES] {
    let on_part = |value: f32, mask: f32| value * mask;
    let light = grey.masked_blur(mask, 12.0 * scale);
    let even = grey.with(&light, |grey, light| ((grey - light) / (light + 5.0)).clamp(-1.5, 1.5)).with(mask, on_part);
    let column = |pixel: usize| pixel % mask.width;
    // What runs through from top to bottom is the grain itself.
    let grain = even.column_medians(mask);
    let rest = even.map(|pixel, value| value - grain[column(pixel)]).with(mask, on_part);
    let spread = rest.map(|_, value| value.abs()).column_medians(mask);
    let spread = Plane { width: spread.len(), height: 1, values: spread }.blurred(6.0 * scale, 1.0).values;
    let strange = rest
        .map(|pixel, value| (value / (1.4826 * spread[column(pixel)] + 0.01)).clamp(-12.0, 12.0))
        .with(mask, on_part);

    let lines = ANGLES
        .map(|angle| strange.correlated(&line_kernel(angle, 14.0 * scale, (1.8 * scale).max(0.9))))
        .into_iter()
        .reduce(|a, b| a.with(&b, f32::max));
    let line = lines.unwrap_or_else(|| strange.clone()).with(mask, on_part);
    let difference = Pair::of(&even, mask, (20.0, 16.0), scale).difference();
    let step = Pair::of(&even, mask, (10.0, 8.0), scale).step();
    let unlike = Pair::of(&even, mask, (20.0, 8.0), scale).unlike();
    let blob = dark_blobs(&strange, 5.0 * scale).with(mask, on_part);
    [
        (line, Pool::Top(0.0003)),
        (difference, Pool::Quantile(0.95)),
        (step, Pool::Top(0.01)),
        (unlike, Pool::Top(0.01)),
        (blob, Pool::Top(0.0003)),
    ]
}

/// What lies above and below each pixel along the grain, without its slow changes across.
struct Pair {
    above: Plane,
    below: Plane,
    /// 1 where both lie on the part.
    counts: Plane,
    /// Standard deviations of the window that both are compared in.
    window: (f32, f32),
}

impl Pair {
    /// Means over `length` rows, compared in windows that are `wide`.
    fn of(even: &Plane, mask: &Plane, (length, wide): (f32, f32), scale: f32) -> Self {
        let rows = (length * scale).round_ties_even().max(1.0) as usize;
        let (apart, border) = ((rows / 2 + 2) as isize, rows + 2);
        let mean = even.mean_along(rows);
        let fine = |plane: Plane| {
            let slow = plane.blurred(4.0 * scale, 4.0 * scale);
            plane.with(&slow, |value, slow| value - slow)
        };
        let inner = eroded(mask, 3, rows + 1);
        let counts = inner.map(|pixel, value| {
            let y = pixel / inner.width;
            if y >= border && y + border < inner.height { value } else { 0.0 }
        });
        let (above, below) = (fine(mean.shifted(-apart)), fine(mean.shifted(apart)));
        Self { above, below, counts, window: (wide * scale, 2.0 * scale) }
    }

    fn in_window(&self, of: impl Fn(f32, f32) -> f32) -> Plane {
        self.above.with(&self.below, of).blurred(self.window.0, self.window.1)
    }

    /// Mean squares above and below.
    fn strengths(&self) -> [Plane; 2] {
        [self.in_window(|a, _| a * a), self.in_window(|_, b| b * b)]
    }

    fn counted(&self, plane: Plane) -> Plane {
        plane.with(&self.counts, |value, counts| if counts > 0.0 { value } else { 0.0 })
    }

    /// How much differs, as a share of how much there is in a wider window: a place without much grain is compared with
    /// its surroundings.
    fn difference(&self) -> Plane {
        let both = self.in_window(|a, b| a * a + b * b).blurred(self.window.0, self.window.1);
        let differs = self.in_window(|a, b| (a - b) * (a - b));
        self.counted(differs.with(&both, |differs, both| differs / (0.5 * both + 1e-4)))
    }

    /// How much stronger one side is.
    fn step(&self) -> Plane {
        let [above, below] = self.strengths();
        self.counted(above.with(&below, |a, b| ((a + 2e-4) / (b + 2e-4)).ln().abs()))
    }

    /// One minus the correlation.
    fn unlike(&self) -> Plane {
        let [above, below] = self.strengths();
        let size = above.with(&below, |a, b| (a * b + 1e-8).sqrt());
        self.counted(self.in_window(|a, b| a * b).with(&size, |alike, size| 1.0 - alike / size))
    }
}

/// A dark line at an angle to the grain, of unit norm and without a mean.
fn line_kernel(degrees: f32, length: f32, sigma: f32) -> Vec<f32> {
    let reach = (length / 2.0).max(6.0 * sigma) as isize + 2;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut kernel = Vec::new();
    for y in -reach..=reach {
        for x in -reach..=reach {
            let (x, y) = (x as f32, y as f32);
            let (across, along) = (x * cos - y * sin, x * sin + y * cos);
            let square = (across / sigma).powi(2);
            kernel.push(-(1.0 - square) * (-square / 2.0).exp() * (-(2.0 * along / length).powi(4)).exp());
        }
    }
    let mean = kernel.iter().sum::<f32>() / kernel.len() as f32;
    kernel.iter_mut().for_each(|value| *value -= mean);
    let norm = kernel.iter().map(|value| value * value).sum::<f32>().sqrt();
    kernel.iter_mut().for_each(|value| *value /= norm);
    kernel
}

/// The smaller curvature, where it is a hollow in brightness in every direction.
fn dark_blobs(plane: &Plane, sigma: f32) -> Plane {
    let smooth = plane.blurred(sigma, sigma);
    let curved = |kernel: [f32; 9]| smooth.correlated(&kernel).map(|_, value| value * sigma * sigma);
    let across = curved([0.0, 0.0, 0.0, 1.0, -2.0, 1.0, 0.0, 0.0, 0.0]);
    let along = curved([0.0, 1.0, 0.0, 0.0, -2.0, 0.0, 0.0, 1.0, 0.0]);
    let mixed = curved([0.25, 0.0, -0.25, 0.0, 0.0, 0.0, -0.25, 0.0, 0.25]);
    across.map(|pixel, across| {
        let (along, mixed) = (along.values[pixel], mixed.values[pixel]);
        let (half, difference) = ((across + along) / 2.0, (across - along) / 2.0);
        (half - (difference * difference + mixed * mixed).sqrt()).max(0.0)
    })
}

fn pooled(map: &Plane, mask: &Plane, pool: Pool) -> f32 {
    let on_part = map.values.iter().zip(&mask.values).filter(|(_, mask)| **mask > 0.0);
    let mut values: Vec<f32> = on_part.map(|(value, _)| *value).collect();
    values.sort_unstable_by(f32::total_cmp);
    match pool {
        Pool::Top(share) => {
            let top = &values[values.len() - ((values.len() as f32 * share) as usize).clamp(1, values.len().max(1))..];
            top.iter().sum::<f32>() / top.len() as f32
        }
        Pool::Quantile(share) => values[((values.len() as f32 * share) as usize).min(values.len() - 1)],
    }
}

/// The largest value in each cell of the picture as it lay; `shown` tells the map's pixel that shows each of the picture's.
fn cells(map: &Plane, shown: &[Option<usize>], picture: &Input, cell: usize) -> Vec<f32> {
    let columns = picture.width.div_ceil(cell);
    let mut cells = vec![f32::NEG_INFINITY; columns * picture.height.div_ceil(cell)];
    for (at, pixel) in shown.iter().enumerate().filter_map(|(at, pixel)| Some((at, (*pixel)?))) {
        let largest = &mut cells[at / picture.width / cell * columns + at % picture.width / cell];
        *largest = largest.max(logarithm(map.values[pixel]));
    }
    cells
}

#[cfg(test)]
mod tests;
