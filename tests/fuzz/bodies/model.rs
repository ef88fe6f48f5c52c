//! Any bytes as a model file: refused or whole. They are tried as they are, and with the bank's length and the checksum
//! made to fit, which only a person could have done: else no change of a byte would come further than the checksum.

use sightline_model::Artefact;

/// Where the header says how long card, weights and bank are, and where it ends.
const CARD: usize = 12;
const WEIGHTS: usize = 20;
const BANK: usize = 28;
const HEADER: usize = 36;

/// Bytes that may be live: what the file holds, parsed beside itself. A number of the card takes two signs there and
/// eight bytes here, in a list that grows by doubling.
pub(crate) fn limit(input: &[u8]) -> usize {
    32 * input.len() + (1 << 20)
}

/// Reads the model; true when it is whole.
pub(crate) fn run(input: &[u8]) -> bool {
    let is_whole = Artefact::from_bytes(input).is_ok();
    is_whole || sealed(input).is_some_and(|sealed| Artefact::from_bytes(&sealed).is_ok())
}

fn sealed(input: &[u8]) -> Option<Vec<u8>> {
    let length = |at: usize| Some(u64::from_le_bytes(input.get(at..at + 8)?.try_into().ok()?));
    let before_bank = (HEADER as u64).checked_add(length(CARD)?)?.checked_add(length(WEIGHTS)?)?;
    let mut whole = input.to_vec();
    if let Some(bank) = (whole.len() as u64).checked_sub(before_bank) {
        whole.get_mut(BANK..HEADER)?.copy_from_slice(&bank.to_le_bytes());
    }
    let checksum = blake3::hash(&whole);
    whole.extend_from_slice(checksum.as_bytes());
    Some(whole)
}
