//! What fine-tuning minimises: pixels, the decision, and the class.

use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};

use super::batches::Batch;
use super::config::FineTuneConfig;
use crate::terms::DEFECT_WEIGHT;

/// Loss of a batch.
///
/// # Shapes
/// - `logits`: `[batch, 1, height / 4, width / 4]`
/// - `decision`: `[batch, 1 + classes]`
pub(crate) fn loss(logits: Tensor<4>, decision: Tensor<2>, batch: &Batch, config: &FineTuneConfig) -> Tensor<1> {
    let (shape, device) = (logits.dims(), logits.device());
    let cells = |values: &[f32]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), &device);
    let pixels = pixel_loss(logits, cells(&batch.target), cells(&batch.known));
    let [count, outputs] = decision.dims();
    let defective = Tensor::<2>::from_data(TensorData::new(batch.defective.clone(), [count, 1]), &device);
    let verdict = decision.clone().slice([0..count, 0..1]);
    let wrong = defective.clone().neg().add_scalar(1.0);
    let entropy = (defective * log_sigmoid(verdict.clone()) + wrong * log_sigmoid(verdict.neg())).mean().neg();
    let mut total = pixels + entropy.mul_scalar(config.decision_weight);
    if let Some(hot) = one_hot(batch, outputs - 1, &device) {
        let classes = log_softmax(decision.slice([0..count, 1..outputs]), 1);
        let labelled = batch.classes.iter().flatten().count() as f32;
        total = total + (classes * hot).sum().neg().div_scalar(labelled).mul_scalar(config.class_weight);
    }
    total
}

/// 1 at each picture's class; none when no picture of the batch has one.
fn one_hot(batch: &Batch, classes: usize, device: &Device) -> Option<Tensor<2>> {
    let mut hot = vec![0.0_f32; batch.classes.len() * classes];
    for (row, class) in batch.classes.iter().enumerate() {
        if let Some(class) = class {
            hot[row * classes + class] = 1.0;
        }
    }
    let any = hot.contains(&1.0);
    any.then(|| Tensor::from_data(TensorData::new(hot, [batch.classes.len(), classes]), device))
}

/// Weighted binary cross entropy plus soft Dice, over the cells whose truth is known.
fn pixel_loss(logits: Tensor<4>, target: Tensor<4>, known: Tensor<4>) -> Tensor<1> {
    let wrong = target.clone().neg().add_scalar(1.0);
    let entropy = target.clone() * log_sigmoid(logits.clone()).mul_scalar(DEFECT_WEIGHT)
        + wrong * log_sigmoid(logits.clone().neg());
    let entropy = (entropy * known.clone()).sum().neg() / known.clone().sum().add_scalar(1.0);
    let probability = sigmoid(logits) * known;
    let both = (probability.clone() * target.clone()).sum();
    let either = probability.sum() + target.sum();
    let dice = both.mul_scalar(2.0).add_scalar(1.0) / either.add_scalar(1.0);
    entropy + dice.neg().add_scalar(1.0)
}

#[cfg(test)]
mod tests;
