//! Training steps one by one, for measuring them: the benches time them beside PyTorch's.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{Channels, PictureSize, Recipe};
use sightline_image::{Input, Normalise, Preprocess};
use sightline_model::{DeviceInfo, Start, Weights};

use crate::batches::{Batch, Drawer};
use crate::hardware::Hardware;
use crate::memory::{Plan, plan};
use crate::training::Training;
use crate::{LearnConfig, TrainError};

/// A run on generated pictures that does a step when it is asked to.
pub struct Steps<'a> {
    training: Training,
    drawer: &'a Drawer<'a>,
    hardware: &'a Hardware<'a>,
    batch: Batch,
}

/// Hands `work` a run of `config` that has done nothing yet, on `parts` grey pictures of `side` × `side` pixels.
///
/// # Errors
/// When a setting is out of range or the device fails.
pub fn with_steps<T>(
    config: &LearnConfig,
    side: u32,
    parts: usize,
    device: &DeviceInfo,
    work: impl FnOnce(&mut Steps<'_>) -> T,
) -> Result<T, TrainError> {
    config.check()?;
    let size = PictureSize { width: side, height: side };
    let recipe = Recipe::new("steps", size, Channels::Grey);
    let preprocess = Preprocess::from(&recipe);
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let parts: Vec<Input> = (0..parts.max(config.pretrain.batch)).map(|_| plate(side as usize, &mut rng)).collect();
    let drawer = Drawer {
        parts: &parts,
        preprocess: &preprocess,
        config: &config.pretrain,
        policy: config.views(&recipe),
        normalise: &Normalise::learn(&parts)?.with_local_contrast(config.local_window()),
        seed: config.seed,
    };
    let start = Start { network: config.network(config.planes(1)), encoder: None };
    let Plan { at_once, recompute } = plan(&start.network, &drawer, 1);
    let hardware = Hardware { main: device, beside: &[], recompute };
    let mut training = Training::new(&start, &drawer, &hardware, at_once)?;
    training.choose_precision(&drawer, &hardware)?;
    let batch = drawer.batch(0)?;
    Ok(work(&mut Steps { training, drawer: &drawer, hardware: &hardware, batch }))
}

impl Steps<'_> {
    /// Draws the batch of the next step.
    ///
    /// # Errors
    /// When the brightness of the parts cannot be used.
    pub fn draw(&mut self) -> Result<(), TrainError> {
        self.batch = self.drawer.batch(self.training.done())?;
        Ok(())
    }

    /// A step on the batch that was drawn last. Gives its loss.
    ///
    /// # Errors
    /// When the device fails or the loss is not a number.
    pub fn step(&mut self) -> Result<f64, TrainError> {
        self.training.step(&self.batch, self.drawer, self.hardware)
    }

    /// The weights as they are, as safetensors.
    ///
    /// # Errors
    /// When they are too many for the format.
    pub fn weights(&self) -> Result<Vec<u8>, TrainError> {
        Ok(Weights::of(&self.training.student).to_bytes()?)
    }

    /// What the drawn batch shows to the network: the first views, the second ones, pictures with drawn defects, and
    /// where the defects are. Each picture after picture; empty where the configuration leaves a term out.
    pub fn shown(&self) -> [Vec<f32>; 4] {
        let values =
            |inputs: &[Input]| -> Vec<f32> { inputs.iter().flat_map(|input| input.values.iter().copied()).collect() };
        let [first, second] =
            self.batch.views.as_ref().map(|views| views.each_ref().map(|view| values(view))).unwrap_or_default();
        let drawn = self.batch.drawn.as_ref();
        let cells = drawn.map(|drawn| drawn.cells.clone()).unwrap_or_default();
        [first, second, drawn.map(|drawn| values(&drawn.pictures)).unwrap_or_default(), cells]
    }

    /// What a test looks at.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> (&Training, &Drawer<'_>, &Hardware<'_>) {
        (&self.training, self.drawer, self.hardware)
    }

    /// Sides of the views and of the pictures with drawn defects.
    pub fn sides(&self) -> [u32; 2] {
        [self.drawer.view_size().width, self.drawer.drawn_size().width]
    }
}

/// A brushed plate with grain and light of its own.
fn plate(side: usize, rng: &mut ChaCha8Rng) -> Input {
    let (phase, light) = (rng.random_range(0.0..6.0_f32), rng.random_range(0.4..0.6_f32));
    let values = (0..side * side).map(|pixel| {
        let grain = 0.1 * ((pixel / side) as f32 * 0.9 + phase).sin();
        light + grain + rng.random_range(-0.03..0.03_f32)
    });
    Input { channels: 1, height: side, width: side, values: values.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::config;
    use burn::tensor::Device;

    #[test]
    fn steps_are_those_of_a_run_and_the_batch_is_what_the_network_is_shown() {
        let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
        let config = config();
        let outcome = with_steps(&config, 64, 6, &device, |steps| {
            let [view, drawn] = steps.sides().map(|side| side as usize);
            let [first, second, pictures, cells] = steps.shown();
            let (batch, planes) = (config.pretrain.batch, config.planes(1));
            assert_eq!([first.len(), second.len()], [batch * planes * view * view; 2]);
            assert_eq!((pictures.len(), cells.len()), (batch * planes * drawn * drawn, batch * (drawn / 4).pow(2)));
            let before = steps.weights().unwrap();
            let loss = steps.step().unwrap();
            assert!(loss > 0.0 && steps.weights().unwrap() != before);
            steps.draw().unwrap();
            assert_ne!(steps.shown()[0], first, "the next step's batch");
        });
        outcome.unwrap();
    }
}
