use std::cell::RefCell;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::HeatMap;
use sightline_image::{GRAIN_FIGURES, GrainFigures};

use super::*;
use crate::LearnConfig;
use crate::calibrate::fit_fusion;
use crate::testing::config;

const SIDE: usize = 12;

/// A good part: noise about a level of its own, which is told by the first cell of its map, too.
fn part(number: usize, grain: bool) -> RawScore {
    let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
    let level = rng.random_range(0.0..1.0_f32);
    let mut map = || {
        let mut values: Vec<f32> = (0..SIDE * SIDE).map(|_| level + rng.random_range(-1.0..1.0)).collect();
        values[0] = (number % 1000) as f32 * 1e-6;
        HeatMap { width: SIDE, height: SIDE, values }
    };
    let (bank, synthetic) = (map(), map());
    let figures: [f32; GRAIN_FIGURES] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
    let grain = grain.then(|| GrainFigures { figures, columns: 1, maps: figures.map(|figure| vec![figure]) });
    RawScore { bank, synthetic, grain }
}

fn seen(numbers: std::ops::Range<usize>) -> Vec<Seen> {
    numbers.map(|number| Seen::new(part(number, true))).collect()
}

fn groups(count: usize, size: usize) -> Vec<String> {
    (0..count).map(|part| format!("lot-{}", part / size)).collect()
}

fn upper_quartile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() * 3 / 4]
}

#[test]
fn each_part_is_told_by_what_was_made_without_its_group() {
    let (count, made_of) = (45, RefCell::new(Vec::new()));
    let usual = Usual::of(seen(0..count), &groups(count, 3), 1, |raw| {
        let numbers = raw.iter().map(|raw| (raw.bank.values[0] * 1e6).round() as usize);
        made_of.borrow_mut().push(numbers.collect::<Vec<_>>());
        fit_fusion(raw, None, &config())
    });
    assert_eq!(usual.len(), count);
    let made_of = made_of.into_inner();
    assert_eq!(made_of.len(), FOLDS);
    let mut told: Vec<usize> = Vec::new();
    for others in made_of {
        let these: Vec<usize> = (0..count).filter(|part| !others.contains(part)).collect();
        assert!(these.len() <= 2 * count / FOLDS && these.chunks(3).all(|lot| lot[0] / 3 == lot[2] / 3), "{these:?}");
        told.extend(these);
    }
    told.sort_unstable();
    assert_eq!(told, (0..count).collect::<Vec<_>>(), "each once");
}

#[test]
fn what_is_usual_is_what_is_said_of_parts_that_nothing_was_standardised_on() {
    let settings = LearnConfig { grain: true, ..config() };
    let (mut within, mut crossed, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..20 {
        let first = run * 1000;
        let parts: Vec<RawScore> = (first..first + 20).map(|number| part(number, true)).collect();
        let (places, fusion) = fit_fusion(&parts, None, &settings);
        let told = |raw: RawScore| fusion.fuse(&places.apply(raw)).novel;
        within.extend(parts.iter().cloned().map(told));
        others.extend((first + 500..first + 600).map(|number| told(part(number, true))));
        let usual = Usual::of(seen(first..first + 20), &groups(20, 1), 1, |raw| fit_fusion(raw, None, &settings));
        crossed.extend(usual.iter().map(|usual| usual.novel));
    }
    let [within, crossed, others] = [within, crossed, others].map(upper_quartile);
    assert!(within < 0.95 * others, "there is something to be mended: {within} {others}");
    assert!((crossed / others - 1.0).abs() < 0.5 * (within / others - 1.0).abs(), "{within} {crossed} {others}");
}

#[test]
fn parts_of_one_group_tell_of_each_other_and_those_without_a_grain_tell_nothing() {
    let settings = LearnConfig { grain: true, ..config() };
    let mut parts = seen(0..12);
    parts.push(Seen::new(part(12, false)));
    let usual = Usual::of(parts, &groups(13, 13), 1, |raw| fit_fusion(raw, None, &settings));
    assert_eq!(usual.len(), 12);
    assert!(usual.iter().all(|usual| usual.novel.is_finite() && usual.novel < UNMEASURED));
    // Nor do a few parts tell of one of them, or a handful of all the rest.
    let lopsided: Vec<String> = (0..20).map(|part| format!("lot-{}", part / 19)).collect();
    for (count, groups) in [(3, groups(3, 1)), (4, groups(4, 1)), (8, groups(8, 1)), (20, lopsided)] {
        let parts: Vec<RawScore> = (0..count).map(|number| part(number, true)).collect();
        let (places, fusion) = fit_fusion(&parts, None, &settings);
        let usual = Usual::of(seen(0..count), &groups, 1, |raw| fit_fusion(raw, None, &settings));
        for (usual, raw) in usual.iter().zip(parts).take(count.min(19)) {
            assert_eq!(usual.novel, fusion.fuse(&places.apply(raw)).novel, "{count} parts");
        }
    }
    assert!(Usual::of(Vec::new(), &[], 1, |raw| fit_fusion(raw, None, &settings)).is_empty());
}
