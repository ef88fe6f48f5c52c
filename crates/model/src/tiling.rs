//! Pictures that are larger than what the network is shown at once, tile by tile. Each tile's maps are laid over the
//! picture's with weights that fade before the tile's edge: there the network saw the padding of its convolutions instead
//! of the picture. Memory grows with the tiles that are computed together, not with the picture.

use std::ops::Range;

use sightline_core::{HeatMap, PictureSize, Tiles};
use sightline_image::Input;

use crate::graph::PictureMaps;
use crate::network::CELL;
use crate::ready::{PictureScores, twice};
use crate::{MemoryBank, ModelError, PLACE, ReadyNetwork};

/// Pixels of tiles that are computed together.
const PIXELS_AT_ONCE: usize = 1 << 20;

/// Pixels from one of the bank's cells to the next.
const STRIDE: usize = 2 * CELL;

/// How pictures of one size are cut, and how much each tile says about each of its cells.
#[derive(Debug, Clone)]
pub(crate) struct Tiling {
    picture: PictureSize,
    rows: Vec<Stretch>,
    columns: Vec<Stretch>,
}

/// A tile's place along one side of the picture.
#[derive(Debug, Clone)]
struct Stretch {
    /// Pixels of the picture.
    pixels: Range<usize>,
    /// For each cell at stride 4, the tile's share in what is said about it. Over all tiles, shares sum to one.
    shares: Vec<f32>,
}

impl Tiling {
    pub(crate) fn new(picture: PictureSize, tiles: Tiles) -> Self {
        let along = |length: u32| stretches(length as usize, tiles.side.min(length) as usize, &tiles);
        Self { picture, rows: along(picture.height), columns: along(picture.width) }
    }

    /// Tiles that show something of an input, which may be smaller than the picture.
    fn of<'a>(&'a self, input: &Input) -> impl Iterator<Item = Tile<'a>> {
        let (height, width) = (input.height, input.width);
        let rows = self.rows.iter().filter(move |stretch| stretch.pixels.start < height);
        rows.flat_map(move |rows| {
            let columns = self.columns.iter().filter(move |stretch| stretch.pixels.start < width);
            columns.map(move |columns| Tile { rows, columns })
        })
    }

    /// The tile, by its number along each side, that says most about a cell at stride 8.
    fn nearest(&self, cell: usize) -> (usize, usize) {
        let columns = self.picture.width as usize / STRIDE;
        let of = |stretches: &[Stretch], cell: usize| {
            let share = |stretch: &Stretch| {
                let inside = (2 * cell).checked_sub(stretch.pixels.start / CELL);
                inside.and_then(|inside| stretch.shares.get(inside)).copied().unwrap_or(0.0)
            };
            let (mut best, mut most) = (0, -1.0);
            for (index, stretch) in stretches.iter().enumerate() {
                if share(stretch) > most {
                    (best, most) = (index, share(stretch));
                }
            }
            best
        };
        (of(&self.rows, cell / columns), of(&self.columns, cell % columns))
    }

    /// Cells of the picture's maps.
    pub(crate) fn cells(&self) -> usize {
        self.picture.height as usize / CELL * (self.picture.width as usize / CELL)
    }
}

/// Tiles along a side, with a share for each of their cells.
fn stretches(length: usize, side: usize, tiles: &Tiles) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = tiles
        .starts(length as u32)
        .into_iter()
        .map(|start| {
            let pixels = start as usize..start as usize + side;
            let weights = (0..side / CELL).map(|cell| {
                let from_start = (cell as f32 + 0.5) * CELL as f32;
                let before = if pixels.start == 0 { 1.0 } else { fade(from_start, tiles.overlap) };
                let after = if pixels.end == length { 1.0 } else { fade(side as f32 - from_start, tiles.overlap) };
                before * after
            });
            Stretch { shares: weights.collect(), pixels }
        })
        .collect();
    let mut sums = vec![0.0_f32; length / CELL];
    let first = |stretch: &Stretch| stretch.pixels.start / CELL;
    for stretch in &stretches {
        sums[first(stretch)..].iter_mut().zip(&stretch.shares).for_each(|(sum, share)| *sum += share);
    }
    for stretch in &mut stretches {
        let sums = &sums[stretch.pixels.start / CELL..];
        stretch.shares.iter_mut().zip(sums).for_each(|(share, sum)| *share /= sum.max(f32::MIN_POSITIVE));
    }
    stretches
}

