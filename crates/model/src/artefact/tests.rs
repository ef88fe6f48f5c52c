//! A model file comes back as it was written, or is refused in words: never a panic, never memory for lengths that a
//! damaged header claims.

use super::*;
use crate::encoder::{EncoderConfig, ResNetConfig};
use crate::testing::{SIDE, cpu, inputs, tiny, values};
use crate::{Good, Judge, TilesCard};

/// Where the three lengths stand in the header.
const LENGTHS: [usize; 3] = [12, 20, 28];

fn error_of(bytes: &[u8]) -> ModelError {
    Artefact::from_bytes(bytes).expect_err("it is no model")
}

fn check_damaged(bytes: &[u8], part: &str, what: &str) {
    match error_of(bytes) {
        ModelError::Damaged { what: named, .. } => assert_eq!(named, part, "{what}"),
        other => panic!("{what}: {other}"),
    }
}

/// Bytes whose checksum fits again after a change: what only a person could have written.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let content = bytes.len() - CHECKSUM;
    let checksum = blake3::hash(&bytes[..content]);
    bytes[content..].copy_from_slice(checksum.as_bytes());
    bytes
}

#[test]
fn a_model_comes_back_and_scores_the_same_to_the_last_bit() {
    let artefact = tiny(Vec::new());
    let back = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert_eq!(back.card, artefact.card);
    assert_eq!(back.bank, artefact.bank);
    let pictures = inputs(3);
    let [before, after] =
        [&artefact, &back].map(|artefact| Judge::load(artefact, &cpu()).unwrap().score(&pictures).unwrap());
    assert_ne!(before[0].novel, before[1].novel, "all pictures look alike to this model: the test shows nothing");
    for (before, after) in before.iter().zip(&after) {
        let bits = |scored: &sightline_core::Scored| {
            let map: Vec<u32> = scored.map.values.iter().map(|value| value.to_bits()).collect();
            (scored.novel.to_bits(), scored.bank.to_bits(), scored.synthetic.to_bits(), map)
        };
        assert_eq!(bits(before), bits(after));
    }
}

#[test]
fn the_card_is_read_without_the_rest_and_a_cut_file_is_refused() {
    let artefact = tiny(Vec::new());
    let bytes = artefact.to_bytes().unwrap();
    let card = serde_json::to_vec(&artefact.card).unwrap().len();
    let read = |mut there: &[u8], length| ModelCard::read(&mut there, length);
    assert_eq!(read(&bytes[..HEADER + card], bytes.len() as u64).unwrap(), artefact.card, "nothing behind it is read");
    assert!(matches!(read(&bytes, bytes.len() as u64 - 1), Err(ModelError::Damaged { .. })));
    assert!(matches!(read(&bytes[..HEADER + card - 1], bytes.len() as u64), Err(ModelError::Damaged { .. })));
    assert!(matches!(read(b"no model", 8), Err(ModelError::Damaged { .. })));
    let mut claims = bytes.clone();
    claims[LENGTHS[0]..LENGTHS[0] + 8].copy_from_slice(&(1_u64 << 30).to_le_bytes());
    let length = (1 << 30) + (bytes.len() - card) as u64;
    assert!(matches!(read(&claims, length), Err(ModelError::TooLarge { .. })), "no memory for what a header claims");
}

#[test]
fn a_file_has_the_oldest_format_that_says_all_of_the_model() {
    let format = |artefact: &Artefact| artefact.to_bytes().unwrap()[8];
    let mut artefact = crate::testing::taught();
    assert_eq!((format(&tiny(Vec::new())), format(&artefact)), (4, 4));
    artefact.card.known.as_mut().unwrap().together = 0.5;
    assert_eq!(format(&artefact), 6);
    let known = artefact.card.known.as_mut().unwrap();
    (known.together, known.all_ways) = (0.0, true);
    assert_eq!(format(&artefact), 6);
}

#[test]
fn a_file_of_the_format_before_is_read_as_a_coreset() {
    let artefact = tiny(Vec::new());
    let mut bytes = artefact.to_bytes().unwrap();
    bytes[8..12].copy_from_slice(&OLDEST.to_le_bytes());
    let back = Artefact::from_bytes(&sealed(bytes)).unwrap();
    assert_eq!((back.bank, back.card), (artefact.bank, artefact.card));
}

#[test]
fn a_bank_of_gaussians_over_mixed_features_comes_back_and_judges() {
    let mut artefact = tiny(Vec::new());
    let cells = (SIDE / 8) * (SIDE / 8);
    artefact.bank.reduction.matrix = values(6 * artefact.bank.reduction.features(), 0.8);
    artefact.bank.good = Good::Gaussians { mean: values(cells * 6, 0.3), whiten: values(cells * 21, 0.7) };
    artefact.card.bank = artefact.bank.card();
    let back = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert_eq!((&back.bank, &back.card), (&artefact.bank, &artefact.card));
    let scored = Judge::load(&back, &cpu()).unwrap().score(&inputs(1)).unwrap().remove(0);
    assert!(scored.bank.is_finite(), "{scored:?}");

    // For a picture of other cells.
    artefact.bank.good = Good::Gaussians { mean: values(9 * 6, 0.3), whiten: values(9 * 21, 0.7) };
    artefact.card.bank = artefact.bank.card();
    let read = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert!(matches!(Judge::load(&read, &cpu()), Err(ModelError::Damaged { what: "model card", .. })));
    // A card that says less than the file holds.
    artefact.card.bank.gaussians = None;
    check_damaged(&artefact.to_bytes().unwrap(), "memory bank", "Gaussians as a coreset");
}

