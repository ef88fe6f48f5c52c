//! Whole runs on small plates: repeatable, cancellable, honest about what was left out.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use burn::tensor::Device;
use sightline_image::{Frame, Pixels};

use super::*;
use crate::testing::{Dark, Plates, SIDE, config, learn_with, learned, recipe};

#[test]
fn the_same_seed_learns_the_same_model_and_another_seed_another() {
    let run = |seed: u64| learned(&Plates::new(24), &LearnConfig { seed, ..config() }).unwrap().artefact;
    let (first, second, other) = (run(5), run(5), run(6));
    let hash = |artefact: &Artefact| blake3::hash(&artefact.to_bytes().unwrap());
    assert_eq!(hash(&first), hash(&second));
    assert_ne!(first.weights, other.weights);
    assert_ne!(first.bank, other.bank);
    assert_eq!(first.card.made.data_hash, other.card.made.data_hash);
}

#[test]
fn every_stage_can_be_cancelled() {
    for stage in [LearnStage::Read, LearnStage::Pretrain, LearnStage::Bank, LearnStage::Calibrate] {
        let mut last = None;
        let outcome = learn_with(&Plates::new(24), &config(), |progress| {
            last = Some(progress.stage);
            if progress.stage == stage { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(outcome, Err(TrainError::Cancelled)), "{stage:?}: {outcome:?}");
        assert_eq!(last, Some(stage), "a report after the cancel");
    }
}

#[test]
fn the_choice_of_the_bank_can_be_cancelled_too() {
    let outcome = learn_with(&Plates::new(24), &config(), |progress| {
        let choosing = progress.stage == LearnStage::Bank && 2 * progress.done > progress.total + 1;
        if choosing { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(outcome, Err(TrainError::Cancelled)), "{outcome:?}");
}

#[test]
fn reports_go_forward_and_tell_the_loss() {
    let mut reports = Vec::new();
    learn_with(&Plates::new(24), &config(), |progress| {
        reports.push(progress.clone());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(reports.windows(2).all(|pair| (pair[0].stage, pair[0].done) <= (pair[1].stage, pair[1].done)));
    assert!(reports.iter().all(|report| report.done <= report.total));
    let with_loss = reports.iter().filter(|report| report.loss.is_some());
    assert!(with_loss.clone().all(|report| report.stage == LearnStage::Pretrain));
    assert_eq!(with_loss.count(), config().pretrain.steps);
    for stage in [LearnStage::Read, LearnStage::Pretrain, LearnStage::Bank, LearnStage::Calibrate] {
        let last = reports.iter().rfind(|report| report.stage == stage).unwrap();
        assert_eq!(last.done, last.total, "{stage:?}");
    }
}

#[test]
fn too_few_parts_are_refused_with_how_many_there_are() {
    let check = |count: usize, broken: Vec<usize>, expected: usize| {
        let outcome = learned(&Plates { broken, ..Plates::new(count) }, &config());
        match outcome {
            Err(TrainError::TooFewParts { found, needed: MIN_PARTS }) => assert_eq!(found, expected, "{count} parts"),
            other => panic!("{count} parts: {other:?}"),
        }
    };
    check(0, vec![], 0);
    check(MIN_PARTS - 1, vec![], MIN_PARTS - 1);
    check(24, (0..24).collect(), 0);
}

#[test]
fn unreadable_parts_are_left_out_and_named() {
    let broken = vec![3, 7, 20];
    let Learned { artefact, mut unreadable, .. } =
        learned(&Plates { broken: broken.clone(), ..Plates::new(24) }, &config()).unwrap();
    unreadable.sort();
    assert_eq!(unreadable, ["plate-20.png is cut off", "plate-3.png is cut off", "plate-7.png is cut off"]);
    let made = &artefact.card.made;
    assert_eq!(made.parts_learned + made.parts_standardised + made.parts_calibrated, 24 - broken.len());
    assert_eq!(artefact.card.calibration.scores.len(), made.parts_calibrated);
}

#[test]
fn a_group_is_never_on_two_sides_and_the_promise_gets_its_parts() {
    for (count, group_size, enough) in [(24, 2, false), (60, 3, false), (300, 5, false), (400, 4, true), (900, 7, true)]
    {
        let source = Plates { group_size, ..Plates::new(count) };
        let sides = split_good_parts(&recipe(), &config(), &source);
        let groups = |wanted: usize| -> BTreeSet<String> {
            indices(&sides, wanted).into_iter().map(|index| source.group(index)).collect()
        };
        let sides_of = [LEARN, STANDARDISE, CALIBRATE].map(groups);
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert!(sides_of[a].is_disjoint(&sides_of[b]), "{count} parts in groups of {group_size}");
        }
        assert!(sides_of.iter().all(|side| !side.is_empty()), "{count} parts in groups of {group_size}");
        let needed = promise::parts_needed(recipe().false_reject_limit, recipe().confidence);
        assert_eq!(indices(&sides, CALIBRATE).len() >= needed, enough, "{count} parts in groups of {group_size}");
    }
}

#[test]
fn the_loss_falls() {
    let mut config = config();
    (config.pretrain.steps, config.pretrain.learning_rate) = (300, 5e-3);
    let mut losses = Vec::new();
    let learned = learn_with(&Plates::new(24), &config, |progress| {
        losses.extend(progress.loss);
        ControlFlow::Continue(())
    })
    .unwrap();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    // Fifteen steps may be lucky or not by a tenth: some drawn defects are hard. Sixty are not.
    let (first, last) = (mean(&losses[..15]), mean(&losses[240..]));
    assert!(last < 0.9 * first, "{first} at the start, {last} at the end");
    assert!((learned.artefact.card.made.final_loss - mean(&losses[270..])).abs() < 1e-9);
}

#[test]
fn what_was_learned_loads_and_agrees_with_its_calibration() {
    let source = Plates::new(24);
    let artefact = learned(&source, &config()).unwrap().artefact;
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let judge = sightline_model::Judge::load(&artefact, &device).unwrap();
    let held_out = indices(&split_good_parts(&recipe(), &config(), &source), CALIBRATE);
    let mut scores: Vec<f64> = held_out
        .into_iter()
        .map(|index| judge.score(&[judge.prepare(&source.load(index).unwrap().frame).unwrap()]).unwrap()[0].novel)
        .collect();
    scores.sort_by(f64::total_cmp);
    assert_eq!(scores.len(), artefact.card.calibration.scores.len());
    for (live, calibrated) in scores.iter().zip(&artefact.card.calibration.scores) {
        // Batches of another size sum in another order.
        assert!((live - calibrated).abs() < 1e-2, "{live} live, {calibrated} while calibrating");
    }
}

#[test]
fn parts_that_are_shown_in_tiles_are_learned_and_judged_so() {
    let source = Plates::new(24);
    let size = sightline_core::PictureSize { width: 160, height: 96 };
    let recipe = Recipe { input: size, ..recipe() };
    let config = LearnConfig { tile: Some(64), ..config() };
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let request = LearnRequest {
        recipe: &recipe,
        config: &config,
        source: &source,
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let mut reports = Vec::new();
    let learned = learn(&request, &mut |progress| {
        reports.push((progress.stage, progress.done, progress.total));
        ControlFlow::Continue(())
    })
    .unwrap();
    let calibrating: Vec<_> = reports.iter().filter(|report| report.0 == LearnStage::Calibrate).collect();
    assert!(calibrating.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].2 == pair[1].2), "{calibrating:?}");
    let card = &learned.artefact.card;
    assert_eq!(Recipe::from(&card.recipe).tiles, Some(sightline_core::Tiles { side: 64, overlap: 32 }));
    assert_eq!(card.fusion.peak_cells, Some(16 * 16));
    let made = &card.made;
    assert_eq!(made.parts_learned + made.parts_standardised + made.parts_calibrated, 24);
    let judge = sightline_model::Judge::load(&learned.artefact, &device).unwrap();
    for (index, calibrated) in learned.held_out {
        let scored = judge.score(&[judge.prepare(&source.load(index).unwrap().frame).unwrap()]).unwrap().remove(0);
        assert_eq!((scored.map.width, scored.map.height), (40, 24));
        assert!((scored.novel - calibrated).abs() < 1e-2, "{} live, {calibrated} while calibrating", scored.novel);
    }
}

#[test]
fn good_parts_on_which_no_grain_is_seen_are_left_out_of_the_limit_and_named() {
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let request = LearnRequest {
        recipe: &recipe(),
        config: &LearnConfig { grain: true, ..config() },
        source: &Dark(Plates::new(60), |index| index.is_multiple_of(5)),
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let learned = learn(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    let named = learned.unreadable.iter().filter(|reason| reason.contains("no part with a grain")).count();
    assert!((1..=12).contains(&named), "{:?}", learned.unreadable);
    let scores = &learned.artefact.card.calibration.scores;
    assert!(scores.len() > 10 && scores.iter().all(|score| *score < 1000.0), "{scores:?}");
    assert!(learned.held_out.iter().all(|(index, _)| !index.is_multiple_of(5)));
}

#[test]
fn a_grain_that_most_parts_do_not_show_is_refused_before_anything_is_learned() {
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let request = LearnRequest {
        recipe: &recipe(),
        config: &LearnConfig { grain: true, ..config() },
        source: &Dark(Plates::new(60), |index| !index.is_multiple_of(5)),
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let mut stages = Vec::new();
    let refused = learn(&request, &mut |progress| {
        stages.push(progress.stage);
        ControlFlow::Continue(())
    });
    assert!(refused.unwrap_err().to_string().contains("parts that have one"));
    assert!(stages.iter().all(|stage| *stage == LearnStage::Read), "{stages:?}");
}

#[test]
fn what_interrupts_the_grain_counts_where_that_is_asked_for() {
    let source = Plates::new(40);
    let config = LearnConfig { grain: true, ..config() };
    let learned = learned(&source, &config).unwrap();
    let artefact = sightline_model::Artefact::from_bytes(&learned.artefact.to_bytes().unwrap()).unwrap();
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let judge = sightline_model::Judge::load(&artefact, &device).unwrap();
    let score = |frame: &Frame| judge.score(&[judge.prepare(frame).unwrap()]).unwrap().remove(0);
    for (index, calibrated) in learned.held_out {
        let live = score(&source.load(index).unwrap().frame);
        assert!((live.novel - calibrated).abs() < 1e-2, "{} live, {calibrated} while calibrating", live.novel);
    }
    let plate = Plates::new(100).load(99).unwrap().frame;
    let Pixels::Grey8(samples) = plate.pixels() else { panic!("{plate:?}") };
    // A patch that was brushed the other way: as bright, of the same strength.
    let brushed = |pixel: usize| {
        let (x, y) = (pixel % SIDE, pixel / SIDE);
        if (20..44).contains(&x) && (20..44).contains(&y) { samples[x * SIDE + y] } else { samples[pixel] }
    };
    let patched = Frame::new(plate.size(), Pixels::Grey8((0..SIDE * SIDE).map(brushed).collect())).unwrap();
    let (whole, interrupted) = (score(&plate), score(&patched));
    assert!(interrupted.score > whole.score + 3.0, "{} and {}", interrupted.score, whole.score);
    let strongest = |scored: &sightline_core::Scored| {
        let values = scored.map.values.iter().enumerate();
        values.max_by(|a, b| a.1.total_cmp(b.1)).map(|(cell, _)| (cell % 16, cell / 16)).unwrap()
    };
    // The grain alone, where the network says next to nothing.
    let mut silenced = artefact.clone();
    silenced.card.fusion.grain.as_mut().unwrap().network.spread = 1e9;
    let silenced = sightline_model::Judge::load(&silenced, &device).unwrap();
    let alone = |frame: &Frame| silenced.score(&[silenced.prepare(frame).unwrap()]).unwrap()[0].score;
    assert!(alone(&patched) > alone(&plate) + 3.0, "{} and {}", alone(&patched), alone(&plate));
    let (x, y) = strongest(&interrupted);
    assert!((3..13).contains(&x) && (3..13).contains(&y), "{x}, {y}");

    // Where no part is seen there is no grain: among good parts it is named, on the line it is never a pass.
    let dark = Frame::new(plate.size(), Pixels::Grey8(vec![0; SIDE * SIDE])).unwrap();
    assert_eq!(score(&dark).score, sightline_model::UNMEASURED);

    let mut broken = artefact.clone();
    broken.card.fusion.grain.as_mut().unwrap().figures[2].median = f64::INFINITY;
    assert!(sightline_model::Judge::load(&broken, &device).is_err());
    let tiled = LearnConfig { tile: Some(32), ..config };
    let size = sightline_core::PictureSize { width: 96, height: 96 };
    let request = LearnRequest {
        recipe: &Recipe { input: size, ..recipe() },
        config: &tiled,
        source: &source,
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let refused = learn(&request, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(refused.contains("grain"), "{refused}");
}

#[test]
fn a_recipe_that_ignores_everything_is_refused_before_anything_is_read() {
    let square = |to: f32| sightline_core::Outline { corners: vec![(0.0, 0.0), (to, 0.0), (to, 1.0), (0.0, 1.0)] };
    let check =
        |to: f32| check_judged(&Preprocess { ignore_outlines: vec![square(to)], ..Preprocess::from(&recipe()) });
    assert!(check(0.9).is_ok());
    let error = check(1.0).unwrap_err().to_string();
    assert!(error.contains("100.0 % of the region"), "{error}");
}