/// Weight of a cell so many pixels from an inner edge of its tile: nothing over the first quarter of the overlap, all
/// beyond its last, and a straight line between, so that two neighbours always sum to one.
fn fade(pixels_from_edge: f32, overlap: u32) -> f32 {
    let overlap = overlap as f32;
    ((pixels_from_edge - 0.25 * overlap) / (0.5 * overlap)).clamp(0.0, 1.0)
}

/// One tile of a picture.
#[derive(Debug, Clone, Copy)]
struct Tile<'a> {
    rows: &'a Stretch,
    columns: &'a Stretch,
}

impl Tile<'_> {
    fn cut(&self, input: &Input) -> Input {
        let within = |pixels: &Range<usize>, length: usize| pixels.start..pixels.end.min(length);
        input.cut(within(&self.rows.pixels, input.height), within(&self.columns.pixels, input.width))
    }

    /// The last dimensions of a cell tell its place in the tile; afterwards, in the picture.
    fn tell_places(&self, cells: &mut [f32], dimensions: usize, picture: PictureSize) {
        let in_picture = |share: f32, pixels: &Range<usize>, length: u32| {
            (pixels.start as f32 + share * pixels.len() as f32) / length as f32
        };
        for cell in cells.chunks_exact_mut(dimensions.max(1)) {
            if let [.., column, row] = cell {
                *column = in_picture(*column, &self.columns.pixels, picture.width);
                *row = in_picture(*row, &self.rows.pixels, picture.height);
            }
        }
    }

    /// Negative infinity for those of the tile's values that are so on a map of the picture; whether others are left.
    fn leave_out(&self, values: &mut [f32], counted: &HeatMap) -> bool {
        let (top, left) = (self.rows.pixels.start / CELL, self.columns.pixels.start / CELL);
        let mut is_left = false;
        let lines = values.chunks_exact_mut(self.columns.shares.len().max(1));
        for (line, counted) in lines.zip(counted.values.chunks_exact(counted.width.max(1)).skip(top)) {
            for (value, &counted) in line.iter_mut().zip(&counted[left..]) {
                match counted == f32::NEG_INFINITY {
                    true => *value = f32::NEG_INFINITY,
                    false => is_left = true,
                }
            }
        }
        is_left
    }

    /// Adds the tile's share to a map of the picture.
    fn lay_over(&self, map: &mut [f32], values: &[f32], picture: PictureSize) {
        let across = picture.width as usize / CELL;
        let (top, left) = (self.rows.pixels.start / CELL, self.columns.pixels.start / CELL);
        let lines = values.chunks_exact(self.columns.shares.len().max(1));
        let target = map.chunks_exact_mut(across.max(1)).skip(top);
        for ((line, row_share), target) in lines.zip(&self.rows.shares).zip(target) {
            for ((value, share), sum) in line.iter().zip(&self.columns.shares).zip(&mut target[left..]) {
                // What a tile has no share in is left out whatever it is: 0 · ∞ is no number.
                let share = row_share * share;
                if share > 0.0 {
                    *sum += share * value;
                }
            }
        }
    }
}

const _: () = assert!(PLACE == 2, "a cell ends with its column and its row");

impl ReadyNetwork {
    /// Logits of the head and distances to a bank for each picture.
    ///
    /// # Errors
    /// When the device fails.
    pub(crate) fn scores(&self, inputs: &[Input], bank: &MemoryBank) -> Result<Vec<PictureScores>, ModelError> {
        match self.tiling() {
            None => self.whole_scores(inputs, bank),
            Some(tiling) => inputs.iter().map(|input| self.tiled_scores(input, bank, tiling)).collect(),
        }
    }

    fn tiled_scores(&self, input: &Input, bank: &MemoryBank, tiling: &Tiling) -> Result<PictureScores, ModelError> {
        let mut scores = PictureScores { defect: vec![0.0; tiling.cells()], bank: vec![0.0; tiling.cells()] };
        self.each_tile(input, tiling, |tile, mut maps| {
            tile.tell_places(&mut maps.cells, self.dimensions(), tiling.picture);
            let distances = bank.distances_on_host(&maps.cells);
            let distances = twice(&distances, tile.columns.pixels.len() / STRIDE);
            tile.lay_over(&mut scores.bank, &distances, tiling.picture);
            tile.lay_over(&mut scores.defect, &maps.defect, tiling.picture);
        })?;
        Ok(scores)
    }

