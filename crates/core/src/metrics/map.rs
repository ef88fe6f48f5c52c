//! One picture's anomaly map beside the truth about its pixels.

/// Why scores and mask do not make a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The lengths do not fit the picture.
    #[error("a map of {width} × {height} pixels came with {scores} scores and {mask} mask pixels")]
    SizeMismatch {
        /// Pixels from left to right.
        width: usize,
        /// Pixels from top to bottom.
        height: usize,
        /// Scores that came.
        scores: usize,
        /// Mask pixels that came.
        mask: usize,
    },
}

/// Scores of all pixels of one picture, row by row, and which of them show a defect (none in a good part's picture).
#[derive(Debug, Clone, Copy)]
pub struct PixelMap<'a> {
    width: usize,
    height: usize,
    scores: &'a [f32],
    mask: &'a [bool],
}

impl<'a> PixelMap<'a> {
    /// Pairs scores with their truth.
    ///
    /// # Errors
    /// When either does not have `width * height` values.
    pub fn new(width: usize, height: usize, scores: &'a [f32], mask: &'a [bool]) -> Result<Self, MapError> {
        let pixels = width.checked_mul(height);
        if pixels != Some(scores.len()) || pixels != Some(mask.len()) {
            return Err(MapError::SizeMismatch { width, height, scores: scores.len(), mask: mask.len() });
        }
        Ok(Self { width, height, scores, mask })
    }

    /// Scores of the pixels that show no defect.
    pub(super) fn good_scores(&self) -> impl Iterator<Item = f32> {
        self.scores.iter().zip(self.mask).filter(|(_, is_defect)| !**is_defect).map(|(score, _)| *score)
    }

    /// Scores of each defect region's pixels. Regions are 8-connected: pixels that touch at a corner are one region.
    pub(super) fn region_scores(&self) -> Vec<Vec<f32>> {
        let mut left = self.mask.to_vec();
        let mut regions = Vec::new();
        for start in 0..left.len() {
            if !left[start] {
                continue;
            }
            left[start] = false;
            let mut region = vec![start];
            let mut looked_at = 0;
            while let Some(&pixel) = region.get(looked_at) {
                looked_at += 1;
                let (x, y) = (pixel % self.width, pixel / self.width);
                for near_y in y.saturating_sub(1)..(y + 2).min(self.height) {
                    for near_x in x.saturating_sub(1)..(x + 2).min(self.width) {
                        let near = near_y * self.width + near_x;
                        if left[near] {
                            left[near] = false;
                            region.push(near);
                        }
                    }
                }
            }
            regions.push(region.iter().map(|&pixel| self.scores[pixel]).collect());
        }
        regions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes of the regions of a drawing in which `#` is a defect pixel.
    fn check(drawing: &[&str], expected: &[usize]) {
        let mask: Vec<bool> = drawing.iter().flat_map(|row| row.bytes().map(|pixel| pixel == b'#')).collect();
        let scores = vec![0.0; mask.len()];
        let map = PixelMap::new(drawing[0].len(), drawing.len(), &scores, &mask).unwrap();
        let sizes: Vec<usize> = map.region_scores().iter().map(Vec::len).collect();
        assert_eq!(sizes, expected, "{drawing:#?}");
        assert_eq!(map.good_scores().count() + sizes.iter().sum::<usize>(), mask.len());
    }

    #[test]
    fn regions_join_at_corners_and_not_across_the_border() {
        check(&["...", "..."], &[]);
        check(&["###", "###"], &[6]);
        check(&["#..", ".#.", "..#"], &[3]);
        check(&["..#", "#.."], &[1, 1]);
        check(&["#.#", "#.#", "###"], &[7]);
        check(&["#.#.#"], &[1, 1, 1]);
        check(&["#", ".", "#", "#"], &[1, 2]);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let check = |width, height, scores: usize, mask: usize| {
            let refused = PixelMap::new(width, height, &vec![0.0; scores], &vec![false; mask]).map(|_| ());
            assert_eq!(refused, Err(MapError::SizeMismatch { width, height, scores, mask }));
        };
        check(2, 3, 5, 6);
        check(2, 3, 6, 7);
        check(usize::MAX, 2, 6, 6);
        assert!(PixelMap::new(0, 0, &[], &[]).is_ok());
    }
}
