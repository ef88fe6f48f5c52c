//! A tiny model with random weights for the tests of this crate.

use burn::tensor::Device;
use sightline_core::{Channels, HeatMap, PictureSize, Recipe, Region};
use sightline_image::Input;

use crate::encoder::{EncoderConfig, ResNetConfig};
use crate::{
    Artefact, BankCard, BankValues, Branch, CalibrationCard, DeviceInfo, Fusion, KnownCard, KnownMade, KnownNetwork,
    Made, ModelCard, NetworkConfig, NormaliseCard, Places, RawScore, RecipeCard, TailCard, Weights, drawn,
};

/// Side of the pictures that the tiny model judges.
pub(crate) const SIDE: usize = 64;

pub(crate) fn cpu() -> DeviceInfo {
    DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() }
}

/// Values without a pattern, in -1..=1, always the same.
pub(crate) fn values(count: usize, salt: f32) -> Vec<f32> {
    (0..count).map(|i| ((i as f32 + 1.0) * 0.737 + salt).sin()).collect()
}

/// Both maps of a part that nobody judged.
fn raw(salt: f32) -> RawScore {
    let side = SIDE / 4;
    let map = |salt| HeatMap { width: side, height: side, values: values(side * side, salt) };
    RawScore { bank: map(salt), synthetic: map(salt + 0.5), grain: None }
}

/// A grey model of width 4 whose memory bank keeps five cells.
pub(crate) fn tiny(ignore: Vec<Region>) -> Artefact {
    let encoder = EncoderConfig::ResNet(ResNetConfig::resnet18(1, 4));
    let network = NetworkConfig { encoder, projection: 8, head: 4 };
    let dimensions = network.cell_dimensions();
    let size = PictureSize { width: SIDE as u32, height: SIDE as u32 };
    let recipe = Recipe { ignore, ..Recipe::new("Ring 7", size, Channels::Grey) };
    let card = ModelCard {
        recipe: RecipeCard::from(&recipe),
        normalise: NormaliseCard { mean: vec![0.1], std: vec![0.3], local_window: None },
        alignment: None,
        places: Places::fit(&[raw(0.2), raw(0.7), raw(1.1)]),
        fusion: Fusion {
            bank: Branch { median: 1.0 / 3.0, spread: 0.1, weight: 0.5 },
            synthetic: Branch { median: -2.0 / 7.0, spread: 0.3, weight: 1.0 },
            peak_cells: None,
            grain: None,
        },
        calibration: CalibrationCard { scores: (0..20).map(|i| f64::from(i) / 3.0).collect() },
        bank_dimensions: dimensions,
        known: None,
        bank: BankCard::default(),
        made: Made {
            version: "0.1.0".to_owned(),
            burn: "test".to_owned(),
            seed: 7,
            config: serde_json::json!({ "width": 4 }),
            start: None,
            data_hash: "c0ffee".to_owned(),
            parts_learned: 20,
            parts_standardised: 5,
            parts_calibrated: 20,
            device: "cpu".to_owned(),
            final_loss: 0.25,
        },
        network,
        all_ways: false,
    };
    let device = Device::flex();
    let weights = Weights::of(&drawn(1, &device, || card.network.init(&device)));
    let scale = values(dimensions, 0.2).into_iter().map(|value| value.abs() + 0.5).collect();
    let bank = BankValues::coreset(values(dimensions, 0.1), scale, values(5 * dimensions, 0.3));
    Artefact { weights, known: None, bank, card }
}

/// The tiny model after learning two classes from labels.
pub(crate) fn taught() -> Artefact {
    let mut artefact = tiny(Vec::new());
    let branch = |median| Branch { median, spread: 0.3, weight: 1.0 };
    let tail = |start| TailCard { start, mean_excess: 0.5 };
    let card = KnownCard {
        classes: vec!["pit".to_owned(), "scratch".to_owned()],
        hidden: 6,
        peak: branch(-0.2),
        decision: branch(0.1),
        known_tail: tail(0.4),
        novel_tail: tail(1.0),
        map_tails: [tail(0.8), tail(0.2)],
        share: 0.5,
        together: 0.0,
        all_ways: false,
        made: KnownMade {
            config: serde_json::json!({ "steps": 4 }),
            label_hash: "ba5e".to_owned(),
            defects: 9,
            good: 1,
            final_loss: 0.5,
        },
    };
    let (config, device) = (&artefact.card.network, Device::flex());
    let known =
        drawn(2, &device, || KnownNetwork::new(config.init(&device), config, card.hidden, card.classes.len(), &device));
    artefact.known = Some(Weights::of(&known));
    artefact.card.known = Some(card);
    artefact
}

/// Prepared pictures for the tiny model.
pub(crate) fn inputs(count: usize) -> Vec<Input> {
    let input = |salt| Input { channels: 1, height: SIDE, width: SIDE, values: values(SIDE * SIDE, salt as f32 * 1.3) };
    (0..count).map(input).collect()
}
