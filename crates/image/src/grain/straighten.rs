//! A part found before its dark background, and turned until its grain runs from top to bottom.

use std::f32::consts::FRAC_PI_4;

use super::filters::{Plane, eroded, median};

/// Turned this little the picture is left as it is; turned farther than the other, the direction is not that of a grain.
const LEAST_TURN: f32 = 0.3_f32.to_radians();
const MOST_TURN: f32 = 8.0_f32.to_radians();

/// A part with its grain upright.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Straight {
    /// Brightness, 0..=255.
    pub(super) grey: Plane,
    /// 1 on the part.
    pub(super) mask: Plane,
    /// The picture was turned a quarter to the left first.
    quarter: bool,
    /// Then so far, in radians.
    turn: f32,
    /// Width of the picture before.
    width: usize,
}

impl Straight {
    /// None where there is no part.
    pub(super) fn of(grey: Plane, judged: Option<&[bool]>) -> Option<Self> {
        let width = grey.width;
        let mut mask = part_of(&grey)?;
        if let Some(judged) = judged.filter(|judged| judged.len() == mask.values.len()) {
            mask = mask.map(|pixel, value| if judged[pixel] { value } else { 0.0 });
        }
        let mut part = Self { grey, mask, quarter: false, turn: 0.0, width };
        let mut turn = part.direction()?;
        if turn.abs() > FRAC_PI_4 {
            part = Self { grey: quartered(&part.grey), mask: quartered(&part.mask), quarter: true, ..part };
            turn = part.direction()?;
        }
        if turn.abs() > LEAST_TURN && turn.abs() < MOST_TURN {
            part = Self { grey: turned(&part.grey, turn), mask: turned_mask(&part.mask, turn), turn, ..part };
        }
        Some(part)
    }

    /// The pixel that shows what a pixel of the picture before showed; none beside the picture.
    pub(super) fn pixel_of(&self, x: usize, y: usize) -> Option<usize> {
        let (x, y) = if self.quarter { (y, self.width - 1 - x) } else { (x, y) };
        let (sin, cos) = self.turn.sin_cos();
        let (across, down) = self.middle();
        let (dx, dy) = (x as f32 - across, y as f32 - down);
        let (x, y) = ((cos * dx + sin * dy + across).round(), (cos * dy - sin * dx + down).round());
        let is_in = (0.0..self.grey.width as f32).contains(&x) && (0.0..self.grey.height as f32).contains(&y);
        is_in.then(|| y as usize * self.grey.width + x as usize)
    }

    fn middle(&self) -> (f32, f32) {
        (self.grey.width as f32 / 2.0, self.grey.height as f32 / 2.0)
    }

    /// How far the slopes point away from across, in radians: 0 where the grain runs from top to bottom. None without
    /// any slope.
    fn direction(&self) -> Option<f32> {
        let light = self.grey.blurred(8.0, 8.0);
        let even = self.grey.with(&light, |grey, light| grey / (light + 1.0)).blurred(1.0, 1.0);
        let [gx, gy] = even.slopes();
        let inner = eroded(&self.mask, 15, 15);
        let inner = if inner.values.iter().filter(|value| **value > 0.0).count() < 500 { &self.mask } else { &inner };
        let squares = gx.with(&gy, |gx, gy| gx * gx + gy * gy);
        let inside = squares.values.iter().zip(&inner.values).filter(|(_, inner)| **inner > 0.0);
        // A few edges must not decide for all of the surface.
        let most = quantile(inside.map(|(square, _)| *square).collect(), 0.95)?;
        let (mut along, mut across) = (0.0_f64, 0.0_f64);
        for (pixel, square) in squares.values.iter().enumerate().filter(|(pixel, _)| inner.values[*pixel] > 0.0) {
            let weight = f64::from((most / (square + 1e-9)).min(1.0));
            let (gx, gy) = (f64::from(gx.values[pixel]), f64::from(gy.values[pixel]));
            along += weight * (gx * gx - gy * gy);
            across += weight * 2.0 * gx * gy;
        }
        (along != 0.0 || across != 0.0).then(|| (0.5 * across.atan2(along)) as f32)
    }
}

