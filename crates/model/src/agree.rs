//! Does a device compute what the CPU computes? A driver that is wrong without failing would reject good parts, or pass
//! bad ones.

use sightline_core::HeatMap;
use sightline_image::Input;

use crate::{Judge, ModelError, RawJudge};

/// Farthest that a device's values may lie from the CPU's, as a share of the largest of them. Devices round differently
/// and in another order; a wrong kernel is off by far more.
const TOLERANCE: f32 = 1e-2;

impl Judge {
    /// Judges drawn pictures with both judges of one model, in batches of one up to `most` as a line does, and compares their
    /// maps. Kernels for each size of batch are ready afterwards.
    ///
    /// # Errors
    /// When one of them fails, or this one's maps lie farther from the other's than rounding explains.
    pub fn agrees_with(&self, other: &Self, most: usize) -> Result<(), ModelError> {
        let pictures: Vec<Input> = (0..most.max(1)).map(|salt| drawn(self.raw(), salt)).collect();
        let expected = other.raw().raw_scores(&pictures)?;
        let known = other.known().map(|scorer| scorer.raw(&pictures)).transpose()?.unwrap_or_default();
        for count in 1..=pictures.len() {
            let pictures = &pictures[..count];
            for (found, expected) in self.raw().raw_scores(pictures)?.iter().zip(&expected) {
                self.compare("memory bank", &found.bank, &expected.bank)?;
                self.compare("per-pixel head", &found.synthetic, &expected.synthetic)?;
            }
            let Some(scorer) = self.known() else { continue };
            for (found, expected) in scorer.raw(pictures)?.iter().zip(&known) {
                self.compare("labelled half", &found.map, &expected.map)?;
            }
        }
        Ok(())
    }

    fn compare(&self, branch: &str, found: &HeatMap, expected: &HeatMap) -> Result<(), ModelError> {
        // Cells that are not judged are negative infinity on both.
        let finite = |map: &HeatMap| map.values.iter().map(|v| v.is_finite()).collect::<Vec<_>>();
        let judged = expected.values.iter().filter(|value| value.is_finite());
        let largest = judged.fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        let near = |(a, b): (&f32, &f32)| a == b || (a - b).abs() <= TOLERANCE * largest;
        if finite(found) == finite(expected) && found.values.iter().zip(&expected.values).all(near) {
            return Ok(());
        }
        let off = found.values.iter().zip(&expected.values).filter(|pair| !near(*pair)).count();
        Err(ModelError::Device {
            device: self.device().id.clone(),
            step: "checking the device against the CPU",
            detail: format!("{off} of {} values of the {branch} are wrong", found.values.len()),
        })
    }
}

/// A picture without a pattern, spread as prepared pictures are; another for each number.
fn drawn(judge: &RawJudge, salt: usize) -> Input {
    let [channels, height, width] = judge.shape();
    let value = |i: usize| 1.4 * (((i + 31 * salt) * i % 7919) as f32).sin();
    let values = (0..channels * height * width).map(value).collect();
    Input { channels, height, width, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cpu, taught, tiny};
    use crate::{Artefact, DeviceInfo, KnownNetwork, Weights, drawn};
    use burn::tensor::Device;
    use sightline_core::Region;

    #[test]
    fn a_judge_agrees_with_itself_and_not_with_other_weights() {
        let artefact = tiny(vec![Region { left: 0.5, ..Region::WHOLE }]);
        let right = Judge::load(&artefact, &cpu()).unwrap();
        right.agrees_with(&Judge::load(&artefact, &cpu()).unwrap(), 3).unwrap();
        let flex = Device::flex();
        let weights = Weights::of(&drawn(7, &flex, || artefact.card.network.init(&flex)));
        let wrong = Artefact { weights, ..artefact };
        let device = DeviceInfo { id: "gpu:0".to_owned(), ..cpu() };
        let error = Judge::load(&wrong, &device).unwrap().agrees_with(&right, 1).unwrap_err().to_string();
        assert!(error.contains("gpu:0") && error.contains("are wrong"), "{error}");
    }

    #[test]
    fn a_labelled_half_with_other_weights_is_seen_too() {
        let artefact = taught();
        let right = Judge::load(&artefact, &cpu()).unwrap();
        right.agrees_with(&right, 2).unwrap();
        let known = artefact.card.known.as_ref().unwrap();
        let (config, flex) = (&artefact.card.network, Device::flex());
        let fresh = || KnownNetwork::new(config.init(&flex), config, known.hidden, known.classes.len(), &flex);
        let other = Weights::of(&drawn(8, &flex, fresh));
        let wrong = Judge::load(&Artefact { known: Some(other), ..artefact }, &cpu()).unwrap();
        let error = wrong.agrees_with(&right, 1).unwrap_err().to_string();
        assert!(error.contains("labelled half"), "{error}");
    }
}
