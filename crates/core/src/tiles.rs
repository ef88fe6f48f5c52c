//! Overlapping tiles: how a picture that is larger than a network can be shown at once is cut.

use crate::PictureSize;

/// Tiles of one size that overlap. A picture that is smaller in a direction is not cut in that direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    /// Side of a tile in judged pixels, a multiple of [`Tiles::STEP`].
    pub side: u32,
    /// Pixels that neighbours share at least, a multiple of [`Tiles::STEP`].
    pub overlap: u32,
}

impl Tiles {
    /// Tiles begin at multiples of this: then a tile's cells lie where the whole picture's would, at every stride.
    pub const STEP: u32 = 32;

    /// Smallest side.
    pub const SMALLEST: u32 = 64;

    /// Largest side; what is judged whole is no larger either.
    pub const LARGEST: u32 = 2048;

    /// Tiles of a side, rounded to what is allowed, a quarter of which neighbours share.
    pub fn of_side(side: u32) -> Self {
        let side = (side.clamp(Self::SMALLEST, Self::LARGEST) / Self::STEP) * Self::STEP;
        let overlap = ((side / 4).div_ceil(Self::STEP) * Self::STEP).min(side / 2);
        Self { side, overlap }
    }

    /// Whether a picture can be cut so: every place of it lies in a tile, and no tile is all overlap.
    pub fn is_valid(&self) -> bool {
        let step = |length: u32| length.is_multiple_of(Self::STEP);
        (Self::SMALLEST..=Self::LARGEST).contains(&self.side)
            && step(self.side)
            && step(self.overlap)
            && (Self::STEP..=self.side / 2).contains(&self.overlap)
    }

    /// Size of a tile of this picture.
    pub fn size_on(&self, picture: PictureSize) -> PictureSize {
        PictureSize { width: self.side.min(picture.width), height: self.side.min(picture.height) }
    }

    /// Where tiles begin along a side of `length` pixels, a multiple of [`Tiles::STEP`]: evenly, the first at 0, the last
    /// ending at the side's end.
    pub fn starts(&self, length: u32) -> Vec<u32> {
        if length <= self.side || !self.is_valid() {
            return vec![0];
        }
        let (beyond, stride) = (length - self.side, self.side - self.overlap);
        let steps = u64::from(beyond.div_ceil(stride));
        let start = |index: u64| (index * u64::from(beyond) / steps) as u32 / Self::STEP * Self::STEP;
        (0..steps).map(start).chain([beyond]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_a_side_and_neighbours_share_the_overlap() {
        for tiles in
            [Tiles { side: 512, overlap: 128 }, Tiles { side: 96, overlap: 32 }, Tiles { side: 64, overlap: 32 }]
        {
            for length in (32..6000).step_by(32) {
                let starts = tiles.starts(length);
                let end = |start: u32| start + tiles.side.min(length);
                assert_eq!(
                    (starts[0], starts.last().map(|last| end(*last))),
                    (0, Some(length)),
                    "{tiles:?} on {length}"
                );
                assert!(starts.iter().all(|start| start % Tiles::STEP == 0));
                for pair in starts.windows(2) {
                    assert!(pair[0] < pair[1], "{tiles:?} on {length}: {starts:?}");
                    assert!(end(pair[0]) >= pair[1] + tiles.overlap, "{tiles:?} on {length}: {starts:?}");
                }
            }
        }
    }

    #[test]
    fn sides_are_rounded_to_what_can_be_cut() {
        let check = |side: u32, expected: (u32, u32)| {
            let tiles = Tiles::of_side(side);
            assert_eq!((tiles.side, tiles.overlap), expected);
            assert!(tiles.is_valid(), "{tiles:?}");
        };
        check(512, (512, 128));
        check(500, (480, 128));
        check(1, (64, 32));
        check(u32::MAX, (2048, 512));
        assert!(!Tiles { side: 512, overlap: 0 }.is_valid());
        assert!(!Tiles { side: 512, overlap: 288 }.is_valid());
        assert!(!Tiles { side: 500, overlap: 128 }.is_valid());
    }
}
