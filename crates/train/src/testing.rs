//! Good parts from memory and the smallest settings, for the tests of this crate.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{Channels, LearnProgress, PictureSize, Recipe};
use sightline_image::{Frame, Pixels};
use sightline_model::DeviceInfo;

use crate::{Effort, LearnConfig, LearnRequest, Learned, Sample, SampleSource, TrainError, learn};

/// Side of the generated parts.
pub(crate) const SIDE: usize = 64;

/// Brushed plates, each with its own grain and light.
pub(crate) struct Plates {
    pub(crate) count: usize,
    /// Parts that cannot be read.
    pub(crate) broken: Vec<usize>,
    /// Neighbours that share a group.
    pub(crate) group_size: usize,
}

impl Plates {
    pub(crate) fn new(count: usize) -> Self {
        Self { count, broken: Vec::new(), group_size: 1 }
    }
}

impl SampleSource for Plates {
    fn count(&self) -> usize {
        self.count
    }

    fn name(&self, index: usize) -> String {
        format!("plate-{index}.png")
    }

    fn group(&self, index: usize) -> String {
        format!("lot-{}", index / self.group_size)
    }

    fn load(&self, index: usize) -> Result<Sample, String> {
        if self.broken.contains(&index) {
            return Err(format!("plate-{index}.png is cut off"));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
        let (phase, light) = (rng.random_range(0.0..6.0_f32), rng.random_range(110.0..140.0_f32));
        let samples: Vec<u8> = (0..SIDE * SIDE)
            .map(|pixel| {
                let grain = ((pixel / SIDE) as f32 * 0.9 + phase).sin();
                (light + 25.0 * grain + rng.random_range(-6.0..6.0_f32)) as u8
            })
            .collect();
        let content_hash = blake3::hash(&samples).to_hex().to_string();
        let size = PictureSize { width: SIDE as u32, height: SIDE as u32 };
        let frame = Frame::new(size, Pixels::Grey8(samples)).map_err(|error| error.to_string())?;
        Ok(Sample { frame, content_hash })
    }
}

/// Plates, of which those were taken in the dark whose numbers are told.
pub(crate) struct Dark(pub(crate) Plates, pub(crate) fn(usize) -> bool);

impl SampleSource for Dark {
    fn count(&self) -> usize {
        self.0.count()
    }

    fn name(&self, index: usize) -> String {
        self.0.name(index)
    }

    fn group(&self, index: usize) -> String {
        self.0.group(index)
    }

    fn load(&self, index: usize) -> Result<Sample, String> {
        let sample = self.0.load(index)?;
        if !(self.1)(index) {
            return Ok(sample);
        }
        let frame = Frame::new(sample.frame.size(), Pixels::Grey8(vec![0; SIDE * SIDE])).map_err(|e| e.to_string())?;
        Ok(Sample { frame, ..sample })
    }
}

pub(crate) fn recipe() -> Recipe {
    let size = PictureSize { width: SIDE as u32, height: SIDE as u32 };
    Recipe::new("Plate", size, Channels::Grey)
}

/// Settings with which a run takes a second.
pub(crate) fn config() -> LearnConfig {
    let mut config = LearnConfig::new(Effort::Quick);
    (config.width, config.projection, config.head) = (4, 8, 4);
    (config.bank_cells, config.bank_candidates) = (40, 400);
    // What the defaults leave out is learned with here.
    (config.local_contrast, config.pretrain.ema) = (15, 0.99);
    (config.pretrain.steps, config.pretrain.batch) = (4, 4);
    config
}

/// Learns on the CPU; `listen` gets each report.
pub(crate) fn learn_with(
    source: &Plates,
    config: &LearnConfig,
    listen: impl FnMut(&LearnProgress) -> ControlFlow<()>,
) -> Result<Learned, TrainError> {
    learn_in(None, source, config, listen)
}

/// The same with a folder for the checkpoint.
pub(crate) fn learn_in(
    checkpoint: Option<&Path>,
    source: &Plates,
    config: &LearnConfig,
    mut listen: impl FnMut(&LearnProgress) -> ControlFlow<()>,
) -> Result<Learned, TrainError> {
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let recipe = recipe();
    let request =
        LearnRequest { recipe: &recipe, config, source, device: &device, beside: &[], checkpoint, glances: None };
    learn(&request, &mut |progress| listen(&progress))
}

/// Learns on the CPU to the end.
pub(crate) fn learned(source: &Plates, config: &LearnConfig) -> Result<Learned, TrainError> {
    learn_with(source, config, |_| ControlFlow::Continue(()))
}
