//! Masks as sets of pixels: what belongs to either, to both, to one only; and a mask on a larger picture.

use super::{Mask, MaskError, pixels};
use crate::PictureSize;

impl Mask {
    /// The pixels of either.
    ///
    /// # Errors
    /// When the masks are of different sizes.
    pub fn union(&self, other: &Self) -> Result<Self, MaskError> {
        self.same_picture(other)?;
        Self::from_spans(self.size, [self.spans.as_slice(), &other.spans].concat())
    }

    /// The pixels of both.
    ///
    /// # Errors
    /// When the masks are of different sizes.
    pub fn intersection(&self, other: &Self) -> Result<Self, MaskError> {
        self.same_picture(other)?;
        let (mut mine, mut theirs) = (self.spans.as_slice(), other.spans.as_slice());
        let mut spans = Vec::new();
        while let (Some((first, rest)), Some((second, others))) = (mine.split_first(), theirs.split_first()) {
            let (start, end) = (first.0.max(second.0), first.1.min(second.1));
            if start < end {
                spans.push((start, end));
            }
            if first.1 < second.1 { mine = rest } else { theirs = others }
        }
        Ok(Self { size: self.size, spans })
    }

    /// The pixels of this one that are not the other's.
    ///
    /// # Errors
    /// When the masks are of different sizes.
    pub fn without(&self, other: &Self) -> Result<Self, MaskError> {
        self.same_picture(other)?;
        self.intersection(&other.inverse())
    }

    /// The same pixels on a larger picture, with the upper left corner at this column and row.
    ///
    /// # Errors
    /// When the mask does not fit there, or the picture is too large.
    pub fn placed(&self, picture: PictureSize, left: u32, top: u32) -> Result<Self, MaskError> {
        pixels(picture)?;
        let fits = |at: u32, side: u32, whole: u32| at.checked_add(side).is_some_and(|end| end <= whole);
        if !fits(left, self.size.width, picture.width) || !fits(top, self.size.height, picture.height) {
            return Err(MaskError::OtherSize { first: self.size, second: picture });
        }
        let height = self.size.height;
        let mut spans = Vec::with_capacity(self.spans.len());
        for &(start, end) in &self.spans {
            // A run may go on in the next column here, but not there.
            for column in start / height..=(end - 1) / height {
                let (first, last) = (column * height, (column + 1) * height);
                let place = |at: u32| (left + column) * picture.height + top + (at.clamp(first, last) - first);
                spans.push((place(start), place(end)));
            }
        }
        Self::from_spans(picture, spans)
    }

    /// All other pixels of the picture.
    pub fn inverse(&self) -> Self {
        let mut spans = Vec::with_capacity(self.spans.len() + 1);
        let mut at = 0;
        for &(start, end) in &self.spans {
            if at < start {
                spans.push((at, start));
            }
            at = end;
        }
        let pixels = self.size.width * self.size.height;
        if at < pixels {
            spans.push((at, pixels));
        }
        Self { size: self.size, spans }
    }

    fn same_picture(&self, other: &Self) -> Result<(), MaskError> {
        if self.size == other.size {
            return Ok(());
        }
        Err(MaskError::OtherSize { first: self.size, second: other.size })
    }
}
