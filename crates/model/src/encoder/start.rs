//! Weights of a torchvision ResNet or a timm ViT into an encoder of ours, with a list of what did not fit.

use std::collections::BTreeSet;
use std::fmt;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::EncoderConfig;
use super::given::{Given, GivenWeights};
use super::position::bicubic;
use super::vit::MAX_GRID;
use crate::weights::Slot;
use crate::{ModelError, Weights};

/// Names in a file that a report keeps; a whole training state has thousands.
const MAX_UNUSED: usize = 200;

/// What became of weights that another program trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartReport {
    /// BLAKE3 of the file, in hex.
    pub hash: String,
    /// Weights of the encoder that start with the file's values.
    pub loaded: usize,
    /// Those of them whose shape was changed on the way, each with how.
    pub reshaped: Vec<String>,
    /// Weights of the encoder that start at random, each with the reason.
    pub missing: Vec<String>,
    /// Names in the file that the encoder has no place for, as a classifier's; the first two hundred.
    pub unused: Vec<String>,
    /// How many they are in all.
    pub unused_count: usize,
}

impl EncoderConfig {
    /// This encoder's weights from a file, under this encoder's names, and what did not fit. A three-channel first layer
    /// fits a one-channel encoder by the sum of its planes, position embeddings for another number of patches by
    /// interpolation, both as in timm, and planes of local contrast begin with zeros; everything else fits as it is, or
    /// not.
    ///
    /// # Errors
    /// When nothing fits, or the file is damaged.
    pub fn start_from(&self, given: &GivenWeights) -> Result<(Weights, StartReport), ModelError> {
        // Shapes only: no value of this encoder is ever drawn.
        let slots = Slot::of(&self.init(&Device::flex()));
        let mut weights = Weights::default();
        let (mut reshaped, mut missing, mut other_shape) = (Vec::new(), Vec::new(), None);
        for slot in &slots {
            let name = torch_name(slot);
            let Some(tensor) = given.get(&name) else {
                missing.push(format!("{name} (not in the file)"));
                continue;
            };
            match fitted(slot, &name, tensor, given)? {
                Some(Fitted { values, how }) => {
                    reshaped.extend(how.map(|how| format!("{name} ({how})")));
                    weights.insert(slot.path.join("."), slot.shape.clone(), &values);
                }
                None => {
                    let shapes = [&tensor.shape, &torch_shape(slot)].map(|shape| in_words(shape));
                    let reason = format!("{name} ({} in the file, {} in the encoder)", shapes[0], shapes[1]);
                    other_shape.get_or_insert(reason.clone());
                    missing.push(reason);
                }
            }
        }
        if missing.len() == slots.len() {
            let example = other_shape.map_or_else(String::new, |reason| format!("; for one, {reason}"));
            return Err(given.failed(format!("none of its tensors fits the encoder{example}")));
        }
        let wanted: BTreeSet<String> = slots.iter().map(torch_name).collect();
        // Beside counters that only training in PyTorch reads.
        let unused: Vec<String> = given
            .tensors()
            .filter(|(name, _)| !wanted.contains(*name) && !name.ends_with("num_batches_tracked"))
            .map(|(_, tensor)| tensor.full_name.clone())
            .collect();
        let report = StartReport {
            hash: given.hash().to_owned(),
            loaded: slots.len() - missing.len(),
            reshaped,
            missing,
            unused_count: unused.len(),
            unused: unused.into_iter().take(MAX_UNUSED).collect(),
        };
        Ok((weights, report))
    }
}

/// Values that have an encoder's shape.
struct Fitted {
    values: Vec<f32>,
    /// In words, when their shape was another.
    how: Option<String>,
}

impl Fitted {
    fn changed(values: Vec<f32>, how: String) -> Self {
        Self { values, how: Some(how) }
    }
}

