//! The pretraining loop: NT-Xent on two views and a per-pixel loss on synthetic defects, in one step.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::{log_sigmoid, sigmoid};
use burn::tensor::{Device, Tensor};
use sightline_core::{LearnStage, PictureSize};
use sightline_image::Input;
use sightline_model::{DeviceInfo, Network, Start, batch_tensor, guarded};

use crate::batches::{Batch, Drawer, cells_tensor};
use crate::monitor::Spread;
use crate::nt_xent::nt_xent;
use crate::pace::Pace;
use crate::{PretrainConfig, TrainError};

/// Steps between two looks at the spread of the projections.
const MONITOR_EVERY: usize = 20;

/// A trained network and the loss it ended with.
pub(crate) struct Pretrained {
    pub(crate) network: Network,
    /// Mean over the last tenth of the steps.
    pub(crate) final_loss: f64,
}

/// Trains from random weights, or from an encoder that was trained elsewhere.
pub(crate) fn pretrain(
    start: &Start,
    drawer: &Drawer<'_>,
    device: &DeviceInfo,
    pace: &mut Pace<'_>,
) -> Result<Pretrained, TrainError> {
    let config = drawer.config;
    let training = device.device.clone().autodiff();
    training.seed(drawer.seed);
    let mut network = guarded(&device.id, "making the network", || start.init(&training))?;
    let mut optimiser = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.weight_decay).init();
    let mut losses = Vec::with_capacity(config.steps);
    let mut warning = None;
    let total = config.steps + SETTLING_PASSES;
    drawer
        .run(|batches| {
            for (step, batch) in batches.iter().enumerate() {
                let batch = batch?;
                let rate = learning_rate(config, step);
                let look = step % MONITOR_EVERY == MONITOR_EVERY - 1;
                let (trained, loss, spread) = guarded(&device.id, "a training step", || {
                    let (loss, spread) = losses_of(&network, &batch, drawer, &training, look);
                    let value = f64::from(loss.clone().into_scalar::<f32>());
                    let gradients = GradientsParams::from_grads(loss.backward(), &network);
                    (optimiser.step(rate, network.clone(), gradients), value, spread)
                })?;
                network = trained;
                if !loss.is_finite() {
                    return Err(TrainError::Diverged { step, loss });
                }
                losses.push(loss);
                if let Some(spread) = spread {
                    warning = spread.warning();
                }
                pace.report(LearnStage::Pretrain, step + 1, total, Some(loss), warning.clone())?;
            }
            Ok(())
        })
        .map_err(|error| TrainError::Thread { detail: error.to_string() })??;
    // Without gradients: a graph that is never walked back would be kept, pass after pass.
    let network = network.no_grad();
    for pass in 0..SETTLING_PASSES {
        settle_statistics(&network, &drawer.whole_parts(pass)?, drawer.preprocess.size, device)?;
        pace.report(LearnStage::Pretrain, config.steps + pass + 1, total, None, warning.clone())?;
    }
    let tail = &losses[losses.len() - losses.len().div_ceil(10)..];
    let final_loss = tail.iter().sum::<f64>() / tail.len().max(1) as f64;
    Ok(Pretrained { network: network.valid(), final_loss })
}

/// Passes over good parts that settle the running statistics; with momentum 0.1 the views' share falls below 4 %.
const SETTLING_PASSES: usize = 32;

/// Lets batch norm's running statistics see whole good parts. During training they also saw the smaller views of the
/// contrastive term, but parts are judged whole (compare "Precise BN", arXiv 2105.07576).
fn settle_statistics(
    network: &Network,
    parts: &[Input],
    size: PictureSize,
    device: &DeviceInfo,
) -> Result<(), TrainError> {
    let training = device.device.clone().autodiff();
    guarded(&device.id, "settling the statistics", || network.defects(batch_tensor(parts, size, &training)))?;
    Ok(())
}

/// Warm-up over a twentieth of the steps, then half a cosine down to zero.
fn learning_rate(config: &PretrainConfig, step: usize) -> f64 {
    let warm = (config.steps / 20).max(1);
    if step < warm {
        return config.learning_rate * (step + 1) as f64 / warm as f64;
    }
    let share = (step - warm) as f64 / (config.steps - warm).max(1) as f64;
    config.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

fn losses_of(
    network: &Network,
    batch: &Batch,
    drawer: &Drawer<'_>,
    device: &Device,
    look: bool,
) -> (Tensor<1>, Option<Spread>) {
    let config = drawer.config;
    let mut total = Tensor::<1>::zeros([1], device);
    let mut spread = None;
    if let Some([first, second]) = &batch.views {
        // Both views in one pass: batch norm sees them together and cannot tell them apart.
        let stack = |views: &[Input]| batch_tensor(views, drawer.view_size(), device);
        let both = Tensor::cat(vec![stack(first), stack(second)], 0);
        let z = network.project(both);
        spread = look.then(|| Spread::of(z.clone().inner()));
        let [rows, dimensions] = z.dims();
        let view = |start: usize| z.clone().slice([start..start + rows / 2, 0..dimensions]);
        total = total + nt_xent(view(0), view(rows / 2), config.temperature).mul_scalar(config.contrastive_weight);
    }
    if let Some(drawn) = &batch.drawn {
        let size = drawer.preprocess.size;
        let logits = network.defects(batch_tensor(&drawn.pictures, size, device));
        let loss = pixel_loss(logits, cells_tensor(drawn, size, device));
        total = total + loss.mul_scalar(config.synthetic_weight);
    }
    (total, spread)
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
    use crate::{Effort, LearnConfig};
    use burn::tensor::TensorData;

    #[test]
    fn the_rate_warms_up_and_falls_to_zero() {
        let config = PretrainConfig { steps: 100, learning_rate: 1.0, ..LearnConfig::new(Effort::Quick).pretrain };
        let rates: Vec<f64> = (0..100).map(|step| learning_rate(&config, step)).collect();
        assert_eq!(rates[0], 0.2);
        assert_eq!(rates[4], 1.0);
        assert!(rates[5..].windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(rates[99] < 0.001);
    }

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
