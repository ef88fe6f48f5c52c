//! Does a device compute what the CPU computes? A driver that is wrong without failing would reject good parts, or pass
//! bad ones.

use sightline_core::HeatMap;
use sightline_image::Input;

use crate::{Judge, ModelError, RawJudge};

/// Farthest that a device's values may lie from the CPU's, as a share of the largest of them. Devices round differently
/// and in another order; a wrong kernel is off by far more.
const TOLERANCE: f32 = 1e-2;

impl Judge {
    /// Judges one drawn picture with both judges of one model and compares their maps.
    ///
    /// # Errors
    /// When one of them fails, or this one's maps lie farther from the other's than rounding explains.
    pub fn agrees_with(&self, other: &Self) -> Result<(), ModelError> {
        let picture = [drawn(self.raw())];
        let found = self.raw().raw_scores(&picture)?;
        let expected = other.raw().raw_scores(&picture)?;
        for (found, expected) in found.iter().zip(&expected) {
            self.compare("memory bank", &found.bank, &expected.bank)?;
            self.compare("per-pixel head", &found.synthetic, &expected.synthetic)?;
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

/// A picture without a pattern, spread as prepared pictures are.
fn drawn(judge: &RawJudge) -> Input {
    let [channels, height, width] = judge.shape();
    let values = (0..channels * height * width).map(|i: usize| 1.4 * ((i * i % 7919) as f32).sin()).collect();
    Input { channels, height, width, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cpu, tiny};
    use crate::{Artefact, DeviceInfo, Weights, drawn};
    use burn::tensor::Device;
    use sightline_core::Region;

    #[test]
    fn a_judge_agrees_with_itself_and_not_with_other_weights() {
        let artefact = tiny(vec![Region { left: 0.5, ..Region::WHOLE }]);
        let right = Judge::load(&artefact, &cpu()).unwrap();
        right.agrees_with(&Judge::load(&artefact, &cpu()).unwrap()).unwrap();
        let flex = Device::flex();
        let weights = Weights::of(&drawn(7, &flex, || artefact.card.network.init(&flex)));
        let wrong = Artefact { weights, ..artefact };
        let device = DeviceInfo { id: "gpu:0".to_owned(), ..cpu() };
        let error = Judge::load(&wrong, &device).unwrap().agrees_with(&right).unwrap_err().to_string();
        assert!(error.contains("gpu:0") && error.contains("are wrong"), "{error}");
    }
}
