//! Exactly these pixels of a picture, run by run as COCO counts them: down each column, columns from left to right,
//! first the pixels outside, then those inside, and so on. A brush stroke on a picture of 20 megapixels takes some
//! hundred numbers.

mod sets;

use super::MaskError::{TooLarge, WrongLength};
use crate::PictureSize;

/// Pixels of the largest picture that may have a mask; no larger one is decoded.
pub const MAX_MASK_PIXELS: u64 = 100_000_000;

/// Why there is no mask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// A picture without pixels or with too many.
    #[error("a mask of {} × {} pixels; 1 to {MAX_MASK_PIXELS} pixels are allowed", size.width, size.height)]
    TooLarge {
        /// The size that was asked for.
        size: PictureSize,
    },
    /// Runs or pixels that do not fill the picture.
    #[error("{found} pixels for a mask of {} × {}", size.width, size.height)]
    WrongLength {
        /// How many there are.
        found: u64,
        /// The mask's size.
        size: PictureSize,
    },
    /// Two masks of different pictures.
    #[error(
        "a mask of {} × {} pixels and one of {} × {} do not lie on the same picture",
        first.width, first.height, second.width, second.height
    )]
    OtherSize {
        /// One size.
        first: PictureSize,
        /// The other.
        second: PictureSize,
    },
    /// A polygon that crosses the picture's columns too often.
    #[error("the polygon crosses the picture's columns {found} times; at most {allowed} are allowed")]
    TooComplex {
        /// How often it does.
        found: u64,
        /// How often it may.
        allowed: u64,
    },
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelBox {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A set of pixels of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    size: PictureSize,
    /// Sorted, apart from each other by at least one pixel, each `[start, end)` counted down the columns.
    spans: Vec<(u32, u32)>,
}

impl Mask {
    /// No pixels.
    ///
    /// # Errors
    /// When the picture has no pixels or more than [`MAX_MASK_PIXELS`].
    pub fn empty(size: PictureSize) -> Result<Self, MaskError> {
        Self::from_spans(size, Vec::new())
    }

    /// From COCO's runs: outside, inside, outside, … in pixels. Runs of no pixels are allowed.
    ///
    /// # Errors
    /// When the runs do not fill the picture exactly, or the picture is too large.
    pub fn from_runs(size: PictureSize, runs: &[u32]) -> Result<Self, MaskError> {
        let pixels = pixels(size)?;
        let sum: u64 = runs.iter().map(|&run| u64::from(run)).sum();
        if sum != u64::from(pixels) {
            return Err(WrongLength { found: sum, size });
        }
        let mut at = 0;
        let mut spans: Vec<(u32, u32)> = Vec::with_capacity(runs.len() / 2);
        for (index, &run) in runs.iter().enumerate() {
            if index % 2 == 1 && run > 0 {
                match spans.last_mut() {
                    Some((_, end)) if *end == at => *end += run,
                    _ => spans.push((at, at + run)),
                }
            }
            at += run;
        }
        Ok(Self { size, spans })
    }

    /// From one value a pixel, row by row; what is true lies inside.
    ///
    /// # Errors
    /// When there are not as many values as pixels, or the picture is too large.
    ///
    /// # Shapes
    /// `inside`: `height × width`
    pub fn from_rows(size: PictureSize, inside: &[bool]) -> Result<Self, MaskError> {
        let pixels = pixels(size)?;
        if inside.len() as u64 != u64::from(pixels) {
            return Err(WrongLength { found: inside.len() as u64, size });
        }
        let mut spans: Vec<(u32, u32)> = Vec::new();
        for x in 0..size.width {
            let column = inside.iter().skip(x as usize).step_by(size.width as usize);
            let first = x * size.height;
            for (at, _) in (first..).zip(column).filter(|(_, inside)| **inside) {
                match spans.last_mut() {
                    Some((_, end)) if *end == at => *end += 1,
                    _ => spans.push((at, at + 1)),
                }
            }
        }
        Ok(Self { size, spans })
    }

