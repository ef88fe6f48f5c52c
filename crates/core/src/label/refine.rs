//! Refining a rough area: GrabCut (Rother, Kolmogorov, Blake, 2004, "GrabCut: interactive foreground extraction using
//! iterated graph cuts"). Two mixtures of Gaussians learn how defect and surroundings look, a minimum cut finds the
//! border that follows the picture's edges, and both are repeated until nothing changes.

mod cut;
mod mixture;

use cut::{Cut, DIRECTIONS};
use mixture::Mixture;

use super::mask::{Mask, MaskError, PixelBox};
use crate::PictureSize;

/// Longest side, in cells, of the window that is looked at; a larger one is averaged down.
const MOST_CELLS_A_SIDE: u32 = 512;
/// Rounds of learning and cutting at most.
const ROUNDS: usize = 5;
/// What an edge between unlike neighbours costs at most, in nats: the paper's γ.
const SMOOTHNESS: f64 = 50.0;
/// Units of the cut's whole numbers in a nat.
const UNITS: f64 = 256.0;
/// No pixel speaks more strongly than this, in nats.
const MOST_NATS: f64 = 1e4;

/// The area within `rough` that stands out from what lies around it, with its border at the picture's edges. `beyond`
/// says that the area may also reach a quarter of its own size past `rough`, as a hasty stroke asks for; a box is drawn
/// around a defect, so nothing lies beyond it. Where nothing stands out, `rough` comes back as it was.
///
/// # Errors
/// When the samples are not those of the mask's picture.
///
/// # Shapes
/// `samples`: `height × width × channels`, of one or three channels
pub fn refine(samples: &[u8], rough: &Mask, beyond: bool) -> Result<Mask, MaskError> {
    let size = rough.size();
    let count = size.width as usize * size.height as usize;
    let wrong = MaskError::WrongLength { found: samples.len() as u64, size };
    let Some(bounds) = rough.bounds() else { return Ok(rough.clone()) };
    match samples.len().checked_div(count) {
        Some(1) if samples.len() == count => of_channels::<1>(samples, rough, bounds, beyond),
        Some(3) if samples.len() == 3 * count => of_channels::<3>(samples, rough, bounds, beyond),
        _ => Err(wrong),
    }
}

fn of_channels<const C: usize>(
    samples: &[u8],
    rough: &Mask,
    bounds: PixelBox,
    beyond: bool,
) -> Result<Mask, MaskError> {
    let side = bounds.width.max(bounds.height);
    let reach = if beyond { (side / 4).max(4) } else { 0 };
    let window = around(bounds, rough.size(), reach + (side / 2).max(16));
    let block = window.width.max(window.height).div_ceil(MOST_CELLS_A_SIDE);
    let cells = PictureSize { width: window.width.div_ceil(block), height: window.height.div_ceil(block) };
    let (colours, drawn) = averaged::<C>(samples, rough, window, block, cells);
    let allowed = Mask::from_rows(cells, &drawn)?.grown(reach.div_ceil(block))?.to_rows();
    let Some(inside) = separate(&colours, &drawn, &allowed, cells) else { return Ok(rough.clone()) };

    let width = window.width as usize;
    let rows = (0..width * window.height as usize).map(|at| {
        let (x, y) = (at % width / block as usize, at / width / block as usize);
        inside[y * cells.width as usize + x]
    });
    let found = Mask::from_rows(PictureSize { width: window.width, height: window.height }, &rows.collect::<Vec<_>>())?;
    let found = found.placed(rough.size(), window.left, window.top)?;
    // Cells may be coarser than pixels, and reach past a box.
    if beyond { Ok(found) } else { found.intersection(rough) }
}

/// The rectangle with so many pixels more to each side, on the picture.
fn around(bounds: PixelBox, picture: PictureSize, margin: u32) -> PixelBox {
    let (left, top) = (bounds.left.saturating_sub(margin), bounds.top.saturating_sub(margin));
    let end = |first: u32, length: u32, whole: u32| (first + length).saturating_add(margin).min(whole);
    PixelBox {
        left,
        top,
        width: end(bounds.left, bounds.width, picture.width) - left,
        height: end(bounds.top, bounds.height, picture.height) - top,
    }
}

