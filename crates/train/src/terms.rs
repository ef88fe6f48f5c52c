//! The terms of a step's loss: contrastive on two views, dense on their cells, per-pixel on synthetic defects.

use std::ops::Range;

use burn::tensor::activation::{log_sigmoid, sigmoid};
use burn::tensor::{DType, Device, Tensor};
use sightline_image::Input;
use sightline_model::{batch_tensor, in_precision};

use crate::batches::{Batch, Drawer, cells_tensor};
use crate::dense::{Matches, dense_loss};
use crate::hardware::beside_learning;
use crate::moco::{Queue, info_nce};
use crate::monitor::Health;
use crate::nt_xent::nt_xent;
use crate::stages::Weights;
use crate::student::Student;

/// Where a step's loss comes from.
pub(crate) struct Terms<'a> {
    pub(crate) drawer: &'a Drawer<'a>,
    pub(crate) weights: Weights,
    /// Whether to look at the projections.
    pub(crate) look: bool,
    /// MoCo's key encoder and queue; without them the batch gives the negatives.
    pub(crate) keys: Option<(&'a Student, &'a Queue)>,
    /// What the encoder and the per-pixel head compute in; the losses are single precision.
    pub(crate) precision: DType,
}

/// What some pictures of a step gave.
pub(crate) struct Losses {
    /// `[1]`, weighted.
    pub(crate) total: Tensor<1>,
    /// `[pictures, projection]`: keys for the queue, on the device without gradients.
    pub(crate) keys: Option<Tensor<2>>,
    pub(crate) health: Option<Health>,
}

impl Terms<'_> {
    /// Losses of some pictures of a batch on a device with gradients.
    pub(crate) fn of(&self, student: &Student, batch: &Batch, pictures: Range<usize>, device: &Device) -> Losses {
        let mut losses = Losses { total: Tensor::zeros([1], device), keys: None, health: None };
        if let Some(views) = &batch.views {
            match self.keys {
                None => self.within_batch(student, batch, views, pictures.clone(), &mut losses),
                Some(keys) => self.against_keys(student, keys, batch, views, pictures.clone(), &mut losses),
            }
        }
        if let Some(drawn) = &batch.drawn {
            let share;
            let drawn = match pictures.len() == batch.parts.len() {
                true => drawn,
                false => {
                    share = drawn.share(pictures, batch.parts.len());
                    &share
                }
            };
            let size = self.drawer.drawn_size();
            let logits =
                student.network.defects(in_precision(batch_tensor(&drawn.pictures, size, device), self.precision));
            let loss = pixel_loss(logits, cells_tensor(drawn, size, device));
            losses.total = losses.total + loss.mul_scalar(self.weights.synthetic);
        }
        losses
    }

    /// SimCLR: each view is told from both views of all other pictures.
    fn within_batch(
        &self,
        student: &Student,
        batch: &Batch,
        [first, second]: &[Vec<Input>; 2],
        pictures: Range<usize>,
        losses: &mut Losses,
    ) {
        let device = losses.total.device();
        // Both views in one pass: batch norm sees them together and cannot tell them apart.
        let stack = |views: &[Input]| self.stack(&views[pictures.clone()], &device);
        let stages = student.stages(Tensor::cat(vec![stack(first), stack(second)], 0));
        if self.weights.contrastive > 0.0 {
            let z = student.project(&stages);
            let [rows, dimensions] = z.dims();
            let view = |start: usize| z.clone().slice([start..start + rows / 2, 0..dimensions]);
            losses.health = self.look.then(|| Health::of(view(0).inner(), view(rows / 2).inner()));
            let loss = nt_xent(view(0), view(rows / 2), self.temperature());
            losses.total = losses.total.clone() + loss.mul_scalar(self.weights.contrastive);
        }
        let Some(matches) = self.matches(batch, pictures) else { return };
        let cells = matches.iter().map(|m| m.first.as_slice()).chain(matches.iter().map(|m| m.second.as_slice()));
        if let Some(rows) = student.cells(&stages, cells) {
            let shown_by = shown_by(matches);
            let [_, dimensions] = rows.dims();
            let view = |start: usize| rows.clone().slice([start..start + shown_by.len(), 0..dimensions]);
            let (first, second) = (view(0), view(shown_by.len()));
            let loss = dense_loss(first.clone(), second.clone(), &shown_by, self.temperature())
                + dense_loss(second, first, &shown_by, self.temperature());
            losses.total = losses.total.clone() + loss.mul_scalar(0.5 * self.weights.dense);
        }
    }

    /// MoCo: the first view is told from the queue's keys, its own key is the second view's.
    fn against_keys(
        &self,
        student: &Student,
        (key_encoder, queue): (&Student, &Queue),
        batch: &Batch,
        [first, second]: &[Vec<Input>; 2],
        pictures: Range<usize>,
        losses: &mut Losses,
    ) {
        let device = losses.total.device();
        let plain = device.clone().without_autodiff();
        let stages = student.stages(self.stack(&first[pictures.clone()], &device));
        let key_stages = key_encoder.stages(self.stack(&second[pictures.clone()], &plain));
        if self.weights.contrastive > 0.0 {
            let (query, key) = (student.project(&stages), key_encoder.project(&key_stages));
            losses.health = self.look.then(|| Health::of(query.clone().inner(), key.clone()));
            let negatives = queue.negatives(&batch.parts[pictures.clone()], &device);
            let loss = info_nce(query, beside_learning(key.clone(), &device), negatives, self.temperature()).mean();
            losses.total = losses.total.clone() + loss.mul_scalar(self.weights.contrastive);
            losses.keys = Some(key);
        }
        let Some(matches) = self.matches(batch, pictures) else { return };
        let query = student.cells(&stages, matches.iter().map(|m| m.first.as_slice()));
        let key = key_encoder.cells(&key_stages, matches.iter().map(|m| m.second.as_slice()));
        if let (Some(query), Some(key)) = (query, key) {
            let loss = dense_loss(query, beside_learning(key, &device), &shown_by(matches), self.temperature());
            losses.total = losses.total.clone() + loss.mul_scalar(self.weights.dense);
        }
    }

    fn stack(&self, views: &[Input], device: &Device) -> Tensor<4> {
        in_precision(batch_tensor(views, self.drawer.view_size(), device), self.precision)
    }

    fn temperature(&self) -> f32 {
        self.drawer.config.temperature
    }

    /// Cells to compare; none when the dense term is off or no two views overlap.
    fn matches<'b>(&self, batch: &'b Batch, pictures: Range<usize>) -> Option<&'b [Matches]> {
        let matches = batch.matches.get(pictures)?;
        (self.weights.dense > 0.0 && matches.iter().any(|m| !m.first.is_empty())).then_some(matches)
    }
}

