//! A run in the middle: all that a step changes, and the step itself.

use std::ops::Range;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use sightline_model::{DeviceInfo, Start, guarded};

use crate::adamw::Optimiser;
use crate::batches::{Batch, Drawer};
use crate::memory::{parts_at_once, shares, with_less_at_once};
use crate::moco::Queue;
use crate::momentum::{average_decay, follow, follower_of, key_momentum};
use crate::monitor::{Health, LOOK_EVERY, Monitor};
use crate::student::Student;
use crate::terms::{Losses, Terms};
use crate::{Method, TrainError};

/// MoCo's key encoder and its queue.
pub(crate) struct Keys {
    pub(crate) encoder: Student,
    pub(crate) queue: Queue,
}

/// Everything that changes while a run trains.
pub(crate) struct Training {
    pub(crate) student: Student,
    pub(crate) optimiser: Optimiser,
    /// None when the batch gives the negatives.
    pub(crate) keys: Option<Keys>,
    /// The moving average of the weights; none when the last ones are taken.
    pub(crate) average: Option<Student>,
    /// Loss of each step that was done.
    pub(crate) losses: Vec<f64>,
    pub(crate) monitor: Monitor,
    /// Parts that the device computes at once.
    pub(crate) at_once: usize,
}

/// What the pictures of a step gave together.
struct Gathered {
    loss: f64,
    gradients: GradientsParams,
    keys: Vec<Tensor<2>>,
    health: Option<Health>,
}

impl Training {
    /// Nothing done yet.
    pub(crate) fn new(start: &Start, drawer: &Drawer<'_>, device: &DeviceInfo) -> Result<Self, TrainError> {
        let config = drawer.config;
        let at_once = parts_at_once(&start.network, drawer);
        let training = device.device.clone().autodiff();
        training.seed(drawer.seed);
        let student = guarded(&device.id, "making the network", || Student::new(start, config, &training))?;
        let has_views = config.any_stage(|weights| weights.contrastive > 0.0 || weights.dense > 0.0);
        let moco = match config.method {
            Method::Auto => at_once < drawer.batch_size(),
            method => method == Method::MoCo,
        };
        let keys =
            (moco && has_views).then(|| Keys { encoder: follower_of(&student), queue: Queue::new(config.queue) });
        Ok(Self {
            keys,
            average: (config.ema > 0.0).then(|| follower_of(&student)),
            optimiser: Optimiser::new(config.weight_decay),
            student,
            losses: Vec::with_capacity(config.steps),
            monitor: Monitor::default(),
            at_once,
        })
    }

    /// Steps that were done.
    pub(crate) fn done(&self) -> usize {
        self.losses.len()
    }

    /// One step. Gives its loss.
    ///
    /// # Errors
    /// When the device fails, the loss is not a number, or the run is dead.
    pub(crate) fn step(&mut self, batch: &Batch, drawer: &Drawer<'_>, device: &DeviceInfo) -> Result<f64, TrainError> {
        let (config, step) = (drawer.config, self.done());
        let weights = config.weights(step);
        let look = step % LOOK_EVERY == LOOK_EVERY - 1;
        if let Some(keys) = &mut self.keys {
            let momentum = key_momentum(config.momentum, step, config.steps);
            guarded(&device.id, "following the network", || follow(&mut keys.encoder, &self.student, momentum))?;
        }
        let keys = self.keys.as_ref().map(|keys| (&keys.encoder, &keys.queue));
        let terms = Terms { drawer, weights, look, keys };
        let Gathered { loss, gradients, keys, health } = with_less_at_once(&mut self.at_once, |at_once| {
            let shares = shares(batch.parts.len(), at_once);
            guarded(&device.id, "a training step", || gather(&self.student, &terms, batch, shares, &device.device))
        })?;
        if !loss.is_finite() {
            return Err(TrainError::Diverged { step, loss });
        }
        guarded(&device.id, "updating the weights", || {
            let rate = learning_rate(config.learning_rate, config.steps, step);
            self.student = self.optimiser.step(&|_| rate, self.student.clone(), gradients);
            if let Some(held) = self.keys.as_mut().filter(|_| !keys.is_empty()) {
                held.queue.push(Tensor::cat(keys, 0), &batch.parts);
            }
            if let Some(average) = &mut self.average {
                follow(average, &self.student, average_decay(config.ema, step));
            }
        })?;
        self.losses.push(loss);
        if let Some(health) = health {
            self.monitor.look(health, weights.synthetic == 0.0, step)?;
        }
        Ok(loss)
    }

    /// Mean loss over the last tenth of the steps.
    pub(crate) fn final_loss(&self) -> f64 {
        let tail = &self.losses[self.losses.len() - self.losses.len().div_ceil(10)..];
        tail.iter().sum::<f64>() / tail.len().max(1) as f64
    }
}

/// Losses and gradients of a batch, some pictures at a time: each share counts by its pictures.
fn gather(
    student: &Student,
    terms: &Terms<'_>,
    batch: &Batch,
    shares: impl Iterator<Item = Range<usize>>,
    device: &Device,
) -> Gathered {
    let training = device.clone().autodiff();
    let mut gathered = Gathered { loss: 0.0, gradients: GradientsParams::new(), keys: Vec::new(), health: None };
    let mut accumulator = GradientsAccumulator::new();
    for pictures in shares {
        let share = pictures.len() as f64 / batch.parts.len() as f64;
        let Losses { total, keys, health } = terms.of(student, batch, pictures, &training);
        let total = total.mul_scalar(share);
        gathered.loss += f64::from(total.clone().into_scalar::<f32>());
        accumulator.accumulate(student, GradientsParams::from_grads(total.backward(), student));
        gathered.keys.extend(keys);
        gathered.health = gathered.health.or(health);
    }
    gathered.gradients = accumulator.grads();
    gathered
}

/// Warm-up over a twentieth of the steps, then half a cosine down to zero.
pub(crate) fn learning_rate(peak: f64, steps: usize, step: usize) -> f64 {
    let warm = (steps / 20).max(1);
    if step < warm {
        return peak * (step + 1) as f64 / warm as f64;
    }
    let share = (step - warm) as f64 / (steps - warm).max(1) as f64;
    peak * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

#[cfg(test)]
mod tests;
