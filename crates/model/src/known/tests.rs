use super::card::USUAL;
use super::scorer::worse;
use super::*;
use crate::testing::{cpu, inputs, taught, tiny};
use crate::{Artefact, Branch, Judge};
use sightline_core::{Recipe, Region, Scored, Tail};

fn scored(artefact: &Artefact) -> Vec<Scored> {
    Judge::load(artefact, &cpu()).unwrap().score(&inputs(3)).unwrap()
}

fn scorer(artefact: &Artefact) -> KnownScorer {
    let (card, poses) = (&artefact.card, Recipe::from(&artefact.card.recipe).poses);
    let known = (card.known.as_ref().unwrap(), artefact.known.as_ref().unwrap());
    KnownScorer::load(&card.network, known, (card.preprocess().unwrap(), poses), &cpu()).unwrap()
}

#[test]
fn labels_leave_the_novel_half_as_it_was_and_the_stronger_half_decides() {
    let mut artefact = taught();
    let untaught = Artefact { known: None, ..artefact.clone() };
    let untaught = Artefact { card: crate::ModelCard { known: None, ..untaught.card.clone() }, ..untaught };
    let (before, after) = (scored(&untaught), scored(&artefact));
    let card = artefact.card.known.clone().unwrap();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.known, None);
        assert_eq!(
            [before.novel, before.bank, before.synthetic].map(f64::to_bits),
            [after.novel, after.bank, after.synthetic].map(f64::to_bits)
        );
        let known = after.known.as_ref().unwrap();
        let novel = card.novel_tail.evidence(after.novel) + 0.5_f64.ln();
        assert_eq!((after.score, known.novel_evidence), (novel.max(known.evidence), novel));
        let class = known.class.as_ref().unwrap();
        assert!(card.classes.contains(&class.name) && (0.5..=1.0).contains(&class.share), "{class:?}");
    }
    // Less share for what is known, less of its evidence.
    artefact.card.known.as_mut().unwrap().share = 0.25;
    let less = scored(&artefact)[0].known.clone().unwrap().evidence;
    assert!((less - after[0].known.clone().unwrap().evidence - 0.5_f64.ln()).abs() < 1e-12);
}

#[test]
fn what_both_halves_suspect_counts_for_more_than_what_one_does() {
    let mut card = taught().card.known.unwrap();
    card.together = 0.5;
    let tail = Tail { start: 0.0, mean_excess: 1.0 };
    (card.known_tail, card.novel_tail, card.map_tails) = (tail.into(), tail.into(), [tail.into(); 2]);
    card.peak = Branch { median: 0.0, spread: 1.0, weight: 1.0 };
    card.decision = card.peak;
    let said = |novel: f64, known: f64| {
        let map = |value: f64| HeatMap { width: 1, height: 1, values: vec![value as f32] };
        let scored = Scored { score: 0.0, novel, bank: 0.0, synthetic: 0.0, known: None, map: map(novel) };
        let raw = RawKnown { map: map(known), peak: known, decision: 0.0, classes: Vec::new() };
        let joined = card.join(scored, &raw);
        let (cell, part) = (joined.map.values[0], joined.score as f32);
        assert!(cell == part || (cell - part).abs() < 1e-5 || (cell.is_nan() && part.is_nan()), "{cell} {part}");
        joined.score
    };
    // One half that is sure decides, whatever the other says.
    assert_eq!(said(20.0, -50.0), 20.0 + 0.25_f64.ln());
    assert_eq!(said(-50.0, 20.0), 20.0 + 0.25_f64.ln());
    // Where both suspect something it is more than either, and what the gamma distribution says of it.
    let sum: f64 = 2.0 * (1.0 + 4.0 * 4.0_f64.exp()).ln();
    assert!((said(4.0, 4.0) - (sum - (1.0 + sum).ln() - 4.0_f64.ln() + 0.5_f64.ln())).abs() < 1e-9);
    assert!(said(4.0, 4.0) > 4.0, "{}", said(4.0, 4.0));
    assert!(said(3.0, f64::NAN).is_nan() && said(f64::NAN, 3.0).is_nan());
    assert_eq!(
        (said(f64::INFINITY, 0.0), said(f64::NEG_INFINITY, f64::NEG_INFINITY)),
        (f64::INFINITY, f64::NEG_INFINITY)
    );
    // Below both tails' starts the stronger decides, down to the last difference; above them nothing says less.
    assert_eq!((said(-9.0, -20.0), said(-30.0, -12.0)), (-9.0 + 0.25_f64.ln(), -12.0 + 0.25_f64.ln()));
    assert!(said(0.0, 0.0) < said(0.001, 0.0) && said(0.001, -50.0) < said(0.5, -50.0));
}

#[test]
fn each_half_alone_says_what_the_part_would_score_if_the_other_found_it_usual() {
    let mut card = taught().card.known.unwrap();
    card.together = 0.5;
    let known = |novel: f64, known: f64| {
        let map = HeatMap { width: 1, height: 1, values: vec![0.0] };
        let scored = Scored { score: 0.0, novel, bank: 0.0, synthetic: 0.0, known: None, map: map.clone() };
        let joined = card.join(scored, &RawKnown { map, peak: known, decision: 0.0, classes: Vec::new() });
        (joined.score, joined.known.unwrap())
    };
    // Peaks that make a half say what it says of the median good part.
    let usual_novel = card.novel_tail.start - std::f64::consts::LN_2 * card.novel_tail.mean_excess;
    let evidence = |peak: f64| card.known_tail.evidence(card.evidence(peak, 0.0));
    let usual_known = (0..100_000).map(|i| -5.0 + f64::from(i) * 1e-4).find(|&peak| evidence(peak) >= USUAL).unwrap();
    let (score, said) = known(3.0, usual_known);
    assert!((score - said.novel_evidence).abs() < 1e-2, "{score} {}", said.novel_evidence);
    let (score, said) = known(usual_novel, 1.5);
    assert!((score - said.evidence).abs() < 1e-2, "{score} {}", said.evidence);
}

