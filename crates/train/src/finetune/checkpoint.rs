//! What learning from labels goes on from after a cancel, a crash or a power cut: the trainings of the run that are done,
//! and the one that was under way. Batches depend on the seed and their step alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::module::Module;
use serde::{Deserialize, Serialize};
use sightline_core::LearnWarning;
use sightline_model::{DeviceInfo, KnownNetwork, ModelError, Weights, guarded};

use super::training::Trained;
use crate::adamw::{Moments, Optimiser};
use crate::checkpoint::sealed::{self, Origin};
use crate::hardware::learner_on;
use crate::momentum::follower_of;
use crate::pace::Pace;

const FILE: &str = "fine-tune.slc";

/// From one checkpoint to the next, at most.
const EVERY: Duration = Duration::from_secs(60);

/// Removes a checkpoint of learning from labels and its folder; what else lies there stays, and so does the folder then.
///
/// # Errors
/// When the checkpoint is there and cannot be removed.
pub fn remove_fine_tune_checkpoint(folder: &Path) -> std::io::Result<()> {
    sealed::remove(folder, FILE)
}

/// The place of a run's checkpoint, and what was found there.
pub(super) struct Checkpoint {
    folder: PathBuf,
    origin: Origin,
    finished: Vec<Finished>,
    begun: Option<Begun>,
    written: Instant,
}

/// A training that is done.
struct Finished {
    weights: Vec<u8>,
    final_loss: f64,
}

/// A training in its middle.
struct Begun {
    state: State,
    /// Weights, first and second moments.
    sections: [Vec<u8>; 3],
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    /// Which of the run's trainings it is.
    number: usize,
    losses: Vec<f64>,
    at_once: usize,
    /// Updates of each parameter, by its path.
    updates: BTreeMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    origin: Origin,
    /// Final losses of the trainings that are done.
    finished: Vec<f64>,
    begun: Option<State>,
    /// Lengths: the weights of each finished training, then what was begun.
    sections: Vec<u64>,
}

/// All that changes while a network is trained.
pub(super) struct Middle {
    pub(super) known: KnownNetwork,
    pub(super) optimiser: Optimiser,
    pub(super) losses: Vec<f64>,
    /// Pictures that a device computes at once.
    pub(super) at_once: usize,
}

impl Checkpoint {
    /// Takes up what lies in the folder, if it is of this run; otherwise the run warns and starts anew.
    pub(super) fn open(folder: &Path, origin: Origin, pace: &mut Pace<'_>) -> Self {
        let mut found =
            Self { folder: folder.to_owned(), origin, finished: Vec::new(), begun: None, written: Instant::now() };
        if let Err(reason) = found.read() {
            (found.finished, found.begun) = (Vec::new(), None);
            found.warn(&reason, pace);
        }
        found
    }

    fn read(&mut self) -> Result<(), String> {
        let Some(bytes) = sealed::read(&self.folder.join(FILE))? else { return Ok(()) };
        let (header, rest): (Header, _) = sealed::opened(&bytes)?;
        if self.origin.is_of_other_data(&header.origin) {
            // Labels came since. That is usual, and nobody has to be told.
            return Ok(());
        }
        self.origin.check(&header.origin)?;
        let mut sections = sealed::split(rest, &header.sections)?.into_iter().map(<[u8]>::to_vec);
        let mut next = || sections.next().ok_or_else(|| "a section is missing".to_owned());
        for final_loss in header.finished {
            self.finished.push(Finished { weights: next()?, final_loss });
        }
        if let Some(state) = header.begun {
            self.begun = Some(Begun { state, sections: [next()?, next()?, next()?] });
        }
        Ok(())
    }

    fn warn(&self, reason: &str, pace: &mut Pace<'_>) {
        let path = self.folder.join(FILE);
        pace.warnings.push(LearnWarning::CheckpointRefused(format!("{}: {reason}", path.display())));
    }

