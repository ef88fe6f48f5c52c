//! How a picture becomes a model's input. Learning and the live line both go through here; there is no second copy.

use std::ops::Range;
use std::sync::Arc;

use sightline_core::{Channels, Fit, Outline, PictureSize, Recipe, Region, Tiles};

use crate::align::bilinear;
use crate::resample::resample;
use crate::{AlignError, Alignment, Frame, Input, Lie};

/// What is cut out of a picture, and at which size and in which colours it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocess {
    /// Size of the input, or the largest that an input may have.
    pub size: PictureSize,
    /// How a picture comes to that size.
    pub fit: Fit,
    /// The tiles that a network is shown of an input; none shows it whole.
    pub tiles: Option<Tiles>,
    /// Colours of the input.
    pub channels: Channels,
    /// The part of the picture that is looked at.
    pub region: Region,
    /// Areas of the picture (not of the region) that are never judged.
    pub ignore: Vec<Region>,
    /// The same, of any shape.
    pub ignore_outlines: Vec<Outline>,
    /// Whether parts are aligned to a reference first.
    pub align: bool,
    /// The reference; without it nothing can be aligned, and nothing is judged as it lies instead.
    pub alignment: Option<Arc<Alignment>>,
}

impl From<&Recipe> for Preprocess {
    fn from(recipe: &Recipe) -> Self {
        Self {
            size: recipe.input,
            fit: recipe.fit,
            tiles: recipe.tiles,
            channels: recipe.channels,
            region: recipe.region,
            ignore: recipe.ignore.clone(),
            ignore_outlines: recipe.ignore_outlines.clone(),
            align: recipe.align,
            alignment: None,
        }
    }
}

impl Preprocess {
    /// Whole pictures, stretched to a size.
    pub fn whole(size: PictureSize, channels: Channels) -> Self {
        Self::from(&Recipe::new("", size, channels))
    }

    /// Size of what a network is shown at once: the input, or a tile of it.
    pub fn shown(&self) -> PictureSize {
        self.tiles.map_or(self.size, |tiles| tiles.size_on(self.size))
    }

    /// The same with the reference that parts are aligned to.
    pub fn with_alignment(self, alignment: Option<Alignment>) -> Self {
        Self { alignment: alignment.map(Arc::new), ..self }
    }

    /// Aligns the part where the recipe says so, cuts out the region, converts the colours and scales to the input's size.
    /// The same frame always gives the same values, in 0..=1 whatever the depth of the samples.
    ///
    /// # Shapes
    /// `channels × size.height × size.width`; smaller where pictures keep their shape
    ///
    /// # Errors
    /// When the part cannot be aligned.
    pub fn apply(&self, frame: &Frame) -> Result<Input, AlignError> {
        self.look(frame).map(|(input, _)| input)
    }

    /// The same with how the part lay; none where parts are not aligned.
    ///
    /// # Errors
    /// When the part cannot be aligned.
    pub fn look(&self, frame: &Frame) -> Result<(Input, Option<Lie>), AlignError> {
        if !self.align {
            return Ok((self.as_it_lies(frame), None));
        }
        let lie = self.alignment.as_ref().ok_or(AlignError::NoReference)?.find(frame)?;
        Ok((self.straightened(frame, &lie), Some(lie)))
    }

    /// A picture that lies as another one did: the mask of a part goes wherever the part goes.
    pub fn apply_as(&self, frame: &Frame, lie: Option<&Lie>) -> Input {
        match lie {
            Some(lie) => self.straightened(frame, lie),
            None => self.as_it_lies(frame),
        }
    }

    fn as_it_lies(&self, frame: &Frame) -> Input {
        let PictureSize { width, height } = frame.size();
        let window = self.region.in_pixels(width, height);
        let (_, _, seen_width, seen_height) = window;
        let size = self.size_of(seen_width, seen_height);
        self.input(size, resample(frame, window, size, self.channels))
    }

