//! The heat map as people see it: a transparent picture laid over the part.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use sightline_core::{HeatMap, PictureSize, Region};

use crate::resample::resample_grid;
use crate::screen::{EncodeError, fit};

/// Colours from half the limit over the limit (in the middle) to half beyond it. Each is darker than the one before
/// and yellow turns to blue-tinted red, so the order is read in brightness alone and by eyes that do not tell red from
/// green.
const RAMP: [[f32; 3]; 4] = [[255.0, 205.0, 60.0], [247.0, 132.0, 22.0], [214.0, 22.0, 32.0], [130.0, 0.0, 90.0]];
/// Where the colours of the ramp stand.
const STOPS: [f32; 4] = [0.0, 0.25, 0.5, 1.0];
/// The part must stay visible below the strongest evidence.
const OPACITY_AT_LIMIT: f32 = 0.7;
const OPACITY_BEYOND: f32 = 0.85;

/// The map's values spread over the region at another size, row by row: bilinear between the centres of the cells. An
/// empty map gives zeros.
///
/// # Shapes
/// `size.height × size.width`
pub fn heat_at(map: &HeatMap, size: PictureSize) -> Vec<f32> {
    grid(map.values.clone(), map, size)
}

/// A PNG with transparency that covers the whole picture, at most `max_side` pixels along its longer side. Where the
/// evidence is below half the reject `limit`, and outside the region, it is clear; from there it rises through amber to
/// red at the limit and purple beyond.
///
/// # Errors
/// When the encoder refuses the size.
pub fn heat_png(
    map: &HeatMap,
    limit: f32,
    region: &Region,
    picture: PictureSize,
    max_side: u32,
) -> Result<Vec<u8>, EncodeError> {
    let PictureSize { width, height } = fit(picture, max_side);
    let (left, top, region_width, region_height) = region.in_pixels(width, height);
    let strength = map.values.iter().map(|&value| strength(value, limit)).collect();
    let shown = grid(strength, map, PictureSize { width: region_width, height: region_height });
    let mut samples = vec![0; 4 * width as usize * height as usize];
    let rows = samples.chunks_exact_mut(4 * width as usize).skip(top as usize);
    for (row, values) in rows.zip(shown.chunks_exact(region_width as usize)) {
        for (pixel, &value) in row.as_chunks_mut::<4>().0.iter_mut().skip(left as usize).zip(values) {
            *pixel = colour(value);
        }
    }
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub)
        .write_image(&samples, width, height, ExtendedColorType::Rgba8)
        .map_err(|source| EncodeError { width, height, source: source.into() })?;
    Ok(bytes)
}

fn grid(values: Vec<f32>, map: &HeatMap, size: PictureSize) -> Vec<f32> {
    let sides = (u32::try_from(map.width), u32::try_from(map.height));
    match sides {
        (Ok(width @ 1..), Ok(height @ 1..)) if map.width.checked_mul(map.height) == Some(values.len()) => {
            resample_grid(&values, width, height, size)
        }
        _ => vec![0.0; size.width as usize * size.height as usize],
    }
}

/// 0 at half the limit and below, 0.5 at the limit, 1 half beyond it. Scores are standardised and their limit may lie
/// below 0; then the same distance counts. Not-a-number is shown as the strongest evidence, as it is judged.
fn strength(value: f32, limit: f32) -> f32 {
    let reach = limit.abs().max(f32::MIN_POSITIVE);
    let strength = (value - limit) / reach + 0.5;
    if strength.is_nan() { 1.0 } else { strength.clamp(0.0, 1.0) }
}

