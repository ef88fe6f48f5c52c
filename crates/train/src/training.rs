//! A run in the middle: all that a step changes, and the step itself.

use burn::tensor::{DType, Tensor};
use sightline_model::{Network, Start, drawn, guarded};

use crate::adamw::Optimiser;
use crate::batches::{Batch, Drawer};
use crate::gather::{Gathered, gather};
use crate::hardware::{Hardware, learner_on};
use crate::memory::{shares, with_less_at_once};
use crate::moco::Queue;
use crate::momentum::{average_decay, follow, follower_of, key_momentum};
use crate::monitor::{LOOK_EVERY, Monitor};
use crate::precision::is_finite;
use crate::student::Student;
use crate::terms::Terms;
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
    /// Parts that a device computes at once.
    pub(crate) at_once: usize,
    /// What steps are computed in.
    pub(crate) precision: DType,
    /// The step at which half precision gave no number, after which the run went on in single.
    pub(crate) left_half_at: Option<usize>,
}

impl Training {
    /// Nothing done yet, in single precision, with this many parts at once.
    pub(crate) fn new(
        start: &Start,
        drawer: &Drawer<'_>,
        hardware: &Hardware<'_>,
        at_once: usize,
    ) -> Result<Self, TrainError> {
        let config = drawer.config;
        let learning = hardware.learning(hardware.main);
        let student = guarded(&hardware.main.id, "making the network", || {
            drawn(drawer.seed, &learning, || Student::new(start, config, &learning))
        })?;
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
            precision: DType::F32,
            left_half_at: None,
        })
    }

    /// Decides what the coming steps are computed in.
    ///
    /// # Errors
    /// When a device lacks what was asked for, or fails.
    pub(crate) fn choose_precision(&mut self, drawer: &Drawer<'_>, hardware: &Hardware<'_>) -> Result<(), TrainError> {
        let (config, step) = (drawer.config, self.done());
        let terms = self.terms(drawer, step, false);
        self.precision =
            config.precision.choose(&self.student, &terms, || drawer.batch(step), self.at_once, hardware)?;
        Ok(())
    }

    pub(crate) fn terms<'a>(&'a self, drawer: &'a Drawer<'a>, step: usize, look: bool) -> Terms<'a> {
        let keys = self.keys.as_ref().map(|keys| (&keys.encoder, &keys.queue));
        Terms { drawer, weights: drawer.config.weights(step), look, keys, precision: self.precision }
    }

    /// What would judge if the run ended now, but for its settled statistics.
    pub(crate) fn network(&self) -> &Network {
        &self.average.as_ref().unwrap_or(&self.student).network
    }

    /// Steps that were done.
    pub(crate) fn done(&self) -> usize {
        self.losses.len()
    }

    /// One step. Gives its loss.
    ///
    /// # Errors
    /// When the device fails, the loss is not a number, or the run is dead.
    pub(crate) fn step(
        &mut self,
        batch: &Batch,
        drawer: &Drawer<'_>,
        hardware: &Hardware<'_>,
    ) -> Result<f64, TrainError> {
        let (config, step, device) = (drawer.config, self.done(), hardware.main);
        let weights = config.weights(step);
        let look = step % LOOK_EVERY == LOOK_EVERY - 1;
        if let Some(keys) = &mut self.keys {
            let momentum = key_momentum(config.momentum, step, config.steps);
            guarded(&device.id, "following the network", || follow(&mut keys.encoder, &self.student, momentum))?;
        }
        let half = self.precision != DType::F32;
        // What half precision spoils must not stay: batch norm's statistics were updated on the way.
        let before =
            half.then(|| guarded(&device.id, "keeping the weights", || follower_of(&self.student))).transpose()?;
        let mut gathered = self.gather(batch, drawer, step, look, hardware)?;
        if let Some(before) = before
            && !guarded(&device.id, "looking at gradients", || is_finite(&self.student, &gathered))?
        {
            self.student =
                guarded(&device.id, "taking weights back", || learner_on(&before, &hardware.learning(device)))?;
            (self.precision, self.left_half_at) = (DType::F32, Some(step));
            gathered = self.gather(batch, drawer, step, look, hardware)?;
        }
        let Gathered { loss, gradients, keys, health } = gathered;
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

    /// Loss and gradients of a batch, with as many parts at once as the devices have memory for.
    fn gather(
        &mut self,
        batch: &Batch,
        drawer: &Drawer<'_>,
        step: usize,
        look: bool,
        hardware: &Hardware<'_>,
    ) -> Result<Gathered, TrainError> {
        let mut at_once = self.at_once;
        let terms = self.terms(drawer, step, look);
        let gathered = with_less_at_once(&mut at_once, |at_once| {
            gather(&self.student, &terms, batch, shares(batch.parts.len(), at_once).collect(), hardware)
        });
        self.at_once = at_once;
        Ok(gathered?)
    }

    /// Mean loss over the last tenth of the steps.
    pub(crate) fn final_loss(&self) -> f64 {
        let tail = &self.losses[self.losses.len() - self.losses.len().div_ceil(10)..];
        tail.iter().sum::<f64>() / tail.len().max(1) as f64
    }
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
