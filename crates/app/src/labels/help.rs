//! Help with drawing that needs no weights: the heat map's region as a mask, the magic wand, and refining a rough area.

use sightline_core::label::{flood, refine};
use sightline_core::{HeatMap, Mask, PictureSize, Shape};
use sightline_image::{Frame, Pixels, heat_at};
use sightline_store::Store;

use crate::AppError;
use crate::capture::capture;
use crate::screen::recipe_of;

/// The region of a part's heat map as a mask of its picture: where the evidence is beyond the limit that rejected it, or,
/// on a part that passed, where it is nearer to its peak than to its middle. None where there is no heat map.
///
/// # Errors
/// When the database cannot be read or the picture is too large for a mask.
pub fn propose_mask(store: &Store, part: i64) -> Result<Option<Mask>, AppError> {
    let Some(stored) = store.part(part)? else { return Err(AppError::NoPart { name: part.to_string() }) };
    let judged = stored.record.judged;
    let recipe = judged.model.as_deref().and_then(|model| recipe_of(store, model));
    let (Some(heat), Some(size), Some(recipe)) = (judged.heat, judged.size, recipe) else { return Ok(None) };
    let region = sightline_core::Region::from(recipe.region).in_pixels(size.width, size.height);
    let mask = region_of(&heat, stored.record.reject_above.map(|limit| limit as f32), size, region)?;
    Ok((mask.area() > 0).then_some(mask))
}

fn region_of(
    heat: &HeatMap,
    limit: Option<f32>,
    picture: PictureSize,
    (left, top, width, height): (u32, u32, u32, u32),
) -> Result<Mask, AppError> {
    let threshold = threshold(heat, limit);
    let size = PictureSize { width, height };
    // Evidence that is no number rejects, and so it lies inside.
    let beyond = |value: &f32| value.is_nan() || *value > threshold;
    let inside: Vec<bool> = heat_at(heat, size).iter().map(beyond).collect();
    Ok(Mask::from_rows(size, &inside)?.placed(picture, left, top)?)
}

fn threshold(heat: &HeatMap, limit: Option<f32>) -> f32 {
    let mut values: Vec<f32> = heat.values.iter().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f32::total_cmp);
    let (Some(middle), Some(peak)) = (values.get(values.len() / 2), values.last()) else { return f32::INFINITY };
    let half_way = (middle + peak) / 2.0;
    match limit {
        Some(limit) if limit < *peak => limit.max(*middle),
        _ => half_way,
    }
}

/// The area around a pixel of a part's picture that looks like it.
///
/// # Errors
/// When the part's picture is gone, changed since it was judged, or too large for a mask.
pub fn magic_wand(store: &Store, part: i64, x: u32, y: u32, tolerance: u8) -> Result<Mask, AppError> {
    let frame = frame_of(store, part)?;
    Ok(flood(&eight_bits(&frame), frame.size(), x, y, tolerance)?)
}

/// A rough area of a part's picture with its border at the picture's edges. A mask may be too small or too large; a
/// defect does not reach beyond a box or polygon, which people draw around it.
///
/// # Errors
/// When the part's picture is gone, changed since it was judged, or the area is none of this picture.
pub fn refine_area(store: &Store, part: i64, rough: &Shape) -> Result<Mask, AppError> {
    let frame = frame_of(store, part)?;
    let mask = rough.mask(frame.size())?;
    Ok(refine(&eight_bits(&frame), &mask, matches!(rough, Shape::Mask(_)))?)
}

/// The picture of a part as it was judged.
fn frame_of(store: &Store, part: i64) -> Result<Frame, AppError> {
    let Some(stored) = store.part(part)? else { return Err(AppError::NoPart { name: part.to_string() }) };
    let judged = stored.record.judged;
    let captured = capture(&judged.arrival.path);
    match captured.frame {
        Ok(frame) if captured.content_hash == judged.content_hash => Ok(frame),
        _ => Err(AppError::PictureGone { path: judged.arrival.path }),
    }
}

fn eight_bits(frame: &Frame) -> Vec<u8> {
    match frame.pixels() {
        Pixels::Grey8(samples) | Pixels::Rgb8(samples) => samples.clone(),
        Pixels::Grey16(samples) | Pixels::Rgb16(samples) => samples.iter().map(|sample| (sample >> 8) as u8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_beyond_the_limit_is_proposed_or_the_strongest_one() {
        let mut values = vec![1.0; 64];
        (values[9], values[10]) = (8.0, 4.0);
        let heat = HeatMap { width: 8, height: 8, values };
        let picture = PictureSize { width: 100, height: 90 };
        let bounds = |limit| {
            let mask = region_of(&heat, limit, picture, (20, 10, 80, 80)).unwrap();
            assert_eq!(mask.size(), picture);
            mask.bounds().unwrap()
        };
        let strongest = bounds(Some(20.0));
        assert!(strongest.left > 25 && strongest.left + strongest.width < 50, "{strongest:?}");
        assert!(strongest.top > 15 && strongest.top + strongest.height < 40, "{strongest:?}");
        assert_eq!(bounds(None), strongest);
        assert!(bounds(Some(2.0)).width > strongest.width);
        // A limit below all evidence does not propose the whole part.
        assert!(bounds(Some(-3.0)).width < 60);
        let nothing = HeatMap { width: 0, height: 0, values: vec![] };
        assert_eq!(region_of(&nothing, Some(1.0), picture, (20, 10, 80, 80)).unwrap().area(), 0);
    }
}
