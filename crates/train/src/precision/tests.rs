//! Which precision is taken: the look at one batch tells right from wrong.

use burn::tensor::Device;
use sightline_model::DeviceInfo;

use super::*;
use crate::testing::{alone, config};
use crate::timing::with_steps;

#[test]
fn half_precision_is_right_on_the_cpu_and_a_gradient_that_differs_is_not() {
    let _alone = alone();
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let config = config();
    with_steps(&config, 64, 8, &device, |steps| {
        let (training, drawer, hardware) = steps.parts();
        let batch = drawer.batch(0).unwrap();
        let terms = training.terms(drawer, 0, false);
        let before = steps.weights().unwrap();
        for half in [DType::BF16, DType::F16] {
            assert!(is_right(half, &training.student, &terms, &batch, 4, hardware).unwrap(), "{half:?}");
        }
        assert_eq!(steps.weights().unwrap(), before, "a look changes nothing");
        let gathered =
            |terms: &Terms<'_>| gather(&training.student, terms, &batch, shares(4, 4).collect(), hardware).unwrap();
        let one = gathered(&terms);
        assert!(is_finite(&training.student, &one));
        assert_eq!(gradients_apart(&training.student, &one.gradients, &gathered(&terms).gradients), 0.0);
        let other = Terms { weights: crate::stages::Weights { synthetic: 0.5, ..terms.weights }, ..terms };
        assert!(gradients_apart(&training.student, &one.gradients, &gathered(&other).gradients) > GRADIENT_APART);
        let spoiled = Terms { weights: crate::stages::Weights { synthetic: f32::INFINITY, ..terms.weights }, ..terms };
        assert!(!is_finite(&training.student, &gathered(&spoiled)));
    })
    .unwrap();
}