/// A tensor for a place in the encoder, or nothing when it has another shape. Shapes are compared before values are read.
fn fitted(slot: &Slot, name: &str, tensor: &Given, given: &GivenWeights) -> Result<Option<Fitted>, ModelError> {
    let (theirs, ours) = (tensor.shape.as_slice(), torch_shape(slot));
    if theirs == ours {
        let values = given.values(tensor)?;
        let values = if slot.is_matrix { transposed(&values, theirs[0]) } else { values };
        return Ok(Some(Fitted { values, how: None }));
    }
    match (theirs, ours.as_slice()) {
        (&[out, 3, height, width], &[our_out, planes, our_height, our_width])
            if [out, height, width] == [our_out, our_height, our_width] && [1, 2, 6].contains(&planes) =>
        {
            let colour = given.values(tensor)?;
            let (values, how) = match planes {
                1 => (sum_of_planes(&colour, height * width), "the sum of three planes for one"),
                2 => {
                    let grey = sum_of_planes(&colour, height * width);
                    (with_zeros(&grey, height * width), "the sum of three planes for one, zeros for its local contrast")
                }
                _ => (with_zeros(&colour, 3 * height * width), "zeros for local contrast"),
            };
            Ok(Some(Fitted::changed(values, how.to_owned())))
        }
        (&[1, there, dimensions], &[1, here, our_dimensions])
            if name == "pos_embed" && dimensions == our_dimensions =>
        {
            let (Some(there), Some(here)) = (grid(there), grid(here)) else { return Ok(None) };
            let values = resized(&given.values(tensor)?, dimensions, there, here);
            Ok(Some(Fitted::changed(values, format!("interpolated from {there} × {there} patches to {here} × {here}"))))
        }
        _ => Ok(None),
    }
}

/// The other order of a matrix with this many rows.
fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows.max(1);
    (0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect()
}

/// For each kernel the sum of its three planes: what it says about a grey picture shown as a colour picture.
fn sum_of_planes(values: &[f32], plane: usize) -> Vec<f32> {
    let kernels = values.chunks_exact((3 * plane).max(1));
    kernels.flat_map(|kernel| (0..plane).map(|i| kernel[i] + kernel[plane + i] + kernel[2 * plane + i])).collect()
}

/// Behind each group of values as many zeros: planes that the file's weights do not know change nothing until they learn.
fn with_zeros(values: &[f32], group: usize) -> Vec<f32> {
    let groups = values.chunks_exact(group.max(1));
    groups.flat_map(|group| group.iter().copied().chain(std::iter::repeat_n(0.0, group.len()))).collect()
}

/// Rows of patches in a position embedding with a class token.
fn grid(tokens: usize) -> Option<usize> {
    let patches = tokens.checked_sub(1)?;
    let rows = patches.isqrt();
    (rows * rows == patches && (1..=MAX_GRID).contains(&rows)).then_some(rows)
}

/// Position embeddings, the class token's first, for another grid.
fn resized(values: &[f32], dimensions: usize, from: usize, to: usize) -> Vec<f32> {
    let (class, patches) = values.split_at(dimensions);
    let weights = bicubic(from, to);
    let mut resized = class.to_vec();
    for row in weights.chunks_exact(from) {
        for column in weights.chunks_exact(from) {
            let mut cell = vec![0.0; dimensions];
            for (y, by_row) in row.iter().enumerate() {
                for (x, by_column) in column.iter().enumerate() {
                    let start = (y * from + x) * dimensions;
                    let patch = &patches[start..start + dimensions];
                    cell.iter_mut().zip(patch).for_each(|(cell, patch)| *cell += by_row * by_column * patch);
                }
            }
            resized.extend(cell);
        }
    }
    resized
}

/// A shape as PyTorch has it: a linear layer's matrix has a row for each output there, a column for each here.
fn torch_shape(slot: &Slot) -> Vec<usize> {
    let mut shape = slot.shape.clone();
    if slot.is_matrix {
        shape.reverse();
    }
    shape
}

/// Our path in torchvision's and timm's words: `downsample.conv` is `downsample.0`, a norm's γ is `weight`.
fn torch_name(slot: &Slot) -> String {
    let mut names: Vec<&str> = slot.path.iter().map(String::as_str).collect();
    for i in 0..names.len() {
        names[i] = match (names[i], i.checked_sub(1).map(|before| names[before])) {
            ("conv", Some("downsample")) => "0",
            ("bn", Some("downsample")) => "1",
            ("gamma", _) => "weight",
            ("beta", _) => "bias",
            (name, _) => name,
        };
    }
    names.join(".")
}

fn in_words(shape: &[usize]) -> String {
    match shape {
        [] => "one number".to_owned(),
        shape => shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × "),
    }
}

/// Most names of a list that are said to people.
const SAID: usize = 8;

impl fmt::Display for StartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.loaded + self.missing.len();
        write!(f, "{} of {all} weights of the encoder start with the file's values", self.loaded)?;
        let lists = [
            ("with another shape", &self.reshaped, self.reshaped.len()),
            ("at random", &self.missing, self.missing.len()),
            ("not used", &self.unused, self.unused_count),
        ];
        for (title, list, count) in lists.into_iter().filter(|(_, list, _)| !list.is_empty()) {
            let said = &list[..list.len().min(SAID)];
            write!(f, "\n{title}: {}", said.join(", "))?;
            if count > said.len() {
                write!(f, " and {} more", count - said.len())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
