//! The model file: magic, format, card (JSON), weights (safetensors), memory bank, and a checksum over all of it.
//!
//! ```text
//! "SIGHTLN\0"  format u32  card length u64  weights length u64  bank length u64   (little endian)
//! card | weights | bank: f32, in the order of [`BankValues`] | BLAKE3 of everything before it, 32 bytes
//! ```
//!
//! Format 3 knows a coreset of standardised cells alone: mean[d], scale[d], rows[k·d]. Format 5 has the grain and labels of
//! parts in tiles, format 6 labels of parts that are looked at in all ways, and evidence of both halves together.

use std::io::Read;

use crate::{BankValues, ModelCard, ModelError, Weights};

const MAGIC: &[u8; 8] = b"SIGHTLN\0";
const FORMAT: u32 = 6;
/// The oldest format that is still read: without anything learned from labels.
const OLDEST: u32 = 3;
/// What names of the labelled half's weights begin with.
const KNOWN: &str = "known.";
const HEADER: usize = 8 + 4 + 3 * 8;
const CHECKSUM: usize = 32;

/// No model that Sightline writes is larger.
pub const MAX_MODEL_BYTES: u64 = 2 << 30;

/// The longest card that is read by itself; a score of each calibration part stands in it.
const MAX_CARD_BYTES: u64 = 64 << 20;

/// A model as it lies in a file.
#[derive(Debug, Clone)]
pub struct Artefact {
    /// The readable part.
    pub card: ModelCard,
    /// Weights and running statistics of the network.
    pub weights: Weights,
    /// Weights of the half that labels trained, when there is one.
    pub known: Option<Weights>,
    /// What good cells look like; the card says the same of it as [`BankValues::card`].
    pub bank: BankValues,
}

impl Artefact {
    /// The file's bytes: the same for the same model, to the last bit, so that their hash names it.
    ///
    /// # Errors
    /// When the card or the weights cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let card = serde_json::to_vec(&self.card).map_err(|e| damaged("model card", e))?;
        let weights = match &self.known {
            Some(known) => self.weights.clone().with(KNOWN, known).to_bytes()?,
            None => self.weights.to_bytes()?,
        };
        let floats = self.bank.parts();
        let bank_bytes: usize = floats.iter().map(|values| values.len() * 4).sum();
        let mut bytes = Vec::with_capacity(HEADER + card.len() + weights.len() + bank_bytes + CHECKSUM);
        bytes.extend_from_slice(MAGIC);
        let format = self.format();
        bytes.extend_from_slice(&format.to_le_bytes());
        for length in [card.len(), weights.len(), bank_bytes] {
            bytes.extend_from_slice(&(length as u64).to_le_bytes());
        }
        bytes.extend_from_slice(&card);
        bytes.extend_from_slice(&weights);
        for value in floats.into_iter().flatten() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(checksum.as_bytes());
        Ok(bytes)
    }

    /// The oldest format that says all of the model, so that older versions can read it.
    fn format(&self) -> u32 {
        let known = self.card.known.as_ref();
        if known.is_some_and(|known| known.all_ways || known.together > 0.0) {
            FORMAT
        } else if self.card.fusion.grain.is_some() || (known.is_some() && self.card.recipe.tiles.is_some()) {
            5
        } else {
            4
        }
    }

    /// Reads a model file. Lengths are checked before anything is allocated, the checksum before anything is parsed.
    ///
    /// # Errors
    /// When the bytes are not a model, are damaged, or come from a newer Sightline.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let header = bytes.get(..HEADER).unwrap_or_default();
        let [card, weights, _] = lengths(header, bytes.len() as u64)?;
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if blake3::hash(content).as_bytes() != checksum {
            return Err(damaged("model file", "its checksum does not fit its content"));
        }
        let (card, rest) = content[HEADER..].split_at(card as usize);
        let (weights, bank) = rest.split_at(weights as usize);
        let card: ModelCard = serde_json::from_slice(card).map_err(|e| damaged("model card", e))?;
        let (weights, known) = Weights::from_bytes(weights)?.apart(KNOWN);
        let values: Vec<f32> = bank.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let bank = BankValues::from_parts(card.bank, card.bank_dimensions, &values)
            .filter(|_| bank.len() % 4 == 0)
            .ok_or_else(|| damaged("memory bank", format!("{} values are not what its card says", values.len())))?;
        Ok(Self { card, weights, known, bank })
    }
}

impl ModelCard {
    /// Reads the card alone from a model file of `length` bytes: enough to list models by. Whether the rest is whole is not
    /// looked at; [`Artefact::from_bytes`] does before a model judges.
    ///
    /// # Errors
    /// When the file cannot be read, is not a model, has another length than it claims, or comes from a newer Sightline.
    pub fn read(file: &mut impl Read, length: u64) -> Result<Self, ModelError> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(|error| damaged("model file", error))?;
        let [card, _, _] = lengths(&header, length)?;
        if card > MAX_CARD_BYTES {
            return Err(ModelError::TooLarge { bytes: card, limit: MAX_CARD_BYTES });
        }
        let mut bytes = vec![0; card as usize];
        file.read_exact(&mut bytes).map_err(|error| damaged("model file", error))?;
        serde_json::from_slice(&bytes).map_err(|error| damaged("model card", error))
    }
}

/// The lengths of card, weights and bank that a file's first bytes claim, when they fit the file's own length.
fn lengths(header: &[u8], of_file: u64) -> Result<[u64; 3], ModelError> {
    if of_file > MAX_MODEL_BYTES {
        return Err(ModelError::TooLarge { bytes: of_file, limit: MAX_MODEL_BYTES });
    }
    if header.len() < HEADER || !header.starts_with(MAGIC) {
        return Err(damaged("model file", "it does not start as a Sightline model does"));
    }
    let format = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
    if format > FORMAT {
        return Err(ModelError::Newer { found: format, known: FORMAT });
    }
    if format < OLDEST {
        return Err(damaged("model file", format!("its format is {format}, from before the first release")));
    }
    let lengths = [12, 20, 28].map(|at| {
        let mut length = [0; 8];
        length.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(length)
    });
    let expected = lengths
        .iter()
        .chain([&(HEADER as u64), &(CHECKSUM as u64)])
        .try_fold(0_u64, |sum, part| sum.checked_add(*part));
    if expected != Some(of_file) {
        return Err(damaged("model file", format!("its length is {of_file}, not as its header says")));
    }
    Ok(lengths)
}

fn damaged(what: &'static str, detail: impl ToString) -> ModelError {
    ModelError::Damaged { what, detail: detail.to_string() }
}

#[cfg(test)]
mod tests;
