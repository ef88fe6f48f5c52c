//! Weight files of other programs: safetensors, and what `torch.save` writes. Only names, shapes and numbers are read;
//! nothing that a file asks to be run is run. A tensor is unpacked when it is asked for, so what fits nowhere costs
//! no memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchReader};
use safetensors::{Dtype, SafeTensors};

use crate::ModelError;

/// Larger files hold more than an encoder of ours.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 30;

/// What training programs put in front of a network's own names.
const WRAPPERS: [&str; 6] = ["state_dict.", "model_state_dict.", "model.", "module.", "backbone.", "encoder."];

/// Tensors of a file by the names that they have in their network.
#[derive(Debug)]
pub struct GivenWeights {
    path: PathBuf,
    hash: String,
    content: Content,
    tensors: BTreeMap<String, Given>,
}

#[derive(Debug)]
enum Content {
    Safetensors(Vec<u8>),
    PyTorch(PytorchReader),
}

/// A tensor that was not unpacked yet.
#[derive(Debug)]
pub(super) struct Given {
    /// With what stands in front of it.
    pub(super) full_name: String,
    pub(super) shape: Vec<usize>,
}

impl GivenWeights {
    /// Reads the names and shapes of a `.safetensors`, `.pth` or `.pt` file; what it is shows in its content.
    ///
    /// # Errors
    /// When it cannot be read, is larger than 1 GiB, or is none of these.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let failed = |detail: String| ModelError::StartWeights { path: path.to_owned(), detail };
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let length = file.metadata().map_err(|error| failed(error.to_string()))?.len();
        let mut bytes = Vec::new();
        // The length may be wrong, or grow meanwhile: never more than one byte beyond the limit is read.
        if length <= MAX_FILE_BYTES {
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
        }
        if length.max(bytes.len() as u64) > MAX_FILE_BYTES {
            return Err(failed(format!("it has more than {} MiB", MAX_FILE_BYTES >> 20)));
        }
        // A safetensors file starts with its header's length in eight bytes, and the header is JSON.
        if bytes.get(8) == Some(&b'{') {
            return Self::from_safetensors(path, bytes);
        }
        let hash = blake3::hash(&bytes).to_hex().to_string();
        drop(bytes);
        let reader = PytorchReader::new(path).map_err(|error| failed(error.to_string()))?;
        let shapes = reader.tensors().iter().map(|(name, tensor)| (name.clone(), tensor.shape().to_vec()));
        let tensors = by_own_names(shapes);
        Ok(Self { path: path.to_owned(), hash, content: Content::PyTorch(reader), tensors })
    }

    /// From a safetensors file's bytes; the path is for messages.
    pub(super) fn from_safetensors(path: &Path, bytes: Vec<u8>) -> Result<Self, ModelError> {
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|error| ModelError::StartWeights { path: path.to_owned(), detail: error.to_string() })?;
        let tensors = by_own_names(file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())));
        Ok(Self { path: path.to_owned(), hash, content: Content::Safetensors(bytes), tensors })
    }

    /// BLAKE3 of the file, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.tensors.get(name)
    }

    /// Every tensor with its own name.
    pub(super) fn tensors(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.tensors.iter().map(|(name, given)| (name.as_str(), given))
    }

    /// Values of a tensor, row by row, in single precision.
    ///
    /// # Errors
    /// When it does not hold floating-point numbers, or the file is damaged.
    pub(super) fn values(&self, given: &Given) -> Result<Vec<f32>, ModelError> {
        let name = &given.full_name;
        let no_floats = || self.failed(format!("{name} holds no floating-point numbers"));
        let (bytes, kind) = match &self.content {
            Content::Safetensors(bytes) => {
                let file = SafeTensors::deserialize(bytes).map_err(|error| self.failed(error))?;
                let view = file.tensor(name).map_err(|error| self.failed(error))?;
                let kind = match view.dtype() {
                    Dtype::F64 => DType::F64,
                    Dtype::F32 => DType::F32,
                    Dtype::F16 => DType::F16,
                    Dtype::BF16 => DType::BF16,
                    _ => return Err(no_floats()),
                };
                (view.data().to_vec(), kind)
            }
            Content::PyTorch(reader) => {
                let tensor = reader.get(name).ok_or_else(|| self.failed(format!("{name} is missing")))?;
                (tensor.read().map_err(|error| self.failed(error))?, tensor.dtype())
            }
        };
        let values = match kind {
            DType::F64 => bytes.as_chunks::<8>().0.iter().map(|value| f64::from_le_bytes(*value) as f32).collect(),
            DType::F32 => bytes.as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value)).collect(),
            DType::F16 => bytes.as_chunks::<2>().0.iter().map(|value| f16::from_le_bytes(*value).to_f32()).collect(),
            DType::BF16 => bytes.as_chunks::<2>().0.iter().map(|value| bf16::from_le_bytes(*value).to_f32()).collect(),
            _ => return Err(no_floats()),
        };
        Ok(values)
    }

    pub(super) fn failed(&self, detail: impl ToString) -> ModelError {
        ModelError::StartWeights { path: self.path.clone(), detail: detail.to_string() }
    }
}

/// Names without what training programs put in front of them. Where two become the same, the one with less in front of
/// it counts, and the other keeps its full name, which fits nowhere.
fn by_own_names(tensors: impl Iterator<Item = (String, Vec<usize>)>) -> BTreeMap<String, Given> {
    let mut tensors: Vec<(String, Vec<usize>)> = tensors.collect();
    // The order of a PyTorch file's names is lost.
    tensors.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    let mut named = BTreeMap::new();
    for (full_name, shape) in tensors {
        let mut own = full_name.as_str();
        while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| own.strip_prefix(wrapper)) {
            own = rest;
        }
        let own = if named.contains_key(own) { full_name.clone() } else { own.to_owned() };
        named.insert(own, Given { full_name, shape });
    }
    named
}

#[cfg(test)]
mod tests;
