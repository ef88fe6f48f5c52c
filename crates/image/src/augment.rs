//! Views of a good part for contrastive learning: crops, light and noise that still show a good part.
//!
//! No hue, greyscale, solarise or strong blur: they erase the very signs of defects.

use crate::Input;
use rand::Rng;

/// Which changes still show a good part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ViewPolicy {
    /// Smallest share of the picture's area that a crop shows.
    pub smallest_crop: f32,
    /// Largest shift of brightness, on a scale where white is 1.
    pub brightness: f32,
    /// Largest relative change of contrast.
    pub contrast: f32,
    /// Largest standard deviation of added noise.
    pub noise: f32,
    /// Largest relative change of brightness from the middle to the edge, in any direction.
    pub gradient: f32,
    /// Largest shift of the part, as a share of its side.
    pub shift: f32,
    /// The part may lie turned by quarter turns.
    pub may_turn: bool,
    /// The part may lie mirrored.
    pub may_flip: bool,
}

impl Default for ViewPolicy {
    fn default() -> Self {
        Self {
            smallest_crop: 0.5,
            brightness: 0.1,
            contrast: 0.2,
            noise: 0.02,
            gradient: 0.0,
            shift: 0.0,
            may_turn: false,
            may_flip: false,
        }
    }
}

/// What of a part a view shows, and how it lies there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// `[top, left, height, width]` of the crop in the part, in pixels.
    pub rectangle: [f32; 4],
    /// Rows and columns of the view.
    pub size: (usize, usize),
    /// How the crop was laid.
    pub pose: Pose,
}

impl Shown {
    /// Where a point of the view, row and column in pixels, lies in the part.
    pub fn point_in_part(&self, point: (f32, f32)) -> (f32, f32) {
        let [top, left, crop_h, crop_w] = self.rectangle;
        let (height, width) = (self.size.0 as f32, self.size.1 as f32);
        let (y, x) = self.pose.source_of(point, (height, width));
        (top + y * crop_h / height, left + x * crop_w / width)
    }

    /// Where a point of the part lies in the view; outside of it when the view does not show the point.
    pub fn point_in_view(&self, (y, x): (f32, f32)) -> (f32, f32) {
        let [top, left, crop_h, crop_w] = self.rectangle;
        let (height, width) = (self.size.0 as f32, self.size.1 as f32);
        let in_crop = ((y - top) * height / crop_h, (x - left) * width / crop_w);
        self.pose.target_of(in_crop, (height, width))
    }
}

/// How a picture lies: mirrored, and turned by quarter turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pose {
    /// Mirrored from left to right, after the turn.
    pub mirrored: bool,
    /// Quarter turns, 0 to 3.
    pub turns: u8,
}

impl Pose {
    /// A pose that the policy allows; quarter turns only where the picture is square.
    fn random(policy: &ViewPolicy, square: bool, rng: &mut impl Rng) -> Self {
        let mirrored = policy.may_flip && rng.random();
        let turns = match (policy.may_turn, square) {
            (true, true) => rng.random_range(0..4),
            (true, false) => 2 * rng.random_range(0..2),
            (false, _) => 0,
        };
        Self { mirrored, turns: turns as u8 }
    }

    /// Which point of the picture comes to a point of the posed one.
    fn source_of(self, (y, x): (f32, f32), (height, width): (f32, f32)) -> (f32, f32) {
        let x = if self.mirrored { width - x } else { x };
        match self.turns {
            1 => (x, height - y),
            2 => (height - y, width - x),
            3 => (width - x, y),
            _ => (y, x),
        }
    }

    /// Where a point of the picture comes to in the posed one.
    fn target_of(self, (y, x): (f32, f32), (height, width): (f32, f32)) -> (f32, f32) {
        let (y, x) = match self.turns {
            1 => (height - x, y),
            2 => (height - y, width - x),
            3 => (x, width - y),
            _ => (y, x),
        };
        (y, if self.mirrored { width - x } else { x })
    }
}

/// A random view: resized crop, pose, light and noise. Values may leave 0..=1; they are not clamped.
pub fn random_view(
    part: &Input,
    policy: &ViewPolicy,
    height: usize,
    width: usize,
    rng: &mut impl Rng,
) -> (Input, Shown) {
    let share = rng.random_range(policy.smallest_crop..=1.0_f32).sqrt();
    // The largest window of the view's shape: a crop must not stretch the part.
    let fit = (part.height as f32 / height as f32).min(part.width as f32 / width as f32);
    let (crop_h, crop_w) = (share * fit * height as f32, share * fit * width as f32);
    // A part that may be shifted may also be cut off; its last rows and columns go on then.
    let mut start = |length: usize, crop: f32| {
        let beyond = policy.shift * length as f32;
        rng.random_range(0.0 - beyond..=(length as f32 - crop).max(0.0) + beyond)
    };
    let (top, left) = (start(part.height, crop_h), start(part.width, crop_w));
    let rectangle = [top, left, crop_h, crop_w];
    let cropped = resample(part, rectangle, height, width);
    let pose = Pose::random(policy, width == height, rng);
    let mut view = posed(cropped, pose);
    relight(&mut view, policy, rng);
    (view, Shown { rectangle, size: (height, width), pose })
}