#[test]
fn what_is_no_number_decides_and_never_passes() {
    let card = taught().card.known.unwrap();
    let map = HeatMap { width: 1, height: 1, values: vec![0.0] };
    let novel = Scored { score: 0.0, novel: 0.0, bank: 0.0, synthetic: 0.0, known: None, map: map.clone() };
    let raw = RawKnown { map, peak: 0.0, decision: f64::NAN, classes: vec![0.0, 1.0] };
    assert!(card.join(novel.clone(), &raw).score.is_nan());
    let (novel, raw) = (Scored { novel: f64::NAN, ..novel }, RawKnown { decision: 9.0, ..raw });
    assert!(card.join(novel, &raw).score.is_nan());
}

#[test]
fn a_part_that_is_looked_at_in_all_ways_is_told_the_same_however_it_lies() {
    // What is ignored stays where it is on the picture; here it lies the same in all looks.
    let mut artefact = taught();
    artefact.card.recipe.ignore = vec![Region { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 }.into()];
    (artefact.card.recipe.may_turn, artefact.card.recipe.may_flip) = (true, true);
    let usual = scorer(&artefact);
    artefact.card.known.as_mut().unwrap().all_ways = true;
    let scorer = scorer(&artefact);
    assert_eq!((usual.looks_in_all_ways(), scorer.looks.len()), (false, 3));
    let picture = inputs(1).remove(0);
    let plain = usual.raw(std::slice::from_ref(&picture)).unwrap().remove(0);
    for look in scorer.looks.clone() {
        let [one, other] = scorer.raw(&[picture.clone(), look.at(&picture)]).unwrap().try_into().unwrap();
        let mut back = other.map.clone();
        look.lay_over(&mut back.values, &other.map.values, (back.height, back.width), back.width);
        let near = |a: f32, b: f32| a == b || (a - b).abs() < 1e-4;
        assert!(one.map.values.iter().zip(&back.values).all(|(a, b)| near(*a, *b)), "{look:?}");
        assert!(near(one.decision as f32, other.decision as f32), "{look:?}: {} {}", one.decision, other.decision);
        assert!(one.classes.iter().zip(&other.classes).all(|(a, b)| near(*a, *b)), "{look:?}");
        assert!((one.decision - plain.decision).abs() > 1e-5 && (one.peak - plain.peak).abs() > 1e-5, "{look:?}");
        let ignored = |map: &HeatMap| map.values.iter().filter(|value| **value == f32::NEG_INFINITY).count();
        assert_eq!((ignored(&one.map), ignored(&one.map) > 0), (ignored(&plain.map), true));
    }
}

#[test]
fn what_is_ignored_does_not_turn_with_the_part() {
    let ignoring = |region: Region| {
        let mut artefact = taught();
        artefact.card.recipe.ignore = vec![region.into()];
        artefact.card.recipe.may_flip = true;
        artefact.card.known.as_mut().unwrap().all_ways = true;
        scorer(&artefact)
    };
    let left = ignoring(Region { right: 0.25, ..Region::WHOLE });
    let right = ignoring(Region { left: 0.75, ..Region::WHOLE });
    let (picture, flip) = (inputs(1).remove(0), left.looks[0]);
    let [one] = left.raw(std::slice::from_ref(&picture)).unwrap().try_into().unwrap();
    let [mirrored] = right.raw(&[flip.at(&picture)]).unwrap().try_into().unwrap();
    let [other] = left.raw(&[flip.at(&picture)]).unwrap().try_into().unwrap();
    assert!((one.decision - mirrored.decision).abs() < 1e-4, "{} {}", one.decision, mirrored.decision);
    assert!((one.decision - other.decision).abs() > 1e-4, "the other side of the part is ignored");
}

#[test]
fn the_tile_that_looks_most_defective_decides_or_one_that_says_no_number() {
    let of = |tiles: &[f32]| tiles.iter().map(|&logit| vec![logit, 7.0 * logit]).reduce(worse).unwrap();
    assert_eq!(of(&[-2.0, 3.0, 1.0]), [3.0, 21.0]);
    for place in 0..3 {
        let mut tiles = [9.0, -2.0, 3.0];
        tiles[place] = f32::NAN;
        assert!(of(&tiles)[0].is_nan(), "{place}");
    }
}

#[test]
fn a_taught_model_comes_back_from_its_file_and_older_files_are_still_read() {
    let artefact = taught();
    let back = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert_eq!((&back.card, &back.known), (&artefact.card, &artefact.known));
    let bits = |artefact: &Artefact| scored(artefact).iter().map(|s| s.score.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back), bits(&artefact));
    assert_eq!(Artefact::from_bytes(&tiny(Vec::new()).to_bytes().unwrap()).unwrap().known, None);
}

#[test]
fn a_card_that_does_not_fit_its_weights_is_refused() {
    let refused = |change: fn(&mut Artefact)| {
        let mut artefact = taught();
        change(&mut artefact);
        Judge::load(&artefact, &cpu()).unwrap_err().to_string()
    };
    let check = |said: String, words: &str| assert!(said.contains(words), "{said}");
    check(refused(|artefact| artefact.known = None), "do not both");
    check(refused(|artefact| artefact.card.known = None), "do not both");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().classes.clear()), "another shape");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().hidden = usize::MAX), "out of range");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().share = 1.0), "share");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().together = 1.0), "share");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().together = f64::NAN), "share");
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().map_tails[1].mean_excess = 0.0), "tails");
}