pub(crate) fn colour(strength: f32) -> [u8; 4] {
    if strength <= 0.0 {
        return [0; 4];
    }
    let mut colour = RAMP[RAMP.len() - 1];
    for (stops, colours) in STOPS.windows(2).zip(RAMP.windows(2)) {
        if strength < stops[1] {
            let share = (strength - stops[0]) / (stops[1] - stops[0]);
            colour = std::array::from_fn(|channel| colours[0][channel] * (1.0 - share) + colours[1][channel] * share);
            break;
        }
    }
    let opacity = if strength < 0.5 {
        OPACITY_AT_LIMIT * strength / 0.5
    } else {
        OPACITY_AT_LIMIT + (OPACITY_BEYOND - OPACITY_AT_LIMIT) * (strength - 0.5) / 0.5
    };
    let [red, green, blue] = colour.map(|value| value.round() as u8);
    [red, green, blue, (opacity * 255.0).round() as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(map: &HeatMap, limit: f32, region: &Region, picture: PictureSize, max_side: u32) -> image::RgbaImage {
        let bytes = heat_png(map, limit, region, picture, max_side).unwrap();
        image::load_from_memory(&bytes).unwrap().into_rgba8()
    }

    #[test]
    fn evidence_is_clear_below_half_the_limit_and_coloured_above() {
        let map = HeatMap { width: 3, height: 1, values: vec![1.9, 4.0, 9.0] };
        let picture = PictureSize { width: 93, height: 31 };
        let heat = shown(&map, 4.0, &Region::WHOLE, picture, 1000);
        assert_eq!(heat.dimensions(), (93, 31));
        assert_eq!(heat.get_pixel(5, 15).0, [0; 4]);
        assert_eq!(heat.get_pixel(46, 15).0[..3], [214, 22, 32]);
        assert!(heat.get_pixel(46, 15).0[3] > 150);
        assert_eq!(heat.get_pixel(90, 15).0[..3], [130, 0, 90]);
    }

    #[test]
    fn the_map_lies_where_the_region_is() {
        let map = HeatMap { width: 2, height: 2, values: vec![9.0; 4] };
        let region = Region { left: 0.5, top: 0.25, right: 1.0, bottom: 0.75 };
        let heat = shown(&map, 1.0, &region, PictureSize { width: 400, height: 200 }, 40);
        assert_eq!(heat.dimensions(), (40, 20));
        for (x, y, pixel) in heat.enumerate_pixels() {
            let inside = x >= 20 && (5..15).contains(&y);
            assert_eq!(pixel.0[3] > 0, inside, "at {x}, {y}");
        }
    }

    #[test]
    fn stronger_evidence_is_darker_and_denser() {
        let luminance = |c: [u8; 4]| 0.2126 * f32::from(c[0]) + 0.7152 * f32::from(c[1]) + 0.0722 * f32::from(c[2]);
        let steps: Vec<[u8; 4]> = (1..=50).map(|i| colour(i as f32 / 50.0)).collect();
        for pair in steps.windows(2) {
            assert!(luminance(pair[1]) < luminance(pair[0]) && pair[1][3] >= pair[0][3], "{pair:?}");
        }
    }

    #[test]
    fn limits_below_zero_and_strange_values_are_shown() {
        let check = |value: f32, limit: f32, expected: f32| {
            assert_eq!(strength(value, limit), expected, "{value} against {limit}");
        };
        check(-2.0, -2.0, 0.5);
        check(-3.0, -2.0, 0.0);
        check(0.0, 0.0, 0.5);
        check(-1.0, 0.0, 0.0);
        check(f32::NAN, 4.0, 1.0);
        check(f32::INFINITY, 4.0, 1.0);
        check(f32::NEG_INFINITY, 4.0, 0.0);
    }

    #[test]
    fn a_map_that_is_no_grid_shows_nothing() {
        let picture = PictureSize { width: 8, height: 8 };
        for (width, height, values) in [(0, 0, vec![]), (2, 2, vec![9.0; 3]), (0, 4, vec![])] {
            let map = HeatMap { width, height, values };
            assert!(shown(&map, 1.0, &Region::WHOLE, picture, 8).pixels().all(|pixel| pixel.0 == [0; 4]));
            assert_eq!(heat_at(&map, picture), vec![0.0; 64]);
        }
    }

    #[test]
    fn values_keep_their_unit_when_spread() {
        let map = HeatMap { width: 2, height: 1, values: vec![-4.0, 12.0] };
        assert_eq!(heat_at(&map, PictureSize { width: 4, height: 1 }), [-4.0, 0.0, 8.0, 12.0]);
    }
}