    /// The region of the reference, shown as the part looks there: the whole picture at the scale at which it is judged,
    /// then each pixel from where it lies.
    fn straightened(&self, frame: &Frame, lie: &Lie) -> Input {
        let PictureSize { width, height } = frame.size();
        let (_, _, seen_width, seen_height) = self.region.in_pixels(width, height);
        let size = self.size_of(seen_width, seen_height);
        // Never enlarged here: a small region at a large size would take all memory.
        let scaled = |length: u32, judged: u32, seen: u32| {
            (f64::from(length) * f64::from(judged) / f64::from(seen.max(1))).round().clamp(1.0, f64::from(length))
                as u32
        };
        let whole = PictureSize {
            width: scaled(width, size.width, seen_width),
            height: scaled(height, size.height, seen_height),
        };
        let planes = resample(frame, (0, 0, width, height), whole, self.channels);
        let (rows, columns) = (whole.height as usize, whole.width as usize);
        let Region { left, top, right, bottom } = self.region;
        let mut values = Vec::with_capacity(self.channels.count() * (size.width * size.height) as usize);
        for plane in planes.chunks_exact((rows * columns).max(1)) {
            for row in 0..size.height {
                let y = (top + (bottom - top) * (row as f32 + 0.5) / size.height as f32) * height as f32;
                // A row of the reference is a straight line on the part.
                let at = |share: f32| {
                    let (y, x) = lie.on_part((y, (left + (right - left) * share) * width as f32), frame.size());
                    (y * rows as f32 / height as f32, x * columns as f32 / width as f32)
                };
                let (from, to) = (at(0.0), at(1.0));
                values.extend((0..size.width).map(|column| {
                    let share = (column as f32 + 0.5) / size.width as f32;
                    let (y, x) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                    bilinear(plane, (rows, columns), y, x)
                }));
            }
        }
        self.input(size, values)
    }

    fn input(&self, size: PictureSize, values: Vec<f32>) -> Input {
        Input { channels: self.channels.count(), height: size.height as usize, width: size.width as usize, values }
    }

    /// Size of the input that a region of this many pixels becomes.
    fn size_of(&self, width: u32, height: u32) -> PictureSize {
        let Fit::Keep { scale } = self.fit else { return self.size };
        let room = |limit: u32, length: u32| limit as f32 / length.max(1) as f32;
        let scale = scale.min(room(self.size.width, width)).min(room(self.size.height, height));
        let side = |length: u32, limit: u32| ((length as f32 * scale).round() as u32).max(1).min(limit);
        PictureSize { width: side(width, self.size.width), height: side(height, self.size.height) }
    }

    /// Which cells of a grid over the region are judged, row by row: those whose centre lies in no ignored area. None
    /// when nothing is ignored.
    ///
    /// # Shapes
    /// `grid.height × grid.width`
    pub fn judged(&self, grid: PictureSize) -> Option<Vec<bool>> {
        self.judged_within(grid, 0..grid.height as usize, 0..grid.width as usize)
    }

