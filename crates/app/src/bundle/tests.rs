use std::ops::ControlFlow;

use super::*;
use crate::testing::{config, write_plate};
use crate::{LineSettings, inspect_file, learn_line, load_live_model, promote_model, roll_back};

/// A line that has learned from plates with a seed.
fn learned_line(dir: &Path, name: &str, seed: u64) -> Line {
    let [good, watched] = ["good", "watched"].map(|part| dir.join(format!("{name} {part}")));
    [&good, &watched].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..24).for_each(|number| write_plate(&good.join(format!("{number:02}.ppm")), number));
    let settings = LineSettings {
        judged_side: 64,
        device: Some("cpu".to_owned()),
        seed,
        ..LineSettings::new("Plate", good, watched)
    };
    let line = Line::init(&dir.join(name), settings).unwrap();
    let config = sightline_train::LearnConfig { seed, ..config() };
    learn_line(&line, &config, &mut |_| ControlFlow::Continue(())).unwrap();
    line
}

/// The live model's id, and its scores to the bit.
fn scores(line: &Line) -> (String, Vec<Option<u64>>) {
    let store = Store::open(&line.folder).unwrap();
    let model = load_live_model(&store, &line.folder, &sightline_model::choose(Some("cpu")).unwrap()).unwrap();
    let part = line.folder.join("part.ppm");
    let score = |number| {
        write_plate(&part, number);
        inspect_file(&model, &part).scored.map(|scored| scored.score.to_bits())
    };
    (model.id.clone(), (40..46).map(score).collect())
}

#[test]
fn a_model_judges_elsewhere_to_the_bit_and_the_way_back_is_to_the_bit_too() {
    let dir = tempfile::tempdir().unwrap();
    let [theirs, ours] = [("theirs", 1), ("ours", 2)].map(|(name, seed)| learned_line(dir.path(), name, seed));
    let (from, before) = (scores(&theirs), scores(&ours));
    assert!(from.0 != before.0 && from.1 != before.1 && from.1.iter().all(Option::is_some));
    let bundle = dir.path().join("plate.sightline");
    assert_eq!(export_bundle(&theirs, None, &bundle).unwrap(), from.0);
    assert_eq!(import_bundle(&ours, &bundle).unwrap(), from.0);
    assert_eq!(import_bundle(&ours, &bundle).unwrap(), from.0, "taken over twice is once");
    assert_eq!(scores(&ours), before, "it waits until it is promoted");
    promote_model(&ours, &from.0, "Kim").unwrap();
    assert_eq!(scores(&ours), from);
    assert_eq!(roll_back(&ours, "Kim").unwrap().id, before.0);
    assert_eq!(scores(&ours), before);
    assert_eq!(Store::open(&ours.folder).unwrap().models().unwrap().len(), 2);
}

#[test]
fn what_is_damaged_or_looks_at_parts_otherwise_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let line = learned_line(dir.path(), "line", 1);
    let (bundle, broken) = (dir.path().join("whole.sightline"), dir.path().join("broken.sightline"));
    export_bundle(&line, None, &bundle).unwrap();
    let bytes = std::fs::read(&bundle).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&broken, bytes).unwrap();
        assert!(matches!(import_bundle(&line, &broken), Err(AppError::Model { .. })));
    };
    refused(&bytes[..bytes.len() - 1]);
    refused(b"PK");
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    refused(&changed);
    let turned = Line { settings: LineSettings { may_turn: true, ..line.settings.clone() }, ..line.clone() };
    let said = import_bundle(&turned, &bundle).unwrap_err().to_string();
    assert!(said.contains("how parts may lie"), "{said}");
    assert_eq!(Store::open(&line.folder).unwrap().models().unwrap().len(), 1);
}