/// 1 on the part: the largest bright area, with its holes. None in a picture without light.
fn part_of(grey: &Plane) -> Option<Plane> {
    // The brightest tenth lies on the part, however little of the picture it covers.
    let brightest = quantile(grey.values.clone(), 0.9)?;
    let bright = median(grey.values.iter().copied().filter(|value| *value > 0.3 * brightest).collect())?;
    let smooth = grey.blurred(1.5, 1.5);
    let mask = smooth.map(|_, value| f32::from(u8::from(value > 0.3 * bright)));
    let (areas, count) = areas_of(&mask, 1.0);
    let mut sizes = vec![0_usize; count + 1];
    areas.iter().for_each(|area| sizes[*area] += 1);
    let (largest, _) = sizes.iter().enumerate().skip(1).max_by_key(|(area, size)| (**size, usize::MAX - area))?;
    let mask = mask.map(|pixel, _| f32::from(u8::from(areas[pixel] == largest)));
    // What lies in the part's middle belongs to it, bright or not.
    let (areas, count) = areas_of(&mask, 0.0);
    let mut touches = vec![false; count + 1];
    for (pixel, area) in areas.iter().enumerate() {
        let (y, x) = (pixel / mask.width, pixel % mask.width);
        touches[*area] |= y == 0 || x == 0 || y + 1 == mask.height || x + 1 == mask.width;
    }
    Some(mask.map(|pixel, value| if value > 0.0 || !touches[areas[pixel]] { 1.0 } else { 0.0 }))
}

/// The connected area that each pixel with a value belongs to, from 1; 0 for others. How many areas there are.
fn areas_of(mask: &Plane, value: f32) -> (Vec<usize>, usize) {
    let mut areas = vec![0; mask.values.len()];
    let (mut count, mut open) = (0, Vec::new());
    for start in 0..areas.len() {
        if mask.values[start] != value || areas[start] != 0 {
            continue;
        }
        count += 1;
        areas[start] = count;
        open.push(start);
        while let Some(pixel) = open.pop() {
            let (y, x) = (pixel / mask.width, pixel % mask.width);
            let beside = [
                (x > 0).then(|| pixel - 1),
                (x + 1 < mask.width).then_some(pixel + 1),
                (y > 0).then(|| pixel - mask.width),
                (y + 1 < mask.height).then_some(pixel + mask.width),
            ];
            for next in beside.into_iter().flatten() {
                if mask.values[next] == value && areas[next] == 0 {
                    areas[next] = count;
                    open.push(next);
                }
            }
        }
    }
    (areas, count)
}

/// A quarter to the left.
fn quartered(plane: &Plane) -> Plane {
    let (width, height) = (plane.height, plane.width);
    Plane::of(width, height, |pixel| plane.values[pixel % width * plane.width + plane.width - 1 - pixel / width])
}

/// Turned about the middle, bilinear; the border goes on beyond the picture.
fn turned(plane: &Plane, turn: f32) -> Plane {
    let at = |y: isize, x: isize| {
        let (y, x) = (y.clamp(0, plane.height as isize - 1), x.clamp(0, plane.width as isize - 1));
        plane.values[y as usize * plane.width + x as usize]
    };
    plane.map(|pixel, _| {
        let (x, y) = before(plane, pixel, turn);
        let (left, top) = (x.floor(), y.floor());
        let (right, below) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let line = |y| at(y, left) * (1.0 - right) + at(y, left + 1) * right;
        line(top) * (1.0 - below) + line(top + 1) * below
    })
}

/// The same for a mask, whose nearest pixel counts, and nothing beyond the picture.
fn turned_mask(plane: &Plane, turn: f32) -> Plane {
    plane.map(|pixel, _| {
        let (x, y) = before(plane, pixel, turn);
        let (x, y) = (x.round(), y.round());
        let is_in = (0.0..plane.width as f32).contains(&x) && (0.0..plane.height as f32).contains(&y);
        if is_in { plane.values[y as usize * plane.width + x as usize] } else { 0.0 }
    })
}

/// Where a pixel lay before the turn.
fn before(plane: &Plane, pixel: usize, turn: f32) -> (f32, f32) {
    let (across, down) = (plane.width as f32 / 2.0, plane.height as f32 / 2.0);
    let (dx, dy) = ((pixel % plane.width) as f32 - across, (pixel / plane.width) as f32 - down);
    let (sin, cos) = turn.sin_cos();
    (cos * dx - sin * dy + across, sin * dx + cos * dy + down)
}

/// Between the two values that the share lies between.
fn quantile(mut values: Vec<f32>, share: f32) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let place = share * values.len().checked_sub(1)? as f32;
    let (lower, upper) = (place.floor() as usize, place.ceil() as usize);
    Some(values[lower] + (values[upper] - values[lower]) * place.fract())
}
