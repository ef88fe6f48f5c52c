//! Contact sheets: many pictures of parts in rows on one picture, some with an outline around a defect or with what a network
//! finds.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use sightline_core::{HeatMap, PictureSize};

use crate::Input;
use crate::heat::{colour, heat_at};
use crate::resample::resample_grid;
use crate::screen::{EncodeError, fit};

/// Pixels between pictures, and around them.
const GAP: usize = 6;

/// Between the pictures: neither a bright nor a dark part ends in it.
const PAPER: [u8; 3] = [96, 104, 112];

/// Around a defect: no part has it.
const OUTLINE: [u8; 3] = [255, 0, 170];

/// Largest side of a sheet: more rows are left out.
const LARGEST_SIDE: usize = 16_000;

/// One picture of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// Brightness 0..=1, grey or red, green and blue; further planes are not shown.
    pub picture: Input,
    /// Where a defect is, on any grid over the picture: its width, and a value for each of its cells, row by row.
    pub defect: Option<(usize, Vec<bool>)>,
    /// What is laid over it, from 0, which is clear, to 1.
    pub heat: Option<HeatMap>,
}

/// A PNG of rows of pictures, each at most `side` pixels along its longer side.
///
/// # Errors
/// When the encoder refuses the size, as that of a sheet without a picture.
pub fn contact_sheet(rows: &[Vec<Shot>], side: u32) -> Result<Vec<u8>, EncodeError> {
    let cell = side as usize + GAP;
    let rows = &rows[..rows.len().min((LARGEST_SIDE - GAP) / cell)];
    let most = (LARGEST_SIDE - GAP) / cell;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).min(most);
    let (width, height) = if columns == 0 { (0, 0) } else { (columns * cell + GAP, rows.len() * cell + GAP) };
    let mut samples = PAPER.repeat(width * height);
    for (row, shots) in rows.iter().enumerate() {
        for (column, shot) in shots.iter().take(columns).enumerate() {
            draw(&mut samples, width, shot, side, (row * cell + GAP, column * cell + GAP));
        }
    }
    let (width, height) = (width as u32, height as u32);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&samples, width, height, ExtendedColorType::Rgb8)
        .map_err(|source| EncodeError { width, height, source: source.into() })?;
    Ok(bytes)
}

/// Draws a shot with its upper left corner at a row and column of the sheet.
fn draw(sheet: &mut [u8], across: usize, shot: &Shot, side: u32, (top, left): (usize, usize)) {
    let Input { channels, height, width, .. } = shot.picture;
    let size = PictureSize { width: width as u32, height: height as u32 };
    if channels == 0 || width == 0 || height == 0 {
        return;
    }
    // Small views are enlarged, so that all of a row can be compared.
    let shown = match size.width.max(size.height) < side {
        true => enlarged(size, side),
        false => fit(size, side),
    };
    let colours = if channels >= 3 { 3 } else { 1 };
    let planes: Vec<Vec<f32>> =
        shot.picture.planes().take(colours).map(|plane| resample_grid(plane, size.width, size.height, shown)).collect();
    let heat = shot.heat.as_ref().map(|map| heat_at(map, shown));
    let edge = shot.defect.as_ref().map(|(width, cells)| edge_of(cells, *width, shown));
    for y in 0..shown.height as usize {
        for x in 0..shown.width as usize {
            let pixel = y * shown.width as usize + x;
            let sample = &mut sheet[((top + y) * across + left + x) * 3..][..3];
            if edge.as_ref().is_some_and(|edge| edge[pixel]) {
                sample.copy_from_slice(&OUTLINE);
                continue;
            }
            for (colour, sample) in sample.iter_mut().enumerate() {
                *sample = (planes[colour.min(colours - 1)][pixel].clamp(0.0, 1.0) * 255.0).round() as u8;
            }
            if let Some(heat) = &heat {
                let [laid @ .., opacity] = colour(heat[pixel]);
                let share = f32::from(opacity) / 255.0;
                for (sample, laid) in sample.iter_mut().zip(laid) {
                    *sample = (f32::from(*sample) * (1.0 - share) + f32::from(laid) * share).round() as u8;
                }
            }
        }
    }
}

fn enlarged(PictureSize { width, height }: PictureSize, side: u32) -> PictureSize {
    let longer = width.max(height);
    let scaled = |length: u32| (length * side / longer).max(1);
    PictureSize { width: scaled(width), height: scaled(height) }
}