/// The part in one of the poses and at one of the places that it may lie in; turned by quarter turns only where it is
/// square.
pub fn random_pose(part: Input, policy: &ViewPolicy, rng: &mut impl Rng) -> Input {
    let pose = Pose::random(policy, part.width == part.height, rng);
    let part = posed(part, pose);
    if policy.shift == 0.0 {
        return part;
    }
    let mut by = |length: usize| {
        let most = policy.shift * length as f32;
        rng.random_range(-most..=most).round() as isize
    };
    let (down, right) = (by(part.height), by(part.width));
    shifted(&part, down, right)
}

/// The part moved by whole pixels. The rows and columns at its edge go on where it moved away from.
fn shifted(part: &Input, down: isize, right: isize) -> Input {
    let from = |to: usize, by: isize, length: usize| (to as isize - by).clamp(0, length as isize - 1) as usize;
    let columns: Vec<usize> = (0..part.width).map(|x| from(x, right, part.width)).collect();
    let mut values = Vec::with_capacity(part.values.len());
    for plane in part.planes() {
        for y in 0..part.height {
            let row = &plane[from(y, down, part.height) * part.width..][..part.width];
            values.extend(columns.iter().map(|&x| row[x]));
        }
    }
    Input { channels: part.channels, height: part.height, width: part.width, values }
}

fn posed(part: Input, pose: Pose) -> Input {
    let Pose { mirrored, turns } = pose;
    if pose == Pose::default() {
        return part;
    }
    let (height, width) = (part.height, part.width);
    let mut values = Vec::with_capacity(part.values.len());
    for plane in part.values.chunks_exact(height * width) {
        for y in 0..height {
            for x in 0..width {
                let x = if mirrored { width - 1 - x } else { x };
                let (source_y, source_x) = match turns {
                    1 => (x, height - 1 - y),
                    2 => (height - 1 - y, width - 1 - x),
                    3 => (width - 1 - x, y),
                    _ => (y, x),
                };
                values.push(plane[source_y * width + source_x]);
            }
        }
    }
    Input { values, ..part }
}

/// Random brightness, contrast, light from one side and noise within the policy.
pub fn relight(part: &mut Input, policy: &ViewPolicy, rng: &mut impl Rng) {
    let shift = rng.random_range(-policy.brightness..=policy.brightness);
    let gain = 1.0 + rng.random_range(-policy.contrast..=policy.contrast);
    let noise = rng.random_range(0.0..=policy.noise);
    let mean = part.values.iter().sum::<f32>() / part.values.len().max(1) as f32;
    for value in &mut part.values {
        *value = (*value - mean) * gain + mean + shift + noise * standard_normal(rng);
    }
    if policy.gradient > 0.0 {
        light_from_one_side(part, policy.gradient, rng);
    }
}

/// Brightens one side and darkens the other by at most `largest` of the brightness there.
fn light_from_one_side(part: &mut Input, largest: f32, rng: &mut impl Rng) {
    let (strength, direction) = (rng.random_range(0.0..=largest), rng.random_range(0.0..std::f32::consts::TAU));
    let (across, down) = (direction.cos(), direction.sin());
    // From −1 to 1 along each side, and along the direction between its farthest corners.
    let place = |index: usize, length: usize| 2.0 * (index as f32 + 0.5) / length as f32 - 1.0;
    let farthest = across.abs() + down.abs();
    let (height, width) = (part.height, part.width);
    for (pixel, value) in part.values.iter_mut().enumerate() {
        let (y, x) = (pixel / width % height, pixel % width);
        *value *= 1.0 + strength * (across * place(x, width) + down * place(y, height)) / farthest;
    }
}

/// Bilinear resampling of the rectangle `[top, left, height, width]` (pixels) to a new size.
fn resample(part: &Input, rectangle: [f32; 4], height: usize, width: usize) -> Input {
    let [top, left, crop_h, crop_w] = rectangle;
    let columns: Vec<Tap> = (0..width).map(|x| tap(left, crop_w, x, width, part.width)).collect();
    let mut values = Vec::with_capacity(part.channels * height * width);
    for plane in part.values.chunks_exact(part.height * part.width) {
        for y in 0..height {
            let row = tap(top, crop_h, y, height, part.height);
            let upper = &plane[row.first * part.width..][..part.width];
            let lower = &plane[row.second * part.width..][..part.width];
            values.extend(columns.iter().map(|column| {
                let mix = |line: &[f32]| line[column.first] * (1.0 - column.share) + line[column.second] * column.share;
                mix(upper) * (1.0 - row.share) + mix(lower) * row.share
            }));
        }
    }
    Input { channels: part.channels, height, width, values }
}

/// Two neighbouring source lines and the share of the second.
struct Tap {
    first: usize,
    second: usize,
    share: f32,
}

fn tap(start: f32, length: f32, index: usize, count: usize, available: usize) -> Tap {
    let position = start + (index as f32 + 0.5) * length / count as f32 - 0.5;
    let position = position.clamp(0.0, (available - 1) as f32);
    let first = position as usize;
    Tap { first, second: (first + 1).min(available - 1), share: position - first as f32 }
}

/// Irwin–Hall: the sum of four uniform draws, scaled to variance one. Close enough to a sensor's noise, and fast.
pub(crate) fn standard_normal(rng: &mut impl Rng) -> f32 {
    let bits: u64 = rng.random();
    let sum: u32 = (0..4).map(|part| ((bits >> (16 * part)) & 0xffff) as u32).sum();
    (sum as f32 / 65_535.0 - 2.0) * 1.732_050_8
}

#[cfg(test)]
mod tests;