    /// The same for some rows and columns of the grid.
    ///
    /// # Shapes
    /// `rows.len() × columns.len()`
    pub fn judged_within(&self, grid: PictureSize, rows: Range<usize>, columns: Range<usize>) -> Option<Vec<bool>> {
        if self.ignore.is_empty() && self.ignore_outlines.is_empty() {
            return None;
        }
        let region = self.region;
        let along =
            |from: f32, to: f32, index: usize, count: u32| from + (to - from) * (index as f32 + 0.5) / count as f32;
        let mut judged = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            let y = along(region.top, region.bottom, row, grid.height);
            // A row's crossings once, not for each of its cells.
            let crossings: Vec<Vec<f32>> = self.ignore_outlines.iter().map(|outline| outline.crossings(y)).collect();
            let within =
                |crossings: &[f32], x: f32| crossings.iter().filter(|&&crossing| crossing <= x).count() % 2 == 1;
            judged.extend(columns.clone().map(|column| {
                let x = along(region.left, region.right, column, grid.width);
                !self.ignore.iter().any(|area| area.contains(x, y))
                    && !crossings.iter().any(|crossings| within(crossings, x))
            }));
        }
        Some(judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pixels;

    fn preprocess(width: u32, height: u32, region: Region) -> Preprocess {
        let size = PictureSize { width, height };
        Preprocess { region, ..Preprocess::whole(size, Channels::Grey) }
    }

    /// 4 × 4 pixels, counted row by row in steps of 10.
    fn counted() -> Frame {
        let samples = (0..16).map(|i| i * 10).collect();
        Frame::new(PictureSize { width: 4, height: 4 }, Pixels::Grey8(samples)).unwrap()
    }

    #[test]
    fn only_the_region_is_seen() {
        let check = |region: Region, size: (u32, u32), expected: &[f32]| {
            let input = preprocess(size.0, size.1, region).apply(&counted()).unwrap();
            assert_eq!((input.channels, input.width, input.height), (1, size.0 as usize, size.1 as usize));
            let bytes: Vec<f32> = input.values.iter().map(|v| (v * 255.0 * 100.0).round() / 100.0).collect();
            assert_eq!(bytes, expected, "{region:?}");
        };
        let lower_right = Region { left: 0.5, top: 0.5, right: 1.0, bottom: 1.0 };
        check(lower_right, (2, 2), &[100.0, 110.0, 140.0, 150.0]);
        check(lower_right, (1, 1), &[125.0]);
        check(Region { left: 0.25, top: 0.0, right: 0.75, bottom: 0.25 }, (2, 1), &[10.0, 20.0]);
        check(Region::WHOLE, (2, 2), &[25.0, 45.0, 105.0, 125.0]);
    }

    #[test]
    fn sixteen_bits_keep_steps_that_eight_bits_cannot_hold() {
        let samples = vec![30_000, 30_001, 30_000, 30_003];
        let frame = Frame::new(PictureSize { width: 4, height: 1 }, Pixels::Grey16(samples.clone())).unwrap();
        let input = preprocess(4, 1, Region::WHOLE).apply(&frame).unwrap();
        let back: Vec<u16> = input.values.iter().map(|v| (v * 65_535.0).round() as u16).collect();
        assert_eq!(back, samples);
        let halved = preprocess(2, 1, Region::WHOLE).apply(&frame).unwrap();
        assert!((halved.values[0] * 65_535.0 - 30_000.5).abs() < 0.01, "{:?}", halved.values);
    }

    #[test]
    fn odd_regions_and_sizes_do_not_panic() {
        let strange = [
            Region { left: f32::NAN, top: f32::NAN, right: f32::NAN, bottom: f32::NAN },
            Region { left: 0.9, top: 0.9, right: 0.1, bottom: 0.1 },
            Region { left: -5.0, top: 2.0, right: 9.0, bottom: f32::INFINITY },
        ];
        for region in strange {
            assert_eq!(preprocess(8, 8, region).apply(&counted()).unwrap().values.len(), 64, "{region:?}");
        }
        assert!(preprocess(0, 8, Region::WHOLE).apply(&counted()).unwrap().values.is_empty());
    }

    #[test]
    fn a_picture_that_keeps_its_shape_is_scaled_alike_and_shrunk_only_where_it_would_not_fit() {
        let check = |size: (u32, u32), scale: f32, expected: (usize, usize)| {
            let samples = vec![7; (size.0 * size.1) as usize];
            let frame = Frame::new(PictureSize { width: size.0, height: size.1 }, Pixels::Grey8(samples)).unwrap();
            let preprocess = Preprocess { fit: Fit::Keep { scale }, ..preprocess(64, 32, Region::WHOLE) };
            let input = preprocess.apply(&frame).unwrap();
            assert_eq!((input.width, input.height), expected, "{size:?} by {scale}");
            assert_eq!(input.values.len(), expected.0 * expected.1);
        };
        check((40, 20), 1.0, (40, 20));
        check((40, 20), 0.5, (20, 10));
        check((128, 32), 1.0, (64, 16));
        check((20, 200), 1.0, (3, 32));
        check((1, 5000), 0.5, (1, 32));
    }

    #[test]
    fn ignored_areas_are_given_in_the_picture_and_masked_in_the_input() {
        let right_half = Region { left: 0.5, ..Region::WHOLE };
        let mut preprocess = preprocess(4, 2, right_half);
        assert_eq!(preprocess.judged(preprocess.size), None);
        // The right quarter of the picture is the right half of the region.
        preprocess.ignore = vec![Region { left: 0.75, top: 0.0, right: 1.0, bottom: 0.5 }];
        let mask = preprocess.judged(preprocess.size).unwrap();
        assert_eq!(mask, [true, true, false, false, true, true, true, true]);
    }

    #[test]
    fn outlines_are_left_out_on_the_whole_grid_and_on_a_part_of_it() {
        let corners = vec![(0.5, 0.25), (0.9, 0.6), (0.45, 0.9)];
        let region = Region { left: 0.25, top: 0.1, right: 1.0, bottom: 0.9 };
        let outline = Outline { corners };
        let ignore_outlines = vec![outline.clone()];
        let preprocess = Preprocess { ignore_outlines, ..preprocess(48, 40, region) };
        let judged = preprocess.judged(preprocess.size).unwrap();
        for (cell, judged) in judged.iter().enumerate() {
            let x = 0.25 + 0.75 * ((cell % 48) as f32 + 0.5) / 48.0;
            let y = 0.1 + 0.8 * ((cell / 48) as f32 + 0.5) / 40.0;
            assert_eq!(*judged, !outline.contains(x, y), "{x}, {y}");
        }
        assert!(judged.contains(&true) && judged.contains(&false));
        let within = preprocess.judged_within(preprocess.size, 7..20, 11..33).unwrap();
        let expected: Vec<bool> =
            judged.chunks_exact(48).take(20).skip(7).flat_map(|row| row[11..33].to_vec()).collect();
        assert_eq!(within, expected);
    }
}
