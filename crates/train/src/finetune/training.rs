//! The steps of fine-tuning: first the heads, then the encoder, too, at a share of their rate.

use std::ops::Range;

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use sightline_core::{LearnStage, PictureSize};
use sightline_model::{CELL, DeviceInfo, KnownNetwork, NetworkConfig, batch_tensor, guarded};

use super::batches::{Batch, Drawer};
use super::checkpoint::{Checkpoint, Middle};
use super::config::FineTuneConfig;
use super::loss::loss;
use crate::TrainError;
use crate::adamw::Optimiser;
use crate::ahead::drawn_ahead;
use crate::glance::Glances;
use crate::memory::{fitting, shares, with_less_at_once};
use crate::pace::Pace;
use crate::training::learning_rate;

/// Batches that settle the running statistics after the last step.
const SETTLING_BATCHES: usize = 32;

/// A trained network and the loss it ended with.
pub(super) struct Trained {
    pub(super) network: KnownNetwork,
    /// Mean over the last tenth of the steps.
    pub(super) final_loss: f64,
    /// Steps of it that were done before this process began.
    pub(super) earlier: usize,
}

/// Where a training stands among all of a run, for its reports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    before: usize,
    total: usize,
    /// Of these, steps that were done before the process began.
    before_process: usize,
}

impl Steps {
    /// The first of so many trainings with as many optimiser steps each.
    pub(super) fn of(trainings: usize, steps: usize) -> Self {
        Self { before: 0, total: trainings * (steps + SETTLING_BATCHES), before_process: 0 }
    }

    /// The one after a training with so many optimiser steps, of which so many were done before the process began.
    pub(super) fn after(self, steps: usize, earlier: usize) -> Self {
        Self { before: self.before + steps + SETTLING_BATCHES, before_process: self.before_process + earlier, ..self }
    }
}

/// Optimiser steps and settling batches of a training.
pub(super) fn all_steps(config: &FineTuneConfig) -> usize {
    config.steps + SETTLING_BATCHES
}

/// What goes along with a training.
pub(super) struct Beside<'a> {
    /// Where it stands among all of the run.
    pub(super) steps: Steps,
    /// What people see of it.
    pub(super) glances: Option<Glances>,
    /// What it goes on from.
    pub(super) checkpoint: Option<&'a mut Checkpoint>,
}

/// Trains to the end.
pub(super) fn train(
    start: KnownNetwork,
    (network, memory_mib): (&NetworkConfig, usize),
    drawer: &Drawer<'_>,
    device: &DeviceInfo,
    Beside { steps, mut glances, mut checkpoint }: Beside<'_>,
    pace: &mut Pace<'_>,
) -> Result<Trained, TrainError> {
    let config = drawer.config;
    let PictureSize { width, height } = drawer.preprocess.shown();
    let mut middle = Middle {
        known: start,
        optimiser: Optimiser::new(config.weight_decay),
        losses: Vec::with_capacity(config.steps),
        at_once: fitting(network, f64::from(width) * f64::from(height), memory_mib, config.batch),
    };
    if let Some(checkpoint) = &mut checkpoint {
        checkpoint.take_up(&mut middle, device, pace);
    }
    let first = middle.losses.len();
    pace.goes_on(LearnStage::FineTune, steps.before_process + first, steps.total);
    pace.begins(LearnStage::FineTune, steps.before + first, steps.total, device)?;
    let total = all_steps(config);
    drawn_ahead(
        first..total,
        |step| drawer.batch(step),
        |batches| {
            for (step, batch) in (first..).zip(batches.iter()) {
                let batch = batch?;
                let Middle { known, optimiser, losses, at_once } = &mut middle;
                if step >= config.steps {
                    settle(known, &batch, drawer, device)?;
                    pace.report(LearnStage::FineTune, steps.before + step + 1, steps.total, None)?;
                    continue;
                }
                let (loss, gradients) = with_less_at_once(at_once, |at_once| {
                    let shares = shares(config.batch, at_once);
                    guarded(&device.id, "a fine-tuning step", || gather(known, &batch, drawer, shares, &device.device))
                })?;
                if !loss.is_finite() {
                    return Err(TrainError::Diverged { step, loss });
                }
                guarded(&device.id, "updating the weights", || {
                    *known = optimiser.step(&|path| rate(config, step, path), known.clone(), gradients);
                })?;
                losses.push(loss);
                if let Some(glances) = &mut glances {
                    pace.looks = glances.look(|| known.network.valid(), device);
                }
                let told = pace.report(LearnStage::FineTune, steps.before + step + 1, steps.total, Some(loss));
                let last = told.is_err() || step + 1 == config.steps;
                if let Some(checkpoint) = checkpoint.as_mut().filter(|checkpoint| last || checkpoint.is_due()) {
                    checkpoint.write(&middle, device, pace);
                }
                told?;
            }
            Ok(())
        },
    )??;
    let Middle { known, losses, .. } = middle;
    let tail = &losses[losses.len() - losses.len().div_ceil(10)..];
    let final_loss = tail.iter().sum::<f64>() / tail.len().max(1) as f64;
    let trained = Trained { network: known.valid(), final_loss, earlier: first };
    if let Some(checkpoint) = checkpoint {
        checkpoint.finish(&trained, device, pace);
    }
    Ok(trained)
}