#[test]
fn the_same_model_is_written_as_the_same_bytes() {
    let artefact = tiny(Vec::new());
    assert!(artefact.to_bytes().unwrap() == artefact.to_bytes().unwrap());
}

#[test]
fn scores_in_the_card_survive_to_the_last_place() {
    let mut artefact = tiny(Vec::new());
    artefact.card.calibration.scores = (1..2000).map(|i| f64::from(i).sqrt() * 3.7 - 40.0).collect();
    let back = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert_eq!(back.card.calibration.scores.len(), 1999);
    for (before, after) in artefact.card.calibration.scores.iter().zip(&back.card.calibration.scores) {
        // JSON is read fast, not exactly: one unit in the last place may be lost.
        assert!((before - after).abs() <= f64::EPSILON * before.abs(), "{before} came back as {after}");
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let bytes = tiny(Vec::new()).to_bytes().unwrap();
    let all_over = (HEADER..bytes.len()).step_by(bytes.len() / 150);
    for at in (0..HEADER).chain(all_over).chain(bytes.len() - CHECKSUM..bytes.len()) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        let error = error_of(&flipped);
        assert!(matches!(error, ModelError::Damaged { .. } | ModelError::Newer { .. }), "byte {at}: {error}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_damaged() {
    let bytes = tiny(Vec::new()).to_bytes().unwrap();
    let all_over = (HEADER..bytes.len()).step_by(bytes.len() / 150);
    for length in (0..=HEADER).chain(all_over).chain(bytes.len() - CHECKSUM - 1..bytes.len()) {
        check_damaged(&bytes[..length], "model file", &format!("cut off after {length} bytes"));
    }
    check_damaged(&[&bytes[..], &[0]].concat(), "model file", "one byte too many");
}

#[test]
fn other_files_and_newer_models_are_told_apart() {
    let bytes = tiny(Vec::new()).to_bytes().unwrap();
    let mut other = bytes.clone();
    other[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    check_damaged(&sealed(other), "model file", "a picture");
    let mut newer = bytes;
    newer[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    // Told before the checksum: a newer format may have another one.
    let error = error_of(&newer);
    assert!(matches!(error, ModelError::Newer { found, known: FORMAT } if found == FORMAT + 1), "{error}");
}

#[test]
fn absurd_lengths_are_refused_before_anything_is_allocated() {
    let bytes = tiny(Vec::new()).to_bytes().unwrap();
    let true_length = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let set = |lengths: &[(usize, u64)]| {
        let mut changed = bytes.clone();
        for (at, length) in lengths {
            changed[*at..*at + 8].copy_from_slice(&length.to_le_bytes());
        }
        sealed(changed)
    };
    for at in LENGTHS {
        for length in [u64::MAX, u64::MAX / 2, u64::from(u32::MAX), true_length(at) + 1, 0] {
            check_damaged(&set(&[(at, length)]), "model file", &format!("length {length} at {at}"));
        }
    }
    check_damaged(&set(&LENGTHS.map(|at| (at, u64::MAX))), "model file", "three times the largest length");
    // Lengths that add up to the file's length only when the sum overflows.
    let [card, weights, _] = LENGTHS;
    let wrapped = [(card, true_length(card).wrapping_sub(true_length(weights) + 2)), (weights, u64::MAX)];
    let sum = wrapped.iter().fold(0_u64, |sum, (_, length)| sum.wrapping_add(*length));
    let missing = (true_length(card) + true_length(weights)).wrapping_sub(sum);
    let wrapped = [(card, wrapped[0].1.wrapping_add(missing)), wrapped[1]];
    check_damaged(&set(&wrapped), "model file", "lengths that wrap around");
}

#[test]
fn a_card_that_does_not_fit_its_bank_or_network_is_refused() {
    let artefact = tiny(Vec::new());
    let bytes_with = |dimensions: usize| {
        let mut changed = artefact.clone();
        changed.card.bank_dimensions = dimensions;
        changed.to_bytes().unwrap()
    };
    for dimensions in [0, 23, 1_000_000, usize::MAX / 3 + 1, usize::MAX] {
        check_damaged(&bytes_with(dimensions), "memory bank", &format!("{dimensions} dimensions"));
    }
    let mut empty = artefact.clone();
    empty.bank.good = Good::Coreset { rows: Vec::new() };
    check_damaged(&empty.to_bytes().unwrap(), "memory bank", "a bank without rows");

    let refused = |change: &dyn Fn(&mut ModelCard), expected: &str| {
        let mut changed = artefact.clone();
        change(&mut changed.card);
        let read = Artefact::from_bytes(&changed.to_bytes().unwrap()).unwrap();
        match Judge::load(&read, &cpu()) {
            Err(ModelError::Damaged { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    };
    // Half as many: whole rows, but not of this network.
    refused(&|card| card.bank_dimensions /= 2, "memory bank");
    refused(&|card| card.network.encoder = EncoderConfig::ResNet(ResNetConfig::resnet18(3, 4)), "model card");
    refused(&|card| card.recipe.tiles = Some(TilesCard { side: 48, overlap: 32 }), "model card");
    refused(&|card| card.recipe.tiles = Some(TilesCard { side: 64, overlap: 64 }), "model card");
    refused(&|card| card.recipe.width = 4096, "model card");
    refused(&|card| card.recipe.region.left = 1.5, "model card");
    refused(&|card| card.recipe.ignore_outlines = vec![vec![(0.0, 0.0), (1.0, 1.0)]], "model card");
    refused(&|card| card.network.head = 5, "weights");
    refused(&|card| card.calibration.scores.clear(), "calibration");
    refused(&|card| card.recipe.confidence = 1.0, "calibration");
}
