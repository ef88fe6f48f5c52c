//! Gaussians fit into their cap, and stand where parts were seen.

use super::*;

#[test]
fn as_many_dimensions_as_fit_are_kept() {
    let check = |bytes: usize, places: usize, features: usize, expected: usize| {
        let found = dimensions_that_fit(bytes, places, features);
        assert_eq!(found, expected, "{places} places in {bytes} bytes");
        if found < features {
            let needed = |n: usize| 4 * places * (n * n + n);
            assert!(needed(found) <= bytes && needed(found + 1) > bytes, "{found}");
        }
    };
    check(64 << 20, 1024, 144, 127);
    check(64 << 20, 1024, 100, 100);
    check(64 << 20, 1, 1536, 1536);
    check(1 << 20, 1, 1536, 511);
    check(1 << 20, 1 << 20, 144, 0);
    check(8, 1, 5, 1);
}

#[test]
fn a_place_that_no_part_reached_has_the_gaussian_of_all() {
    let mut moments = vec![Moments::new(2); 3];
    moments[0].add(&[1.0, 2.0, 9.0, 3.0, 2.5, 9.0, 2.0, 7.0, 9.0], 3);
    moments[2].add(&[-4.0, 2.0, 9.0], 3);
    let Good::Gaussians { mean, whiten } = gaussians(&moments).unwrap() else { panic!("Gaussians") };
    assert_eq!(mean, [2.0, 11.5 / 3.0, 0.5, 3.375, 0.5, 3.375]);
    assert_eq!((whiten.len(), &whiten[3..6]), (9, &whiten[6..]));
    assert_ne!(whiten[..3], whiten[3..6]);
    let alone = gaussians(&moments[..1]).unwrap();
    assert_eq!(alone, Good::Gaussians { mean: mean[..2].to_vec(), whiten: whiten[..3].to_vec() });
}
