//! Views, poses, shifts and light are as the policy allows, and the same for the same seed.

use super::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn gradient(height: usize, width: usize) -> Input {
    let values = (0..height * width).map(|i| (i % width) as f32 / width as f32).collect();
    Input { channels: 1, height, width, values }
}

#[test]
fn resampling_everything_to_the_same_size_changes_nothing() {
    let part = gradient(8, 12);
    assert_eq!(resample(&part, [0.0, 0.0, 8.0, 12.0], 8, 12).values, part.values);
}

#[test]
fn four_quarter_turns_of_one_pixel_visit_four_corners() {
    let mut part = Input { channels: 1, height: 3, width: 3, values: vec![0.0; 9] };
    part.values[0] = 1.0;
    let policy = ViewPolicy { may_turn: true, ..ViewPolicy::default() };
    let mut seen = std::collections::BTreeSet::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..60 {
        let turned = random_pose(part.clone(), &policy, &mut rng);
        seen.insert(turned.values.iter().position(|&v| v == 1.0).unwrap());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 2, 6, 8]);
}

#[test]
fn a_part_that_may_not_turn_stays() {
    let part = gradient(4, 4);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..20 {
        assert_eq!(random_pose(part.clone(), &ViewPolicy::default(), &mut rng).values, part.values);
    }
}

#[test]
fn a_view_has_the_wished_size_and_the_same_seed_gives_the_same_view() {
    let part = gradient(32, 48);
    let view = |seed| random_view(&part, &ViewPolicy::default(), 16, 24, &mut ChaCha8Rng::seed_from_u64(seed));
    assert_eq!((view(1).0.height, view(1).0.width, view(1).0.values.len()), (16, 24, 16 * 24));
    assert_eq!(view(1), view(1));
    assert_ne!(view(1), view(2));
}

#[test]
fn a_view_tells_which_point_of_the_part_each_of_its_pixels_shows() {
    // Each pixel tells its own place: rows in one plane, columns in the other.
    let side = 48;
    let place = |i: usize| if i < side * side { i / side } else { i % side };
    let values = (0..2 * side * side).map(|i| place(i) as f32 + 0.5).collect();
    let part = Input { channels: 2, height: side, width: side, values };
    let still = ViewPolicy { brightness: 0.0, contrast: 0.0, noise: 0.0, ..ViewPolicy::default() };
    let policy = ViewPolicy { may_turn: true, may_flip: true, ..still };
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut poses = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let (view, shown) = random_view(&part, &policy, 32, 32, &mut rng);
        poses.insert((shown.pose.mirrored, shown.pose.turns));
        for (y, x) in [(3, 4), (10, 25), (28, 7), (16, 16)] {
            let point = (y as f32 + 0.5, x as f32 + 0.5);
            let (row, column) = shown.point_in_part(point);
            let seen = [0, 1].map(|plane| view.values[(plane * 32 + y) * 32 + x]);
            assert!((seen[0] - row).abs() < 0.01 && (seen[1] - column).abs() < 0.01, "{shown:?}: {seen:?}");
            let back = shown.point_in_view((row, column));
            assert!((back.0 - point.0).abs() < 1e-3 && (back.1 - point.1).abs() < 1e-3, "{shown:?}: {back:?}");
        }
    }
    assert_eq!(poses.len(), 8, "every pose was drawn");
}

#[test]
fn a_part_may_be_shifted_and_its_edge_goes_on() {
    let part = gradient(4, 5);
    let moved = shifted(&part, 1, -2);
    for (y, x) in (0..4).flat_map(|y| (0..5).map(move |x| (y, x))) {
        let from = [y.max(1) - 1, (x + 2).min(4)];
        assert_eq!(moved.values[y * 5 + x], part.values[from[0] * 5 + from[1]], "{y}, {x}");
    }
    assert_eq!(shifted(&part, 0, 0), part);
    let policy = ViewPolicy { shift: 0.25, ..ViewPolicy::default() };
    let (part, mut rng) = (gradient(40, 40), ChaCha8Rng::seed_from_u64(1));
    let seen: std::collections::BTreeSet<u32> =
        (0..300).map(|_| (random_pose(part.clone(), &policy, &mut rng).values[20] * 40.0).round() as u32).collect();
    assert_eq!((seen.first(), seen.last()), (Some(&10), Some(&30)), "at most a quarter to each side");
}

#[test]
fn light_from_one_side_is_as_strong_as_is_allowed_and_keeps_the_middle() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut most = 0.0_f32;
    for _ in 0..200 {
        let mut part = Input { channels: 2, height: 21, width: 33, values: vec![0.5; 2 * 21 * 33] };
        light_from_one_side(&mut part, 0.4, &mut rng);
        assert!((part.values[10 * 33 + 16] - 0.5).abs() < 1e-6);
        assert_eq!(part.values[..21 * 33], part.values[21 * 33..], "both channels under one lamp");
        let farthest = part.values.iter().map(|value| (value / 0.5 - 1.0).abs()).fold(0.0, f32::max);
        assert!(farthest <= 0.4, "{farthest}");
        most = most.max(farthest);
    }
    assert!(most > 0.35, "{most}");
}
