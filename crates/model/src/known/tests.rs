use super::*;
use crate::testing::{cpu, inputs, taught, tiny};
use crate::{Artefact, Judge};

fn scored(artefact: &Artefact) -> Vec<Scored> {
    Judge::load(artefact, &cpu()).unwrap().score(&inputs(3)).unwrap()
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
    check(refused(|artefact| artefact.card.known.as_mut().unwrap().map_tails[1].mean_excess = 0.0), "tails");
}
