//! Training batches, drawn ahead of the device on a thread of their own. A batch depends on the seed and its step
//! alone, so a run is the same however fast either side is.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use crossbeam_channel::Receiver;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sightline_core::PictureSize;
use sightline_image::{
    Input, Normalise, NormaliseError, Preprocess, Shown, Synthetic, ViewPolicy, add_defects, random_pose, random_view,
    relight,
};
use sightline_model::CELL;

use crate::ahead::drawn_ahead;
use crate::dense::{Matches, match_cells};
use crate::glance::{GLANCED_AT, Glanced, Glances};
use crate::piece::Piece;
use crate::preview::on_the_picture;
use crate::{PretrainConfig, TrainError};

/// One step's pictures on the host.
pub(crate) struct Batch {
    /// The parts of this step, as they are counted in [`Drawer::parts`].
    pub(crate) parts: Vec<usize>,
    /// Two views of each part, or none when neither the contrastive nor the dense term asks for them.
    pub(crate) views: Option<[Vec<Input>; 2]>,
    /// For each part the cells of its views that show the same place; empty when the dense term is off.
    pub(crate) matches: Vec<Matches>,
    /// Parts with and without drawn defects, or none when the synthetic term is off.
    pub(crate) drawn: Option<Drawn>,
}

/// Parts for the synthetic-defect term.
pub(crate) struct Drawn {
    pub(crate) pictures: Vec<Input>,
    /// For each picture, `height / 4 · width / 4` cells of the judged size: 1 where a defect is.
    pub(crate) cells: Vec<f32>,
}

impl Drawn {
    /// The share of the pictures that goes with some parts of a batch of `batch` parts.
    pub(crate) fn share(&self, parts: Range<usize>, batch: usize) -> Self {
        let count = self.pictures.len();
        let [start, end] = [parts.start, parts.end].map(|part| part * count / batch.max(1));
        let cells = self.cells.len() / count.max(1);
        Self { pictures: self.pictures[start..end].to_vec(), cells: self.cells[start * cells..end * cells].to_vec() }
    }
}

/// How often a defect is drawn onto a part that is to be looked at, until there is one.
const DRAWS: usize = 20;

/// What batches are drawn from.
pub(crate) struct Drawer<'a> {
    pub(crate) parts: &'a [Input],
    pub(crate) preprocess: &'a Preprocess,
    pub(crate) config: &'a PretrainConfig,
    pub(crate) policy: ViewPolicy,
    pub(crate) normalise: &'a Normalise,
    pub(crate) seed: u64,
}