/// The mean colour of each cell of the window, and whether any pixel of it was drawn.
fn averaged<const C: usize>(
    samples: &[u8],
    rough: &Mask,
    window: PixelBox,
    block: u32,
    cells: PictureSize,
) -> (Vec<[f64; C]>, Vec<bool>) {
    let width = rough.size().width;
    let inside = rough.to_rows();
    let cell = |at: u32| {
        let (column, row) = (at % cells.width * block, at / cells.width * block);
        let columns = window.left + column..window.left + (column + block).min(window.width);
        let rows = window.top + row..window.top + (row + block).min(window.height);
        let pixels = (columns.len() * rows.len()) as f64;
        let (mut colour, mut drawn) = ([0.0; C], false);
        for at in rows.flat_map(|y| columns.clone().map(move |x| y as usize * width as usize + x as usize)) {
            (0..C).for_each(|channel| colour[channel] += f64::from(samples[at * C + channel]) / pixels);
            drawn |= inside[at];
        }
        (colour, drawn)
    };
    (0..cells.width * cells.height).map(cell).unzip()
}

/// Which cells belong to the area; none where there is nothing to tell it from, or all of it would vanish.
fn separate<const C: usize>(
    colours: &[[f64; C]],
    drawn: &[bool],
    allowed: &[bool],
    size: PictureSize,
) -> Option<Vec<bool>> {
    let (width, height) = (size.width as usize, size.height as usize);
    let of = |wanted: bool, inside: &[bool]| -> Vec<[f64; C]> {
        colours.iter().zip(inside).filter(|(_, inside)| **inside == wanted).map(|(colour, _)| *colour).collect()
    };
    let neighbours = |at: usize| {
        let (x, y) = (at % width, at / width);
        DIRECTIONS.iter().enumerate().filter_map(move |(direction, &(right, down))| {
            let (x, y) = (x.checked_add_signed(right)?, y.checked_add_signed(down)?);
            (x < width && y < height).then_some((direction, y * width + x))
        })
    };
    let unlike = |a: usize, b: usize| (0..C).map(|c| (colours[a][c] - colours[b][c]).powi(2)).sum::<f64>();
    let pairs = || (0..colours.len()).flat_map(|at| neighbours(at).map(move |(_, other)| (at, other)));
    let mean = pairs().map(|(at, other)| unlike(at, other)).sum::<f64>() / pairs().count().max(1) as f64;
    let sharpness = if mean > 0.0 { 1.0 / (2.0 * mean) } else { 0.0 };
    let link = |at: usize, direction: usize, other: usize| {
        let (right, down) = DIRECTIONS[direction];
        let distance = ((right * right + down * down) as f64).sqrt();
        (UNITS * SMOOTHNESS / distance * (-sharpness * unlike(at, other)).exp()) as i32
    };

    let mut inside = drawn.to_vec();
    let mut area = Mixture::start(&of(true, &inside))?;
    let mut surroundings = Mixture::start(&of(false, &inside))?;
    for _ in 0..ROUNDS {
        area = area.again(&of(true, &inside))?;
        surroundings = surroundings.again(&of(false, &inside))?;
        let mut cut = Cut::new(width, height);
        for at in (0..colours.len()).filter(|at| allowed[*at]) {
            let nats = |mixture: &Mixture<C>| (-mixture.ln_density(&colours[at])).clamp(-MOST_NATS, MOST_NATS);
            cut.lean(at, ((nats(&surroundings) - nats(&area)) * UNITS) as i64);
            for (direction, other) in neighbours(at) {
                match (allowed[other], other > at) {
                    (true, true) => cut.link(at, direction, link(at, direction, other)),
                    (true, false) => (),
                    // Surely outside: that neighbour is the sink itself.
                    (false, _) => cut.lean(at, -i64::from(link(at, direction, other))),
                }
            }
        }
        let found = cut.source_side();
        if !found.contains(&true) {
            return None;
        }
        if found == inside {
            break;
        }
        inside = found;
    }
    Some(inside)
}

#[cfg(test)]
mod tests;
