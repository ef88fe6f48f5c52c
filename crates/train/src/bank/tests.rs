//! Every kind of bank learns a model that comes back, judges, and is the same for the same seed.

use sightline_model::{Artefact, Judge};

use super::*;
use crate::BankWhiten;
use crate::testing::{Plates, SIDE, config, learned};

fn check(change: impl Fn(&mut LearnConfig)) -> Artefact {
    let mut config = config();
    change(&mut config);
    let learn = || learned(&Plates::new(24), &config).unwrap().artefact;
    let artefact = learn();
    let bytes = artefact.to_bytes().unwrap();
    assert!(bytes == learn().to_bytes().unwrap(), "the same seed learns another model");
    assert_eq!(artefact.card.bank, artefact.bank.card());
    let read = Artefact::from_bytes(&bytes).unwrap();
    Judge::load(&read, &sightline_model::choose(Some("cpu")).unwrap()).unwrap();
    assert!(read.card.calibration.scores.iter().all(|score| score.is_finite()));
    artefact
}

#[test]
fn whitened_and_projected_features_have_a_coreset() {
    let artefact = check(|config| (config.bank_whiten, config.bank_projection) = (BankWhiten::Whiten, 10));
    assert_eq!((artefact.card.bank.mixed, artefact.card.bank.gaussians), (Some(10), None));
    let Good::Coreset { rows } = &artefact.bank.good else { panic!("a coreset") };
    assert_eq!(rows.len(), 40 * 12);
}

#[test]
fn gaussians_stand_at_each_place_where_the_place_counts_and_fit_into_the_cap() {
    let artefact = check(|config| {
        (config.bank_kind, config.bank_place_weight, config.bank_projection) = (BankKind::Gaussian, 1.0, 7);
    });
    assert_eq!((artefact.card.bank.mixed, artefact.card.bank.gaussians), (Some(7), Some((SIDE / STRIDE).pow(2))));
}

#[test]
fn one_gaussian_serves_textures() {
    let artefact = check(|config| config.bank_kind = BankKind::Gaussian);
    assert_eq!((artefact.card.bank.mixed, artefact.card.bank.gaussians), (None, Some(1)));
}