    /// The pixels whose centre lies in the rectangle: left, top, right, bottom.
    ///
    /// # Errors
    /// When the picture is too large.
    pub fn of_box(size: PictureSize, [left, top, right, bottom]: [f64; 4]) -> Result<Self, MaskError> {
        pixels(size)?;
        let (first, last) = (first_centre(left, size.width), first_centre(right, size.width));
        let (upper, lower) = (first_centre(top, size.height), first_centre(bottom, size.height));
        let column = |x: u32| (x * size.height + upper, x * size.height + lower);
        let spans = if upper < lower { (first..last).map(column).collect() } else { Vec::new() };
        Self::from_spans(size, spans)
    }

    /// From ranges of pixels counted down the columns, in any order; they are united.
    pub(crate) fn from_spans(size: PictureSize, mut spans: Vec<(u32, u32)>) -> Result<Self, MaskError> {
        let pixels = pixels(size)?;
        spans.sort_unstable();
        let mut united: Vec<(u32, u32)> = Vec::with_capacity(spans.len());
        for (start, end) in spans {
            let end = end.min(pixels);
            match united.last_mut() {
                _ if start >= end => {}
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => united.push((start, end)),
            }
        }
        Ok(Self { size, spans: united })
    }

    /// The picture's size.
    pub fn size(&self) -> PictureSize {
        self.size
    }

    /// COCO's runs: outside, inside, outside, … The last run is left out when it has no pixels.
    pub fn runs(&self) -> Vec<u32> {
        let mut runs = Vec::with_capacity(2 * self.spans.len() + 1);
        let mut at = 0;
        for &(start, end) in &self.spans {
            runs.extend([start - at, end - start]);
            at = end;
        }
        // The size was checked when the mask was made.
        let pixels = self.size.width * self.size.height;
        if at < pixels {
            runs.push(pixels - at);
        }
        runs
    }

    /// One value a pixel, row by row.
    ///
    /// # Shapes
    /// `height × width`
    pub fn to_rows(&self) -> Vec<bool> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let mut rows = vec![false; width * height];
        for &(start, end) in &self.spans {
            for at in start as usize..end as usize {
                rows[at % height * width + at / height] = true;
            }
        }
        rows
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        self.spans.iter().map(|(start, end)| u64::from(end - start)).sum()
    }

    /// Whether the pixel in this column and row lies inside.
    pub fn contains(&self, x: u32, y: u32) -> bool {
        if x >= self.size.width || y >= self.size.height {
            return false;
        }
        let at = x * self.size.height + y;
        let after = self.spans.partition_point(|(start, _)| *start <= at);
        after.checked_sub(1).and_then(|span| self.spans.get(span)).is_some_and(|(_, end)| at < *end)
    }

    /// The smallest rectangle around it; none when it is empty.
    pub fn bounds(&self) -> Option<PixelBox> {
        let height = self.size.height;
        let (first, last) = (self.spans.first()?.0, self.spans.last()?.1 - 1);
        let (left, right) = (first / height, last / height);
        let (mut top, mut bottom) = (height, 0);
        for &(start, end) in &self.spans {
            if start / height == (end - 1) / height {
                top = top.min(start % height);
                bottom = bottom.max((end - 1) % height);
            } else {
                // It goes on at the top of the next column.
                (top, bottom) = (0, height - 1);
            }
        }
        Some(PixelBox { left, top, width: right - left + 1, height: bottom - top + 1 })
    }

    /// Ranges of pixels counted down the columns.
    pub(crate) fn spans(&self) -> &[(u32, u32)] {
        &self.spans
    }
}

/// How many pixels a picture of this size has.
pub(crate) fn pixels(size: PictureSize) -> Result<u32, MaskError> {
    let pixels = u64::from(size.width) * u64::from(size.height);
    match u32::try_from(pixels) {
        Ok(count @ 1..) if pixels <= MAX_MASK_PIXELS => Ok(count),
        _ => Err(TooLarge { size }),
    }
}

/// The first pixel along a side whose centre is not before `edge`; the side's length when there is none.
pub(crate) fn first_centre(edge: f64, length: u32) -> u32 {
    // The cast saturates, also for a value that is no number.
    ((edge - 0.5).ceil().max(0.0) as u32).min(length)
}

#[cfg(test)]
mod tests;