/// A parameter's learning rate at a step.
fn rate(config: &FineTuneConfig, step: usize, path: &str) -> f64 {
    let heads = learning_rate(config.learning_rate, config.steps, step);
    match path.starts_with("network.encoder") {
        true if (step as f64) < config.heads_first * config.steps as f64 => 0.0,
        true => config.encoder_rate * heads,
        false => heads,
    }
}

/// Loss and gradients of a batch, some pictures at a time: each share counts by its pictures.
fn gather(
    known: &KnownNetwork,
    batch: &Batch,
    drawer: &Drawer<'_>,
    shares: impl Iterator<Item = Range<usize>>,
    device: &Device,
) -> (f64, GradientsParams) {
    let training = device.clone().autodiff();
    let mut accumulator = GradientsAccumulator::new();
    let mut sum = 0.0;
    for pictures in shares {
        let weight = pictures.len() as f64 / batch.pictures.len() as f64;
        let share = batch.share(pictures);
        let (logits, decision) = forward(known, &share, drawer.preprocess.shown(), &training);
        let total = loss(logits, decision, &share, drawer.config).mul_scalar(weight);
        sum += f64::from(total.clone().into_scalar::<f32>());
        accumulator.accumulate(known, GradientsParams::from_grads(total.backward(), known));
    }
    (sum, accumulator.grads())
}

/// Logits of the per-pixel head and of the decision head.
fn forward(known: &KnownNetwork, batch: &Batch, size: PictureSize, device: &Device) -> (Tensor<4>, Tensor<2>) {
    let maps = known.network.maps(batch_tensor(&batch.pictures, size, device));
    let logits: Tensor<4> = maps.defect.unsqueeze_dim(1);
    let shape = [batch.pictures.len(), 1, size.height as usize / CELL, size.width as usize / CELL];
    let judged = Tensor::from_data(TensorData::new(batch.judged.clone(), shape), device);
    let decision = known.decision.forward(logits.clone(), maps.cells, judged);
    (logits, decision)
}

/// Lets batch norm's running statistics see the finished weights.
fn settle(known: &KnownNetwork, batch: &Batch, drawer: &Drawer<'_>, device: &DeviceInfo) -> Result<(), TrainError> {
    let training = device.device.clone().autodiff();
    guarded(&device.id, "settling the statistics", || {
        // Without gradients: a graph that is never walked back would be kept, batch after batch.
        let frozen = known.clone().no_grad();
        forward(&frozen, batch, drawer.preprocess.shown(), &training)
    })?;
    Ok(())
}
