//! Good parts from their source, with what is to be remembered about them.

use std::collections::HashSet;

use sightline_core::{LearnStage, PictureSize};
use sightline_image::{Frame, Input, Preprocess};

use crate::learn::{LEARN, STANDARDISE};
use crate::pace::Pace;
use crate::{LearnConfig, MIN_PARTS, SampleSource, TrainError};

/// Good parts in memory.
pub(crate) struct GoodInputs {
    /// To learn from.
    pub(crate) learn: Vec<Input>,
    /// To standardise on, and the index of each in the source.
    pub(crate) standardise: Vec<Input>,
    pub(crate) standardised: Vec<usize>,
}

/// Loads parts and remembers what could not be read and what the bytes were.
pub(crate) struct Reader<'a> {
    source: &'a dyn SampleSource,
    preprocess: &'a Preprocess,
    hashes: Vec<Option<String>>,
    unreadable: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a dyn SampleSource, preprocess: &'a Preprocess) -> Self {
        Self { source, preprocess, hashes: vec![None; source.count()], unreadable: Vec::new() }
    }

    /// Where the parts come from.
    pub(crate) fn source(&self) -> &'a dyn SampleSource {
        self.source
    }

    /// One part, or none when it is unreadable.
    pub(crate) fn frame(&mut self, index: usize) -> Option<Frame> {
        match self.source.load(index) {
            Ok(sample) => {
                self.hashes[index] = Some(sample.content_hash);
                Some(sample.frame)
            }
            Err(reason) => {
                self.unreadable.push(reason);
                None
            }
        }
    }

    /// Hash of a part's content; none when it was not read.
    pub(crate) fn content_hash(&self, index: usize) -> Option<&String> {
        self.hashes.get(index)?.as_ref()
    }

    /// Hashes of the contents of all parts that were read.
    pub(crate) fn contents(&self) -> HashSet<String> {
        self.hashes.iter().flatten().cloned().collect()
    }

    /// Whether this very picture was read.
    pub(crate) fn has_read(&self, content_hash: &str) -> bool {
        self.hashes.iter().flatten().any(|hash| hash == content_hash)
    }

    /// A part that was read and cannot be used.
    pub(crate) fn leave_out(&mut self, index: usize, reason: &dyn std::error::Error) {
        self.unreadable.push(format!("{}: {reason}", self.source.name(index)));
    }

    /// Parts to learn from and to standardise on, the first thinned to the memory cap.
    pub(crate) fn read(
        &mut self,
        mut learn: Vec<usize>,
        standardise: Vec<usize>,
        config: &LearnConfig,
        pace: &mut Pace<'_>,
    ) -> Result<GoodInputs, TrainError> {
        let PictureSize { width, height } = self.preprocess.size;
        let bytes = 4 * self.preprocess.channels.count() * width as usize * height as usize;
        let room = ((config.samples_mib << 20) / bytes.max(1)).max(MIN_PARTS);
        let step = learn.len().div_ceil(room.saturating_sub(standardise.len()).max(1));
        learn = learn.into_iter().step_by(step.max(1)).collect();
        let total = learn.len() + standardise.len();
        let mut read = GoodInputs { learn: Vec::new(), standardise: Vec::new(), standardised: Vec::new() };
        let sides =
            learn.iter().map(|index| (LEARN, *index)).chain(standardise.iter().map(|index| (STANDARDISE, *index)));
        for (done, (side, index)) in sides.enumerate() {
            if let Some(frame) = self.frame(index) {
                match self.preprocess.apply(&frame) {
                    Ok(input) if side == LEARN => read.learn.push(input),
                    Ok(input) => {
                        read.standardise.push(input);
                        read.standardised.push(index);
                    }
                    Err(error) => self.leave_out(index, &error),
                }
            }
            pace.report(LearnStage::Read, done + 1, total, None)?;
        }
        Ok(read)
    }

    /// BLAKE3 over names and content hashes of all parts that were read, in the list's order.
    pub(crate) fn data_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (index, hash) in self.hashes.iter().enumerate() {
            if let Some(hash) = hash {
                hasher.update(self.source.name(index).as_bytes());
                hasher.update(&[0]);
                hasher.update(hash.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Parts that were left out, each with the reason.
    pub(crate) fn into_unreadable(self) -> Vec<String> {
        let mut told = HashSet::new();
        // One that was read twice is told once.
        self.unreadable.into_iter().filter(|reason| told.insert(reason.clone())).collect()
    }
}