/// Pixels just outside a defect, so that the defect itself stays visible.
fn edge_of(cells: &[bool], width: usize, shown: PictureSize) -> Vec<bool> {
    let height = cells.len() / width.max(1);
    let (rows, columns) = (shown.height as usize, shown.width as usize);
    if width == 0 || height == 0 {
        return vec![false; rows * columns];
    }
    let inside = |y: usize, x: usize| cells[y * height / rows * width + x * width / columns];
    let mut edge = Vec::with_capacity(rows * columns);
    for y in 0..rows {
        for x in 0..columns {
            let around = [(y.wrapping_sub(1), x), (y + 1, x), (y, x.wrapping_sub(1)), (y, x + 1)];
            let touches = around.into_iter().any(|(y, x)| y < rows && x < columns && inside(y, x));
            edge.push(touches && !inside(y, x));
        }
    }
    edge
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeLimits, Pixels, decode};

    fn shot(channels: usize, width: usize, height: usize, value: f32) -> Shot {
        let values = vec![value; channels * width * height];
        Shot { picture: Input { channels, height, width, values }, defect: None, heat: None }
    }

    fn samples(rows: &[Vec<Shot>], side: u32) -> (PictureSize, Vec<[u8; 3]>) {
        let frame = decode(&contact_sheet(rows, side).unwrap(), &DecodeLimits::default()).unwrap();
        let Pixels::Rgb8(samples) = frame.pixels() else { panic!("{frame:?}") };
        (frame.size(), samples.as_chunks::<3>().0.to_vec())
    }

    #[test]
    fn pictures_stand_in_rows_in_their_own_shapes() {
        let rows = vec![vec![shot(1, 40, 20, 0.4), shot(3, 10, 10, 1.0)], vec![shot(1, 5, 10, -0.2)]];
        let (size, samples) = samples(&rows, 20);
        assert_eq!((size.width, size.height), (58, 58));
        let count = |colour: [u8; 3]| samples.iter().filter(|&&sample| sample == colour).count();
        assert_eq!(count([102; 3]), 20 * 10, "halved");
        assert_eq!(count([255; 3]), 20 * 20, "doubled");
        assert_eq!(count([0; 3]), 10 * 20, "darker than black is black");
        assert_eq!(count(PAPER), 58 * 58 - 200 - 400 - 200);
        assert_eq!(samples[6 * 58 + 6], [102; 3]);
        assert_eq!(samples[6 * 58 + 32], [255; 3]);
    }

    #[test]
    fn a_defect_is_outlined_and_not_covered() {
        let mut cells = vec![false; 25];
        cells[2 * 5 + 2] = true;
        let marked = Shot { defect: Some((5, cells)), ..shot(1, 20, 20, 0.4) };
        let (_, samples) = samples(&[vec![marked]], 20);
        let at = |x: usize, y: usize| samples[(y + GAP) * 32 + x + GAP];
        for (x, y) in (8..12).flat_map(|y| (8..12).map(move |x| (x, y))) {
            assert_eq!(at(x, y), [102; 3], "{x}, {y}");
        }
        assert_eq!([at(7, 9), at(12, 9), at(9, 7), at(9, 12)], [OUTLINE; 4]);
        assert_eq!(samples.iter().filter(|&&sample| sample == OUTLINE).count(), 16);
    }

    #[test]
    fn heat_is_laid_over_the_picture_where_there_is_some() {
        let map = HeatMap { width: 2, height: 1, values: vec![0.0, 1.0] };
        let (_, samples) = samples(&[vec![Shot { heat: Some(map), ..shot(1, 20, 20, 0.4) }]], 20);
        let at = |x: usize| samples[(10 + GAP) * 32 + x + GAP];
        assert_eq!(at(1), [102; 3]);
        // The strongest colour with the part below it still to be seen.
        assert_eq!(at(18), [126, 15, 92]);
    }

    #[test]
    fn a_sheet_without_pictures_is_refused_and_one_with_too_many_is_cut_off() {
        assert!(contact_sheet(&[], 20).is_err());
        let many = vec![vec![shot(1, 1, 1, 0.5)]; 40];
        let (size, _) = samples(&many, 1000);
        assert_eq!((size.width, size.height), (1012, 15 * 1006 + 6));
    }
}