impl Drawer<'_> {
    /// Runs `consume` with the batches of all steps from `first` on, in order, drawn on a thread beside it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(crate) fn run<T>(
        &self,
        first: usize,
        consume: impl FnOnce(&Receiver<Result<Batch, NormaliseError>>) -> T,
    ) -> Result<T, TrainError> {
        drawn_ahead(first..self.config.steps, |step| self.batch(step), consume)
    }

    /// The batch of one step.
    pub(crate) fn batch(&self, step: usize) -> Result<Batch, NormaliseError> {
        let chosen = self.chosen(step);
        let slots = || chosen.par_iter().enumerate();
        let weights = self.config.weights(step);
        let views = |purpose| -> Result<(Vec<Input>, Vec<Shown>), NormaliseError> {
            // Both views of a part show the same tile of it.
            let tile = |slot, part| self.shown(part, &mut self.rng(step, slot, 4)).0;
            let views = slots().map(|(slot, &part)| self.view(&tile(slot, part), &mut self.rng(step, slot, purpose)));
            Ok(views.collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
        };
        let (views, matches) = match weights.contrastive > 0.0 || weights.dense > 0.0 {
            true => {
                let ((first, shown), (second, other)) = (views(0)?, views(1)?);
                let pairs =
                    shown.iter().zip(&other).enumerate().take(if weights.dense > 0.0 { shown.len() } else { 0 });
                let matched = pairs.map(|(slot, (a, b))| match_cells(a, b, &mut self.rng(step, slot, 3)));
                (Some([first, second]), matched.collect())
            }
            false => (None, Vec::new()),
        };
        let drawn = match weights.synthetic > 0.0 {
            true => {
                let draw = |(slot, &part): (usize, &usize)| self.drawn(part, &mut self.rng(step, slot, 2));
                let drawn: Vec<(Input, Vec<f32>)> = slots().map(draw).collect::<Result<_, _>>()?;
                let (pictures, cells): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
                Some(Drawn { pictures, cells: cells.concat() })
            }
            false => None,
        };
        Ok(Batch { parts: chosen, views, matches, drawn })
    }

    /// Some parts with defects drawn onto them, to be looked at all through a run; none where none is learned.
    pub(crate) fn glances(&self, path: &Path) -> Result<Option<Glances>, NormaliseError> {
        if !self.config.any_stage(|weights| weights.synthetic > 0.0) {
            return Ok(None);
        }
        let columns = self.drawn_size().width as usize / CELL;
        let mut parts = Vec::new();
        for slot in 0..GLANCED_AT {
            let part = slot * self.parts.len() / GLANCED_AT;
            // Some draws leave the part clean.
            for draw in 0..DRAWS {
                let (input, cells) = self.drawn(part, &mut self.rng(draw, slot, 6))?;
                if cells.iter().any(|&cell| cell > 0.0) {
                    let defect = Some(on_the_picture(&input, &cells, columns));
                    parts.push(Glanced { input, defect });
                    break;
                }
            }
        }
        Ok(Glances::new(path, parts, self.normalise, self.drawn_size()))
    }

    /// Parts of a step: fewer than wished where there are fewer.
    pub(crate) fn batch_size(&self) -> usize {
        self.config.batch.min(self.parts.len())
    }

    /// Good parts as the network is shown them, without defects or views.
    pub(crate) fn whole_parts(&self, pass: usize) -> Result<Vec<Input>, NormaliseError> {
        let shown = |(slot, part)| self.shown(part, &mut self.rng(pass, slot, 5)).0.into_owned();
        let mut parts: Vec<Input> = self.chosen(pass).into_iter().enumerate().map(shown).collect();
        parts.iter_mut().try_for_each(|part| self.normalise.apply(part))?;
        Ok(parts)
    }

    /// Parts of a step: every part once in each pass, in an order shuffled for the pass.
    fn chosen(&self, step: usize) -> Vec<usize> {
        let count = self.parts.len();
        let batch = self.batch_size();
        let per_pass = count / batch;
        let (pass, within) = (step / per_pass, step % per_pass);
        let mut order: Vec<usize> = (0..count).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ 0x7061_7373);
        rng.set_stream(pass as u64);
        for i in (1..count).rev() {
            order.swap(i, rng.random_range(0..=i));
        }
        order[within * batch..(within + 1) * batch].to_vec()
    }

    fn rng(&self, step: usize, slot: usize, purpose: u64) -> ChaCha8Rng {
        generator(self.seed, step, slot, purpose)
    }

    /// Size of the contrastive term's views.
    pub(crate) fn view_size(&self) -> PictureSize {
        self.shared_size(self.config.view_share)
    }

    /// Size of the synthetic term's pictures.
    pub(crate) fn drawn_size(&self) -> PictureSize {
        self.shared_size(self.config.drawn_share)
    }

    /// A share of what the network is shown at once, in steps of the encoder's coarsest stride.
    fn shared_size(&self, share: f32) -> PictureSize {
        let side = |length: u32| ((length as f32 * share / 32.0).round() as u32 * 32).clamp(32, length);
        let PictureSize { width, height } = self.preprocess.shown();
        PictureSize { width: side(width), height: side(height) }
    }

    /// What the network is shown of a part at once: the part, or a tile from a random place of it, and where that lies on
    /// the part. Local contrast at a tile's edge sees less than it will on the part; what a tile says
    /// there does not count when parts are judged.
    fn shown(&self, part: usize, rng: &mut ChaCha8Rng) -> (Cow<'_, Input>, Range<usize>, Range<usize>) {
        let part = &self.parts[part];
        if self.preprocess.tiles.is_none() {
            return (Cow::Borrowed(part), 0..part.height, 0..part.width);
        }
        let Piece { rows, columns, .. } = Piece::random(size_of(part), self.preprocess.shown(), 0, rng);
        (Cow::Owned(part.cut(rows.clone(), columns.clone())), rows, columns)
    }

    fn view(&self, part: &Input, rng: &mut ChaCha8Rng) -> Result<(Input, Shown), NormaliseError> {
        let PictureSize { width, height } = self.view_size();
        let (mut view, shown) = random_view(part, &self.policy, height as usize, width as usize, rng);
        self.normalise.apply(&mut view)?;
        Ok((view, shown))
    }

    fn drawn(&self, part: usize, rng: &mut ChaCha8Rng) -> Result<(Input, Vec<f32>), NormaliseError> {
        let whole = size_of(&self.parts[part]);
        let (part, rows, columns) = self.shown(part, rng);
        let judged = self.preprocess.judged_within(whole, rows, columns);
        // The recipe's ignored areas are fixed in the picture, so a part with such areas is not turned.
        let policy = match judged {
            None => self.policy,
            Some(_) => ViewPolicy { may_turn: false, may_flip: false, ..self.policy },
        };
        let posed = random_pose(part.into_owned(), &policy, rng);
        let size = self.drawn_size();
        let piece = Piece::random(size_of(&posed), size, self.normalise.local_window().unwrap_or(0) / 2, rng);
        let mut picture = posed.cut(piece.rows.clone(), piece.columns.clone());
        let mut mask = Vec::new();
        if !rng.random_bool(f64::from(self.config.clean_share)) {
            let (other, ..) = self.shown(rng.random_range(0..self.parts.len()), rng);
            let other = random_pose(other.into_owned(), &policy, rng);
            let judged = judged.map(|judged| piece.of(&judged, posed.width));
            Synthetic { picture, mask } = add_defects(&picture, &other, judged.as_deref(), rng);
        }
        relight(&mut picture, &policy, rng);
        self.normalise.apply(&mut picture)?;
        let columns = size.width as usize / CELL;
        let mut target = vec![0.0; size.height as usize / CELL * columns];
        for (pixel, _) in mask.iter().enumerate().filter(|(_, masked)| **masked) {
            let place = (pixel / picture.width, pixel % picture.width);
            if let Some((y, x)) = piece.inside(place) {
                target[y / CELL * columns + x / CELL] = 1.0;
            }
        }
        Ok((picture.cut(piece.inner_rows, piece.inner_columns), target))
    }
}

/// The generator of one draw: it depends on the seed, the step, the place in the batch and the purpose alone.
pub(crate) fn generator(seed: u64, step: usize, slot: usize, purpose: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((step as u64) << 20 | (slot as u64) << 4 | purpose);
    rng
}

fn size_of(part: &Input) -> PictureSize {
    PictureSize { width: part.width as u32, height: part.height as u32 }
}

/// Cells of a batch on a device.
///
/// # Shapes
/// - output: `[batch, 1, height / 4, width / 4]`
pub(crate) fn cells_tensor(drawn: &Drawn, size: PictureSize, device: &Device) -> Tensor<4> {
    let (height, width) = (size.height as usize / CELL, size.width as usize / CELL);
    Tensor::from_data(TensorData::new(drawn.cells.clone(), [drawn.pictures.len(), 1, height, width]), device)
}

#[cfg(test)]
mod tests;
