//! Properties that the sample line's users rely on: the same number gives the same part, and the mask is the truth.

use super::*;

fn changed(good: &RgbImage, bad: &RgbImage) -> Vec<bool> {
    let strongest = |(a, b): (&Rgb<u8>, &Rgb<u8>)| a.0.iter().zip(b.0).map(|(a, b)| a.abs_diff(b)).max();
    good.pixels().zip(bad.pixels()).map(|pair| strongest(pair) > Some(0)).collect()
}

#[test]
fn every_kind_at_every_size_differs_from_its_good_twin_exactly_in_the_mask() {
    for size in [64, 96, 256] {
        let generator = PartGenerator::new(11, size);
        for kind in DefectKind::ALL {
            for index in 0..if size > 100 { 2 } else { 12 } {
                let bad = generator.defective(index, kind);
                let masked: Vec<bool> = bad.mask.pixels().map(|pixel| pixel.0[0] == 255).collect();
                let count = masked.iter().filter(|&&inside| inside).count();
                let context = format!("{} {index} at {size}: {count} pixels", kind.name());
                assert_eq!(changed(&generator.good(index), &bad.picture), masked, "{context}");
                assert!(count >= MIN_CHANGED_PIXELS && count < masked.len() / 12, "{context}");
                assert!((0.0..=1.0).contains(&bad.severity), "{context}");
                assert_eq!((bad.picture.dimensions(), bad.kind), ((size, size), kind));
            }
        }
    }
}

#[test]
fn the_same_number_gives_the_same_bytes_and_another_gives_others() {
    let drawn = |seed, index| PartGenerator::new(seed, 96).good(index);
    assert_eq!(drawn(3, 5), drawn(3, 5));
    assert_ne!(drawn(3, 5), drawn(3, 6));
    assert_ne!(drawn(3, 5), drawn(4, 5));
    let bad = |seed| PartGenerator::new(seed, 96).defective(5, DefectKind::Pit);
    assert_eq!((bad(3).picture, bad(3).mask), (bad(3).picture, bad(3).mask));
    assert_ne!(bad(3).mask, bad(4).mask);
}

#[test]
fn severities_reach_from_subtle_to_gross() {
    let generator = PartGenerator::new(2, 96);
    let severities: Vec<f32> = (0..24).map(|index| generator.defective(index, DefectKind::Stain).severity).collect();
    assert!(severities.iter().any(|&s| s < 0.3) && severities.iter().any(|&s| s > 0.8), "{severities:?}");
}

#[test]
fn the_stream_keeps_its_rate_and_its_own_parts() {
    let generator = PartGenerator::new(7, 64);
    let truths = |rate| (0..120).map(|index| generator.stream_part(index, rate).truth).collect::<Vec<_>>();
    assert!(truths(0.0).iter().all(Option::is_none));
    assert!(truths(1.0).iter().all(Option::is_some));
    let bad: Vec<_> = truths(0.25).into_iter().flatten().collect();
    assert!((15..=48).contains(&bad.len()), "{} of 120", bad.len());
    assert!(DefectKind::ALL.iter().all(|kind| truths(1.0).contains(&Some(*kind))));
    assert_ne!(generator.stream_part(0, 0.0).picture, generator.good(0));
}

#[test]
fn a_part_is_bright_on_a_dark_ground_and_its_mark_is_dark() {
    let generator = PartGenerator::new(1, 128);
    let picture = generator.good(0);
    let mean = |keep: &dyn Fn(f32) -> bool| {
        let inside =
            picture.enumerate_pixels().filter(|(x, y, _)| keep((*x as f32 - 63.5).hypot(*y as f32 - 63.5) / 64.0));
        let levels: Vec<f32> = inside.map(|(_, _, pixel)| f32::from(pixel.0[1])).collect();
        levels.iter().sum::<f32>() / levels.len() as f32
    };
    let (ground, face) = (mean(&|radius| radius > 1.0), mean(&|radius| (0.45..0.5).contains(&radius)));
    assert!(face > ground + 60.0, "face {face}, ground {ground}");
}

#[test]
fn a_size_too_small_for_the_mark_is_raised() {
    assert_eq!(PartGenerator::new(0, 3).good(0).dimensions(), (MIN_SIZE, MIN_SIZE));
}
