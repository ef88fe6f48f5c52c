//! Which precision is taken: the look at one batch tells right from wrong.

use burn::tensor::Device;
use sightline_model::DeviceInfo;

use super::*;
use crate::testing::config;
use crate::timing::with_steps;

#[test]
fn half_precision_is_right_on_the_cpu_and_a_gradient_that_differs_is_not() {
    let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
    let mut config = config();
    (config.width, config.head, config.pretrain.batch) = (16, 16, 8);
    with_steps(&config, 64, 8, &device, |steps| {
        let (training, drawer, hardware) = steps.parts();
        let batch = drawer.batch(0).unwrap();
        let terms = training.terms(drawer, 0, false);
        let before = steps.weights().unwrap();
        for (half, coarsest) in [(DType::BF16, 0.7), (DType::F16, 0.3)] {
            let [found] = apart(half, &training.student, &terms, &batch, 8, hardware).unwrap().unwrap()[..] else {
                panic!("one device");
            };
            assert!(found.is_right() && found.gradient < coarsest && found.gradient > 0.001, "{half:?}: {found:?}");
        }
        assert_eq!(steps.weights().unwrap(), before, "a look changes nothing");
        let gathered =
            |terms: &Terms<'_>| gather(&training.student, terms, &batch, shares(4, 4).collect(), hardware).unwrap();
        let one = gathered(&terms);
        assert!(is_finite(&training.student, &one));
        assert_eq!(gradients_apart(&training.student, &one.gradients, &gathered(&terms).gradients), 0.0);
        let other = Terms { weights: crate::stages::Weights { contrastive: 1.0, ..terms.weights }, ..terms };
        assert!(gradients_apart(&training.student, &one.gradients, &gathered(&other).gradients) > 0.1);
        let spoiled = Terms { weights: crate::stages::Weights { synthetic: f32::INFINITY, ..terms.weights }, ..terms };
        let spoiled = gathered(&spoiled);
        assert!(!is_finite(&training.student, &spoiled));
        let no_number = gradients_apart(&training.student, &one.gradients, &spoiled.gradients);
        assert!(!Apart { loss: 0.0, gradient: no_number }.is_right(), "{no_number}");
    })
    .unwrap();
}
