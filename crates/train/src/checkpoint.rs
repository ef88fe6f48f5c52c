//! A run's state in a file, from which it goes on as if nothing had happened: after a cancel, a crash, a power cut. The
//! sections are weights, moments, keys. Batches depend on the seed and their step alone, so no generator's state is kept.

pub(crate) mod sealed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sightline_model::{DeviceInfo, Weights, guarded};

use crate::TrainError;
use crate::adamw::Moments;
use crate::hardware::{Hardware, learner_on};
use crate::momentum::follower_of;
use crate::training::Training;
use sealed::Origin;

const FILE: &str = "pretrain.slc";

/// Removes a checkpoint of learning from good parts and its folder; what else lies there stays, and so does the folder
/// then.
///
/// # Errors
/// When the checkpoint is there and cannot be removed.
pub fn remove_checkpoint(folder: &Path) -> std::io::Result<()> {
    sealed::remove(folder, FILE)
}

/// The place of a run's checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
    origin: Origin,
    /// Steps from one checkpoint to the next.
    every: usize,
}

/// What became of a checkpoint that may lie in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    /// The run goes on after this many steps.
    Resumed(usize),
    /// It is of no use, for this reason; the run starts anew.
    Refused(String),
}

#[derive(Serialize, Deserialize)]
struct Header {
    origin: Origin,
    losses: Vec<f64>,
    collapsed: usize,
    at_once: usize,
    /// Updates of each parameter, by its path.
    updates: BTreeMap<String, usize>,
    /// Parts whose keys are held; none without a queue.
    queue: Option<Vec<usize>>,
    /// Length of each section: weights, first and second moments, average, key encoder, queue; 0 for what there is not.
    sections: [u64; 6],
}

impl Checkpoints {
    pub(crate) fn new(folder: &Path, origin: Origin, every: usize) -> Self {
        Self { folder: folder.to_owned(), origin, every }
    }

    /// Whether this many done steps are a time for a checkpoint.
    pub(crate) fn due(&self, done: usize) -> bool {
        done.is_multiple_of(self.every.max(1))
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Writes the state down: whole, or not at all.
    ///
    /// # Errors
    /// When the device or the disk fails.
    pub(crate) fn write(&self, training: &Training, device: &DeviceInfo) -> Result<(), TrainError> {
        let bytes = guarded(&device.id, "reading the state", || self.to_bytes(training))??;
        sealed::write(&self.folder, FILE, &bytes).map_err(|error| self.failed(&self.path(), error))
    }

    fn failed(&self, path: &Path, detail: impl ToString) -> TrainError {
        TrainError::Checkpoint { path: path.to_owned(), detail: detail.to_string() }
    }

    fn to_bytes(&self, training: &Training) -> Result<Vec<u8>, TrainError> {
        let Moments { first, second, updates } = training.optimiser.moments(&training.student);
        let encoder = training.keys.as_ref().map(|keys| &keys.encoder);
        let held = training.keys.as_ref().map(|keys| keys.queue.held());
        let (queue, keys) = held.map_or((None, None), |(parts, keys)| (Some(parts), keys));
        // `valid` takes in the statistics of the last forward pass.
        let student = training.student.valid();
        let modules = [Some(&student), Some(&first), Some(&second), training.average.as_ref(), encoder];
        let mut sections = Vec::with_capacity(6);
        for module in modules {
            sections.push(match module {
                Some(module) => Weights::of(module).to_bytes()?,
                None => Vec::new(),
            });
        }
        let keys = keys.map(|keys| keys.into_data().iter::<f32>().flat_map(f32::to_le_bytes).collect());
        sections.push(keys.unwrap_or_default());
        let mut lengths = [0; 6];
        lengths.iter_mut().zip(&sections).for_each(|(length, section)| *length = section.len() as u64);
        let header = Header {
            origin: self.origin.clone(),
            losses: training.losses.clone(),
            collapsed: training.monitor.collapsed,
            at_once: training.at_once,
            updates,
            queue,
            sections: lengths,
        };
        sealed::sealed(&header, &sections).map_err(|error| self.failed(&self.path(), error))
    }

    /// Takes up what lies in the folder, if it is of this run. Otherwise the state stays as it was.
    pub(crate) fn resume(&self, training: &mut Training, hardware: &Hardware<'_>) -> Found {
        let path = self.path();
        let taken = match sealed::read(&path) {
            Ok(None) => return Found::Nothing,
            Ok(Some(bytes)) => self.parse(&bytes).and_then(|(header, sections)| {
                guarded(&hardware.main.id, "taking up the state", || restore(training, header, &sections, hardware))
                    .unwrap_or_else(|error| Err(error.to_string()))
            }),
            Err(reason) => Err(reason),
        };
        match taken {
            Ok(()) => Found::Resumed(training.done()),
            Err(reason) => Found::Refused(format!("{}: {reason}", path.display())),
        }
    }

    fn parse<'a>(&self, bytes: &'a [u8]) -> Result<(Header, [&'a [u8]; 6]), String> {
        let (header, rest): (Header, _) = sealed::opened(bytes)?;
        self.origin.check(&header.origin)?;
        let mut sections = [&[][..]; 6];
        sections.copy_from_slice(&sealed::split(rest, &header.sections)?);
        Ok((header, sections))
    }
}

/// Fills a run that was just made. It is changed only when everything fits.
fn restore(
    training: &mut Training,
    header: Header,
    sections: &[&[u8]; 6],
    hardware: &Hardware<'_>,
) -> Result<(), String> {
    let [weights, first, second, average, encoder, keys] = *sections;
    let like = &training.student;
    let filled = |bytes: &[u8]| {
        let weights = Weights::from_bytes(bytes).map_err(|error| error.to_string())?;
        weights.fill_all(follower_of(like)).map_err(|error| error.to_string())
    };
    let student = learner_on(&filled(weights)?, &hardware.learning(hardware.main));
    let moments = Moments { first: filled(first)?, second: filled(second)?, updates: header.updates };
    let average = training.average.as_ref().map(|_| filled(average)).transpose()?;
    let encoder = training.keys.as_ref().map(|_| filled(encoder)).transpose()?;
    let parts = header.queue.unwrap_or_default();
    let keys = keys_of(keys, parts.len(), &hardware.main.device)?;
    training.student = student;
    training.optimiser.restore(moments);
    training.average = average;
    if let (Some(held), Some(encoder)) = (&mut training.keys, encoder) {
        held.encoder = encoder;
        held.queue.hold(parts, keys);
    }
    training.losses = header.losses;
    training.monitor.collapsed = header.collapsed;
    training.at_once = header.at_once;
    Ok(())
}

fn keys_of(bytes: &[u8], parts: usize, device: &Device) -> Result<Option<Tensor<2>>, String> {
    let (values, rest) = bytes.as_chunks::<4>();
    let dimensions = values.len() / parts.max(1);
    if !rest.is_empty() || dimensions * parts != values.len() {
        return Err(format!("{} bytes are not the keys of {parts} parts", bytes.len()));
    }
    let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok((parts > 0).then(|| Tensor::from_data(TensorData::new(values, [parts, dimensions]), device)))
}

#[cfg(test)]
mod tests;