    /// Logits of the head over a picture that is shown in tiles, and what `decide` makes of each tile by itself: of its
    /// logits, how many of them are in a row, and its cells. A tile's logits are negative infinity where those of `counted`
    /// are; a tile of which nothing counts is not asked about.
    ///
    /// # Errors
    /// When the device fails.
    pub(crate) fn decided_by_tile<T>(
        &self,
        input: &Input,
        (tiling, counted): (&Tiling, &HeatMap),
        mut decide: impl FnMut(&[f32], usize, &[f32]) -> T,
    ) -> Result<(Vec<f32>, Vec<T>), ModelError> {
        let (mut whole, mut said) = (vec![0.0; tiling.cells()], Vec::new());
        self.each_tile(input, tiling, |tile, PictureMaps { mut defect, cells }| {
            tile.lay_over(&mut whole, &defect, tiling.picture);
            if tile.leave_out(&mut defect, counted) {
                said.push(decide(&defect, tile.columns.shares.len(), &cells));
            }
        })?;
        Ok((whole, said))
    }

    /// The maps of each tile, one after another.
    fn each_tile(
        &self,
        input: &Input,
        tiling: &Tiling,
        mut hear: impl FnMut(&Tile<'_>, PictureMaps),
    ) -> Result<(), ModelError> {
        let tiles: Vec<Tile<'_>> = tiling.of(input).collect();
        for batch in tiles.chunks(self.at_once()) {
            let cuts: Vec<Input> = batch.iter().map(|tile| tile.cut(input)).collect();
            for (maps, tile) in self.maps(&cuts)?.into_iter().zip(batch) {
                hear(tile, maps);
            }
        }
        Ok(())
    }

    /// Chosen cells of each picture, as the memory bank compares them: for each picture `[chosen · dimensions]`. Cells are
    /// counted row by row at stride 8 of the judged size. In tiles, a cell is taken from the tile that says most about it.
    ///
    /// # Errors
    /// When the device fails.
    pub fn cells_at(&self, inputs: &[Input], chosen: &[Vec<usize>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let dimensions = self.dimensions();
        let Some(tiling) = self.tiling() else {
            let pick = |(cells, chosen): (Vec<f32>, &Vec<usize>)| pick(&cells, chosen.iter().copied(), dimensions);
            return Ok(self.cells(inputs)?.into_iter().zip(chosen).map(pick).collect());
        };
        inputs.iter().zip(chosen).map(|(input, chosen)| self.tiled_cells(input, chosen, tiling)).collect()
    }

    fn tiled_cells(&self, input: &Input, chosen: &[usize], tiling: &Tiling) -> Result<Vec<f32>, ModelError> {
        let (dimensions, across) = (self.dimensions(), tiling.picture.width as usize / STRIDE);
        let nearest: Vec<(usize, usize)> = chosen.iter().map(|&cell| tiling.nearest(cell)).collect();
        let mut needed = nearest.clone();
        needed.sort_unstable();
        needed.dedup();
        let mut found = vec![0.0; chosen.len() * dimensions];
        for batch in needed.chunks(self.at_once()) {
            let tiles: Vec<Tile<'_>> = batch
                .iter()
                .map(|&(row, column)| Tile { rows: &tiling.rows[row], columns: &tiling.columns[column] })
                .collect();
            let cuts: Vec<Input> = tiles.iter().map(|tile| tile.cut(input)).collect();
            for ((mut cells, tile), at) in self.cells(&cuts)?.into_iter().zip(&tiles).zip(batch) {
                tile.tell_places(&mut cells, dimensions, tiling.picture);
                let (top, left) = (tile.rows.pixels.start / STRIDE, tile.columns.pixels.start / STRIDE);
                let rows = found.chunks_exact_mut(dimensions).zip(chosen).zip(&nearest);
                for ((row, &cell), _) in rows.filter(|(_, nearest)| *nearest == at) {
                    let inside = (cell / across - top) * (tile.columns.pixels.len() / STRIDE) + cell % across - left;
                    row.copy_from_slice(&cells[inside * dimensions..][..dimensions]);
                }
            }
        }
        Ok(found)
    }

    /// Tiles that are computed together.
    fn at_once(&self) -> usize {
        let PictureSize { width, height } = self.shown();
        (PIXELS_AT_ONCE / (width as usize * height as usize).max(1)).max(1)
    }
}

fn pick(cells: &[f32], chosen: impl Iterator<Item = usize>, dimensions: usize) -> Vec<f32> {
    chosen.flat_map(|cell| &cells[cell * dimensions..][..dimensions]).copied().collect()
}

#[cfg(test)]
mod tests;