    /// The run's `number`th training, of `steps`, if it was done; `start` is what it began with.
    pub(super) fn done(
        &mut self,
        (number, steps): (usize, usize),
        start: &KnownNetwork,
        device: &DeviceInfo,
        pace: &mut Pace<'_>,
    ) -> Option<Trained> {
        let Finished { weights, final_loss } = self.finished.get(number)?;
        let filled = guarded(&device.id, "taking up the state", || filled(weights, start));
        match filled.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(network) => Some(Trained { network, final_loss: *final_loss, earlier: steps }),
            Err(reason) => {
                // What comes after it is not its place any more.
                self.finished.truncate(number);
                self.begun = None;
                self.warn(&reason, pace);
                None
            }
        }
    }

    /// Goes on with the training that was under way, if it is this one; one that does not fit starts anew.
    pub(super) fn take_up(&mut self, middle: &mut Middle, device: &DeviceInfo, pace: &mut Pace<'_>) {
        let is_this = |begun: &Begun| begun.state.number == self.finished.len();
        let begun = self.begun.take().filter(is_this);
        let Some(Begun { state, sections: [weights, first, second] }) = begun else { return };
        let filled = guarded(&device.id, "taking up the state", || {
            let of = |bytes| filled(bytes, &middle.known);
            let moments = Moments { first: of(&first)?, second: of(&second)?, updates: state.updates };
            Ok((learner_on(&of(&weights)?, &device.device.clone().autodiff()), moments))
        });
        match filled.unwrap_or_else(|error| Err(error.to_string())) {
            Ok((known, moments)) => {
                middle.known = known;
                middle.optimiser.restore(moments);
                (middle.losses, middle.at_once) = (state.losses, state.at_once);
            }
            Err(reason) => self.warn(&reason, pace),
        }
    }

    /// Whether it is time for a checkpoint.
    pub(super) fn is_due(&self) -> bool {
        self.written.elapsed() >= EVERY
    }

    /// Writes down what was done so far. A run does not end where that cannot be read or written, but says so.
    pub(super) fn write(&mut self, middle: &Middle, device: &DeviceInfo, pace: &mut Pace<'_>) {
        let number = self.finished.len();
        let read = guarded(&device.id, "reading the state", || {
            let Moments { first, second, updates } = middle.optimiser.moments(&middle.known);
            // `valid` takes in the statistics of the last forward pass.
            let modules = [&middle.known.valid(), &first, &second];
            let sections = modules.into_iter().map(|module| Weights::of(module).to_bytes());
            let state = State { number, losses: middle.losses.clone(), at_once: middle.at_once, updates };
            sections.collect::<Result<Vec<_>, _>>().map(|sections| (Some(state), sections))
        });
        self.write_down(read.and_then(|read| read), pace);
    }

    /// Writes down that a training is done.
    pub(super) fn finish(&mut self, trained: &Trained, device: &DeviceInfo, pace: &mut Pace<'_>) {
        let read = guarded(&device.id, "reading the weights", || Weights::of(&trained.network).to_bytes());
        let read = read.and_then(|weights| weights).map(|weights| {
            self.finished.push(Finished { weights, final_loss: trained.final_loss });
            (None, Vec::new())
        });
        self.write_down(read, pace);
    }

    fn write_down(&mut self, read: Result<(Option<State>, Vec<Vec<u8>>), ModelError>, pace: &mut Pace<'_>) {
        let written = read.map_err(|error| error.to_string()).and_then(|(begun, of_begun)| {
            let finished = self.finished.iter();
            let sections: Vec<Vec<u8>> =
                finished.clone().map(|finished| finished.weights.clone()).chain(of_begun).collect();
            let header = Header {
                origin: self.origin.clone(),
                finished: finished.map(|finished| finished.final_loss).collect(),
                begun,
                sections: sections.iter().map(|section| section.len() as u64).collect(),
            };
            let bytes = sealed::sealed(&header, &sections)?;
            sealed::write(&self.folder, FILE, &bytes).map_err(|error| error.to_string())
        });
        self.written = Instant::now();
        pace.warnings.retain(|warning| !matches!(warning, LearnWarning::CheckpointNotWritten(_)));
        if let Err(error) = written {
            let path = self.folder.join(FILE);
            pace.warnings.push(LearnWarning::CheckpointNotWritten(format!("{}: {error}", path.display())));
        }
    }
}

/// A network of the same shape with these weights, without gradients.
fn filled(bytes: &[u8], like: &KnownNetwork) -> Result<KnownNetwork, String> {
    let weights = Weights::from_bytes(bytes).map_err(|error| error.to_string())?;
    weights.fill_all(follower_of(like)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
