//! A run's state in a file, from which it goes on as if nothing had happened: after a cancel, a crash, a power cut.
//!
//! ```text
//! "SIGHTCP\0"  format u32  header length u64   (little endian)
//! header (JSON) | weights, moments, keys | BLAKE3 of everything before it, 32 bytes
//! ```
//!
//! Batches depend on the seed and their step alone, so no generator's state is kept.

use std::collections::BTreeMap;
use std::io::Write;
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

const MAGIC: &[u8; 8] = b"SIGHTCP\0";
const FORMAT: u32 = 1;
const START: usize = 8 + 4 + 8;
const CHECKSUM: usize = 32;

/// The file, and what it is called while it is written.
const FILE: &str = "pretrain.slc";
const UNFINISHED: &str = ".pretrain.slc.part";

/// Removes a checkpoint and its folder; what else lies there stays, and so does the folder then.
///
/// # Errors
/// When the checkpoint is there and cannot be removed.
pub fn remove_checkpoint(folder: &Path) -> std::io::Result<()> {
    for name in [FILE, UNFINISHED] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // It fails where something else lies in it, which is none of ours.
    let _ = std::fs::remove_dir(folder);
    Ok(())
}

/// No run that Sightline can be set to has a larger state.
const MAX_BYTES: u64 = 16 << 30;

/// What a checkpoint must be of to be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// Sightline's version.
    pub(crate) version: String,
    /// BLAKE3 of the configuration, the recipe, the weights it started from and the device, in hex.
    pub(crate) settings: String,
    /// BLAKE3 over names, contents and sides of the good parts, in hex.
    pub(crate) data: String,
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
        let path = self.path();
        let unfinished = self.folder.join(UNFINISHED);
        let write = || {
            std::fs::create_dir_all(&self.folder)?;
            let mut file = std::fs::File::create(&unfinished)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(|error| self.failed(&path, error))
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
        let header = serde_json::to_vec(&header).map_err(|error| self.failed(&self.path(), error))?;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&header);
        sections.iter().for_each(|section| bytes.extend_from_slice(section));
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(checksum.as_bytes());
        Ok(bytes)
    }

    /// Takes up what lies in the folder, if it is of this run. Otherwise the state stays as it was.
    pub(crate) fn resume(&self, training: &mut Training, hardware: &Hardware<'_>) -> Found {
        let path = self.path();
        let length = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Found::Nothing,
            Err(error) => return Found::Refused(format!("{}: {error}", path.display())),
        };
        let read = match length <= MAX_BYTES {
            true => std::fs::read(&path).map_err(|error| error.to_string()),
            false => Err(format!("it has {length} bytes")),
        };
        let taken = read.and_then(|bytes| {
            let (header, sections) = self.parse(&bytes)?;
            guarded(&hardware.main.id, "taking up the state", || restore(training, header, &sections, hardware))
                .unwrap_or_else(|error| Err(error.to_string()))
        });
        match taken {
            Ok(()) => Found::Resumed(training.done()),
            Err(reason) => Found::Refused(format!("{}: {reason}", path.display())),
        }
    }

    /// Header and sections; lengths are checked before anything is allocated, the checksum before anything is parsed.
    fn parse<'a>(&self, bytes: &'a [u8]) -> Result<(Header, [&'a [u8]; 6]), String> {
        let Some((start, _)) = bytes.split_at_checked(START).filter(|(start, _)| start.starts_with(MAGIC)) else {
            return Err("it does not start as a checkpoint does".to_owned());
        };
        let format = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
        if format != FORMAT {
            return Err(format!("its format is {format}, known is {FORMAT}"));
        }
        let mut length = [0; 8];
        length.copy_from_slice(&start[12..]);
        let Some(content) = bytes.len().checked_sub(CHECKSUM).filter(|length| *length >= START) else {
            return Err("it is cut off".to_owned());
        };
        let (content, checksum) = bytes.split_at(content);
        if blake3::hash(content).as_bytes() != checksum {
            return Err("its checksum does not fit its content".to_owned());
        }
        let header = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        let Some((header, mut rest)) = content[START..].split_at_checked(header) else {
            return Err("its header is cut off".to_owned());
        };
        let header: Header = serde_json::from_slice(header).map_err(|error| error.to_string())?;
        let Origin { version, settings, data } = &header.origin;
        for (theirs, ours, what) in [
            (version, &self.origin.version, "another version of Sightline"),
            (settings, &self.origin.settings, "other settings"),
            (data, &self.origin.data, "other good parts"),
        ] {
            if theirs != ours {
                return Err(format!("it is of {what}"));
            }
        }
        let mut sections = [&[][..]; 6];
        for (section, length) in sections.iter_mut().zip(header.sections) {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let Some((taken, left)) = rest.split_at_checked(length) else {
                return Err("a section is cut off".to_owned());
            };
            (*section, rest) = (taken, left);
        }
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
