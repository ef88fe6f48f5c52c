//! The queue's properties over many draws, and what labels and pictures it points at.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::LabelUse;

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

fn vector(draw: &mut ChaCha8Rng) -> Vec<f32> {
    unit((0..8).map(|_| draw.random_range(-1.0..1.0_f32)).collect())
}

/// The same picture taken again.
fn again(vector: &[f32], draw: &mut ChaCha8Rng) -> Vec<f32> {
    unit(vector.iter().map(|value| value + draw.random_range(-1e-3..1e-3_f32)).collect())
}

fn candidates(draw: &mut ChaCha8Rng, seed: u64) -> Vec<Candidate> {
    let mut vectors: Vec<Vec<f32>> = (0..60).map(|_| vector(draw)).collect();
    for at in 0..20 {
        vectors.push(again(&vectors[at].clone(), draw));
    }
    let parts: Vec<i64> = (1..=80).collect();
    let drawn = at_random(&parts, 30, seed);
    let candidate = |(part, vector)| Candidate {
        part,
        from_limit: draw.random_range(0.0..9.0),
        disagreement: draw.random_range(0.0..9.0),
        drawn: drawn.iter().position(|other| *other == part),
        vector,
    };
    parts.into_iter().zip(vectors).map(candidate).collect()
}

#[test]
fn the_queue_depends_on_the_parts_alone_and_has_each_picture_once_and_random_ones() {
    for seed in 0..30 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let mut candidates = candidates(&mut draw, seed);
        let labelled: Vec<Vec<f32>> = (0..6).map(|_| vector(&mut draw)).collect();
        let labelled: Vec<&[f32]> = labelled.iter().map(Vec::as_slice).collect();
        let queue = lessons(&candidates, &labelled, 20);
        candidates.shuffle(&mut draw);
        assert_eq!(lessons(&candidates, &labelled, 20), queue);

        assert_eq!(queue.len(), 20);
        let random: Vec<usize> = (0..20).filter(|at| queue[*at].why == Why::Random).collect();
        assert_eq!(random, [4, 9, 14, 19]);
        // Parts 61 to 80 show the same as 1 to 20.
        let mut shown: Vec<i64> = queue.iter().map(|lesson| (lesson.part - 1) % 60).collect();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), 20, "{queue:?}");
        assert_eq!(lessons(&candidates, &labelled, 500).len(), 60);
    }
}

#[test]
fn a_draw_is_the_seeds_whatever_the_order_of_the_parts() {
    let mut parts: Vec<i64> = (1..=1000).collect();
    let drawn = at_random(&parts, 50, 7);
    parts.reverse();
    assert_eq!(at_random(&parts, 50, 7), drawn);
    assert_ne!(at_random(&parts, 50, 8), drawn);
    // Each part has the same chance: the mean of 50 of 1000 lies near the middle.
    let mean = (0..200).flat_map(|seed| at_random(&parts, 50, seed)).sum::<i64>() as f64 / 10_000.0;
    assert!((mean - 500.5).abs() < 15.0, "{mean}");
}

#[test]
fn what_speaks_most_for_a_part_is_told() {
    let mut draw = ChaCha8Rng::seed_from_u64(3);
    let known = vector(&mut draw);
    let mut ordinary = |part| Candidate {
        part,
        from_limit: 5.0,
        disagreement: 1.0,
        drawn: None,
        vector: unit(known.iter().map(|value| value + draw.random_range(-0.05..0.05_f32)).collect()),
    };
    let mut candidates: Vec<Candidate> = (1..=12).map(&mut ordinary).collect();
    candidates[3].from_limit = 0.1;
    candidates[6].disagreement = 8.0;
    candidates[9].vector = known.iter().map(|value| -value).collect();
    let queue = lessons(&candidates, &[&known], 12);
    let of = |part| queue.iter().find(|lesson| lesson.part == part).map(|lesson| lesson.why);
    assert_eq!([of(4), of(7), of(10)], [Some(Why::NearLimit), Some(Why::BranchesDisagree), Some(Why::Novel)]);
    assert!(lessons(&[], &[], 5).is_empty());
}

#[test]
fn a_label_is_doubted_when_model_and_neighbours_speak_against_it() {
    let mut draw = ChaCha8Rng::seed_from_u64(5);
    let (good, bad) = (vector(&mut draw), vector(&mut draw));
    let vectors: Vec<Vec<f32>> = (0..24).map(|at| again(if at < 16 { &good } else { &bad }, &mut draw)).collect();
    let mut parts: Vec<SaidPart<'_>> = vectors
        .iter()
        .zip(1..)
        .map(|(vector, part)| {
            let is_defect = part > 16;
            let weaker = if is_defect { 9.0 } else { 0.5 };
            SaidPart { part, is_defect, checked: false, weaker, rejected: is_defect, vector }
        })
        .collect();
    assert!(doubtful_parts(&parts).is_empty());
    parts[2].is_defect = true;
    parts[20].is_defect = false;
    let found = doubtful_parts(&parts);
    let said: Vec<_> = found.iter().map(|part| (part.part, part.doubt)).collect();
    assert_eq!(said, [(3, Doubt::LooksGood), (21, Doubt::LooksDefective)]);
    assert!(found.iter().all(|part| part.strength > 0.7 && part.strength <= 1.0), "{found:?}");
    // What a person found right is not asked about again, and still speaks about its neighbours.
    parts[2].checked = true;
    assert_eq!(doubtful_parts(&parts).iter().map(|part| part.part).collect::<Vec<_>>(), [21]);
    parts[2].checked = false;
    parts[16..].iter_mut().for_each(|part| part.checked = true);
    parts[20].checked = false;
    assert_eq!(doubtful_parts(&parts).len(), 2);
    // One branch alone does not cast doubt on a good part.
    parts[20].weaker = 1.0;
    assert_eq!(doubtful_parts(&parts).len(), 1);
    assert!(doubtful_parts(&parts[..4]).is_empty());
}

#[test]
fn the_same_picture_again_is_found_and_on_two_sides_it_leaks() {
    let mut draw = ChaCha8Rng::seed_from_u64(6);
    let mut vectors: Vec<Vec<f32>> = (0..20).map(|_| vector(&mut draw)).collect();
    for at in [3, 3, 7] {
        vectors.push(again(&vectors[at].clone(), &mut draw));
    }
    let mut contents: Vec<Content<'_>> = vectors
        .iter()
        .zip(1..)
        .map(|(vector, part)| Content { part, hash: None, used: LabelUse::Training, vector })
        .collect();
    contents[22].used = LabelUse::Test;
    (contents[0].hash, contents[1].hash) = (Some("a"), Some("a"));
    contents.shuffle(&mut draw);
    let group = |parts: &[i64], leaks| AlikeGroup { parts: parts.to_vec(), leaks };
    assert_eq!(alike_groups(&contents), [group(&[8, 23], true), group(&[1, 2], false), group(&[4, 21, 22], false)]);
}
