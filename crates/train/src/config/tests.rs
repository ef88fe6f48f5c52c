//! Settings are checked, and every encoder learns.

use std::path::Path;

use super::*;
use crate::testing::{Plates, config, learned};

#[test]
fn defaults_are_in_range_and_a_wild_setting_is_named() {
    for effort in [Effort::Quick, Effort::Standard, Effort::Thorough] {
        LearnConfig::new(effort).check().unwrap();
    }
    let mut wild = LearnConfig::new(Effort::Quick);
    wild.pretrain.temperature = 0.0;
    assert!(wild.check().unwrap_err().to_string().contains("temperature"));
}

#[test]
fn parts_are_looked_at_in_all_ways_only_where_they_may_lie_so() {
    let all_ways = LearnConfig { all_ways: true, ..LearnConfig::new(Effort::Quick) };
    let either = Poses { may_turn: true, may_flip: false };
    all_ways.check_ways(either).unwrap();
    assert!(all_ways.check_ways(Poses::default()).unwrap_err().to_string().contains("lie one way"));
    let in_place = LearnConfig { bank_place_weight: 30.0, ..all_ways };
    assert!(in_place.check_ways(either).unwrap_err().to_string().contains("places"));
    LearnConfig::new(Effort::Quick).check_ways(Poses::default()).unwrap();
}

#[test]
fn every_kind_of_encoder_learns_a_model_that_loads() {
    for (encoder, dimensions) in [
        (EncoderKind::Resnet34, 2 * 4 + 4 * 4),
        (EncoderKind::Resnet50, 8 * 4 + 16 * 4),
        (EncoderKind::VitTiny, 2 * 192),
    ] {
        let mut config = config().with_encoder(encoder);
        (config.pretrain.steps, config.pretrain.batch) = (2, 2);
        let artefact = learned(&Plates::new(16), &config).unwrap().artefact;
        assert_eq!(artefact.card.bank_dimensions, dimensions + sightline_model::PLACE, "{encoder:?}");
        let bytes = artefact.to_bytes().unwrap();
        if encoder.is_vit() {
            let again = learned(&Plates::new(16), &config).unwrap().artefact;
            assert!(bytes == again.to_bytes().unwrap(), "the same seed learns another model");
        }
        let read = sightline_model::Artefact::from_bytes(&bytes).unwrap();
        sightline_model::Judge::load(&read, &sightline_model::choose(Some("cpu")).unwrap()).unwrap();
    }
}

#[test]
fn a_run_starts_from_given_weights_and_the_model_says_which() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/goldens/start.pth");
    let mut config = LearnConfig { width: 1, start_weights: Some(path.clone()), ..config() };
    // Too small a step to move a weight.
    config.pretrain.learning_rate = 1e-8;
    let artefact = learned(&Plates::new(24), &config).unwrap().artefact;
    let start = artefact.card.made.start.clone().unwrap();
    assert_eq!(start.hash, blake3::hash(&std::fs::read(&path).unwrap()).to_hex().to_string());
    assert_eq!((start.loaded, start.missing.len()), (100, 0));
    assert_eq!(start.reshaped, ["conv1.weight (the sum of three planes for one, zeros for its local contrast)"]);
    assert!(!artefact.card.made.config.to_string().contains("start.pth"), "a path is not part of a model");
    let at_random = learned(&Plates::new(24), &LearnConfig { start_weights: None, ..config.clone() }).unwrap().artefact;
    assert_eq!(at_random.card.made.start, None);
    assert_ne!(at_random.weights, artefact.weights);

    let refused = learned(&Plates::new(24), &LearnConfig { width: 4, ..config }).unwrap_err().to_string();
    assert!(refused.contains("1 × 3 × 7 × 7 in the file, 4 × 2 × 7 × 7 in the encoder"), "{refused}");
}
