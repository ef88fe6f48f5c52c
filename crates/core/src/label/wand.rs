//! The magic wand: the area around a pixel that looks like it.

use super::mask::{Mask, MaskError, pixels};
use crate::PictureSize;

/// All pixels that are connected with the one at (`x`, `y`) over shared sides and differ from it by at most `tolerance`
/// in every channel. A start outside the picture gives an empty mask.
///
/// # Errors
/// When the samples are not those of a picture of this size, or it is too large for a mask.
///
/// # Shapes
/// `samples`: `height × width × channels`
pub fn flood(samples: &[u8], size: PictureSize, x: u32, y: u32, tolerance: u8) -> Result<Mask, MaskError> {
    let count = pixels(size)? as usize;
    let channels = samples.len() / count;
    if channels == 0 || channels * count != samples.len() {
        return Err(MaskError::WrongLength { found: samples.len() as u64, size });
    }
    if x >= size.width || y >= size.height {
        return Mask::empty(size);
    }
    let (width, height) = (size.width as usize, size.height as usize);
    let pixel = |at: usize| &samples[at * channels..(at + 1) * channels];
    let start = y as usize * width + x as usize;
    let wanted = pixel(start).to_vec();
    let alike = |at: usize| pixel(at).iter().zip(&wanted).all(|(found, wanted)| found.abs_diff(*wanted) <= tolerance);
    let mut inside = vec![false; count];
    // Row by row: each entry is a pixel from which its whole row is filled, so the list stays short.
    let mut waiting = vec![start];
    while let Some(at) = waiting.pop() {
        if inside[at] {
            continue;
        }
        let row = at / width * width;
        let mut left = at;
        while left > row && !inside[left - 1] && alike(left - 1) {
            left -= 1;
        }
        let mut right = at + 1;
        while right < row + width && !inside[right] && alike(right) {
            right += 1;
        }
        inside[left..right].fill(true);
        let line = at / width;
        let neighbours = [line.checked_sub(1), Some(line + 1).filter(|line| *line < height)];
        for line in neighbours.into_iter().flatten() {
            let mut open = false;
            for column in left - row..right - row {
                let at = line * width + column;
                let fits = !inside[at] && alike(at);
                if fits && !open {
                    waiting.push(at);
                }
                open = fits;
            }
        }
    }
    Mask::from_rows(size, &inside)
}
