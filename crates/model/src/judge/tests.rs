//! What a judge refuses, and what it never looks at.

use super::*;
use crate::testing::{SIDE, cpu, inputs, tiny};
use sightline_core::Region;

fn judge(ignore: Vec<Region>) -> Judge {
    Judge::load(&tiny(ignore), &cpu()).unwrap()
}

#[test]
fn a_picture_of_another_size_is_refused_with_both_sizes() {
    let judge = judge(Vec::new());
    for (channels, height, width) in [(1, 32, SIDE), (1, SIDE, 96), (3, SIDE, SIDE)] {
        let wrong = Input { channels, height, width, values: vec![0.0; channels * height * width] };
        let mut batch = inputs(1);
        batch.push(wrong);
        match judge.score(&batch) {
            Err(ModelError::InputShape { found, expected }) => {
                assert_eq!((found, expected), ([channels, height, width], [1, SIDE, SIDE]));
            }
            other => panic!("{channels} × {height} × {width}: {other:?}"),
        }
    }
    assert_eq!(judge.score(&[]).unwrap(), []);
}

#[test]
fn a_part_scores_the_same_bits_alone_and_in_a_batch() {
    let judge = judge(Vec::new());
    assert!(matches!(judge.runtime(), Runtime::Graph { threads: 1.. }), "{:?}", judge.runtime());
    let pictures = inputs(5);
    let together = judge.score(&pictures).unwrap();
    for (picture, together) in pictures.iter().zip(together) {
        let alone = judge.score(std::slice::from_ref(picture)).unwrap().remove(0);
        assert_eq!(alone, together);
    }
}

#[test]
fn a_bank_with_values_that_are_no_numbers_is_refused() {
    let mut artefact = tiny(Vec::new());
    artefact.bank.reduction.scale[7] = f32::NAN;
    assert!(matches!(Judge::load(&artefact, &cpu()), Err(ModelError::Damaged { what: "memory bank", .. })));
}

#[test]
fn ignored_areas_count_for_nothing() {
    let right_half = Region { left: 0.5, ..Region::WHOLE };
    let (open, masked) = (tiny(Vec::new()), tiny(vec![right_half]));
    let masked = Artefact { weights: open.weights.clone(), ..masked };
    let [open, masked] = [&open, &masked].map(|artefact| Judge::load(artefact, &cpu()).unwrap());
    let mut picture = inputs(1).remove(0);
    // Strong evidence in the ignored half.
    for (pixel, value) in picture.values.iter_mut().enumerate() {
        if pixel % SIDE > 3 * SIDE / 4 {
            *value = if (pixel / SIDE + pixel).is_multiple_of(2) { 40.0 } else { -40.0 };
        }
    }
    let [open, masked] = [open, masked].map(|judge| judge.score(std::slice::from_ref(&picture)).unwrap().remove(0));
    assert!(open.novel > masked.novel, "{} with the area, {} without", open.novel, masked.novel);
    let width = masked.map.width;
    for (cell, (&masked, &open)) in masked.map.values.iter().zip(&open.map.values).enumerate() {
        match cell % width < width / 2 {
            true => assert_eq!(masked, open, "cell {cell}"),
            false => assert_eq!(masked, f32::NEG_INFINITY, "cell {cell}"),
        }
    }
    assert!(masked.map.peak().is_finite() && masked.novel.is_finite());
}

#[test]
fn a_picture_that_keeps_its_shape_has_a_map_of_its_own_shape_and_only_it_is_judged() {
    let mut artefact = tiny(Vec::new());
    artefact.card.recipe.keep_shape_scale = Some(1.0);
    let judge = Judge::load(&artefact, &cpu()).unwrap();
    let (height, width) = (40, 22);
    let values = inputs(1).remove(0).values;
    let small = Input { channels: 1, height, width, values: values[..height * width].to_vec() };
    let scored = judge.score(&[inputs(1).remove(0), small.clone()]).unwrap();
    assert_eq!((scored[0].map.width, scored[0].map.height), (SIDE / CELL, SIDE / CELL));
    assert_eq!((scored[1].map.width, scored[1].map.height, scored[1].map.values.len()), (6, 10, 60));
    assert!(scored[1].novel.is_finite() && scored[1].map.values.iter().all(|value| value.is_finite()));
    let large = Input { height: SIDE + 4, values: vec![0.0; (SIDE + 4) * SIDE], ..inputs(1).remove(0) };
    assert!(matches!(judge.score(&[large]), Err(ModelError::InputShape { .. })));
}

#[test]
fn a_part_that_is_looked_at_in_all_ways_is_told_the_same_however_it_lies() {
    let mut artefact = tiny(Vec::new());
    (artefact.card.recipe.may_turn, artefact.card.recipe.may_flip) = (true, true);
    let usual = Judge::load(&artefact, &cpu()).unwrap().into_raw();
    artefact.card.all_ways = true;
    let judge = Judge::load(&artefact, &cpu()).unwrap().into_raw();
    assert_eq!((usual.looks.len(), judge.looks.len()), (0, 3));
    let (picture, side) = (inputs(1).remove(0), SIDE / CELL);
    let plain = usual.looked_scores(std::slice::from_ref(&picture), side).unwrap().remove(0);
    for look in judge.looks.clone() {
        let both = judge.looked_scores(&[picture.clone(), look.at(&picture)], side).unwrap();
        for (one, other, plain) in
            [(&both[0].defect, &both[1].defect, &plain.defect), (&both[0].bank, &both[1].bank, &plain.bank)]
        {
            let mut back = vec![0.0; other.len()];
            look.add(&mut back, other, (side, side), side);
            assert!(one.iter().zip(&back).all(|(one, back)| (one - back).abs() < 1e-4), "{look:?}");
            assert!(one.iter().zip(plain).any(|(one, plain)| (one - plain).abs() > 1e-3), "{look:?} says nothing new");
        }
    }
}