/// For each compared cell the picture that it lies in.
fn shown_by(matches: &[Matches]) -> Vec<usize> {
    matches.iter().enumerate().flat_map(|(picture, matches)| matches.first.iter().map(move |_| picture)).collect()
}

/// How much more a defective cell weighs in the cross entropy: few cells are defective, and without a weight the head
/// first learns to say "good" everywhere.
const DEFECT_WEIGHT: f32 = 4.0;

/// Weighted binary cross entropy plus soft Dice (arXiv 1606.04797): the first is steady, the second does not drown in
/// the many cells without a defect.
///
/// # Shapes
/// - `logits`, `target`: `[batch, 1, height, width]`, target 0 or 1
fn pixel_loss(logits: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
    let wrong = target.clone().neg().add_scalar(1.0);
    let entropy = (target.clone() * log_sigmoid(logits.clone()).mul_scalar(DEFECT_WEIGHT)
        + wrong * log_sigmoid(logits.clone().neg()))
    .mean()
    .neg();
    let probability = sigmoid(logits);
    let both = (probability.clone() * target.clone()).sum();
    let either = probability.sum() + target.sum();
    let dice = both.mul_scalar(2.0).add_scalar(1.0) / either.add_scalar(1.0);
    entropy + dice.neg().add_scalar(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;

    #[test]
    fn the_pixel_loss_falls_with_better_logits_and_stays_finite() {
        let device = Device::flex();
        let target: Vec<f32> = (0..64).map(|cell| if cell % 16 == 0 { 1.0 } else { 0.0 }).collect();
        let loss = |right: f32, wrong: f32| {
            let logits: Vec<f32> = target.iter().map(|&cell| if cell > 0.0 { right } else { wrong }).collect();
            let tensor = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [1, 1, 8, 8]), &device);
            pixel_loss(tensor(logits), tensor(target.clone())).into_scalar::<f32>()
        };
        let steps = [loss(-4.0, 4.0), loss(0.0, 0.0), loss(0.0, -2.0), loss(2.0, -4.0), loss(9.0, -9.0)];
        assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "{steps:?}");
        // Every cell wrong by far: the logarithm of a saturated sigmoid would be infinite.
        assert!((200.0..1000.0).contains(&loss(-200.0, 200.0)));
        assert!(loss(200.0, -200.0).abs() < 1e-3);
    }

    #[test]
    fn missing_the_few_defect_cells_costs_more_than_their_share() {
        let device = Device::flex();
        let target: Vec<f32> = (0..64).map(|cell| if cell == 0 { 1.0 } else { 0.0 }).collect();
        let tensor = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [1, 1, 8, 8]), &device);
        let never = pixel_loss(tensor(vec![-5.0; 64]), tensor(target)).into_scalar::<f32>();
        assert!(never > 0.4, "{never}");
    }
}
