//! Does a device compute what the CPU computes? A driver that is wrong without failing would reject good parts, or pass
//! bad ones.

use sightline_image::Input;

use crate::{Judge, ModelError, RawJudge, RawKnown, RawScore};

/// Farthest that a device's values may lie from the CPU's, as a share of the largest of them. Devices round differently
/// and in another order; a wrong kernel is off by far more.
const TOLERANCE: f32 = 1e-2;

/// What a judge says about drawn pictures, for others of the same model to be compared with.
#[derive(Debug, Clone)]
pub struct Reference {
    pictures: Vec<Input>,
    maps: Vec<RawScore>,
    /// Of the labelled half; none before anything was labelled.
    known: Option<Vec<RawKnown>>,
}

impl Judge {
    /// Judges as many drawn pictures as a line judges at once at most; one where they are shown in tiles, for then each is
    /// judged alone.
    ///
    /// # Errors
    /// When the device fails.
    pub fn reference(&self, most: usize) -> Result<Reference, ModelError> {
        let most = if self.raw().peak_cells().is_some() { 1 } else { most.max(1) };
        let pictures: Vec<Input> = (0..most).map(|salt| drawn(self.raw(), salt)).collect();
        let maps = self.raw().raw_scores(&pictures)?;
        let known = self.known().map(|scorer| scorer.raw(&pictures)).transpose()?;
        Ok(Reference { pictures, maps, known })
    }

    /// Judges the same pictures in batches of each size, and compares. Kernels for each size are ready afterwards.
    ///
    /// # Errors
    /// When the device fails, or what it says lies farther away than rounding explains.
    pub fn agrees_with(&self, reference: &Reference) -> Result<(), ModelError> {
        let Reference { pictures, maps, known } = reference;
        for count in 1..=pictures.len() {
            let pictures = &pictures[..count];
            for (found, expected) in self.raw().raw_scores(pictures)?.iter().zip(maps) {
                self.compare("memory bank", &found.bank.values, &expected.bank.values)?;
                self.compare("per-pixel head", &found.synthetic.values, &expected.synthetic.values)?;
            }
            let found = self.known().map(|scorer| scorer.raw(pictures)).transpose()?;
            if found.is_some() != known.is_some() {
                return Err(self.differs("there is a labelled half on one of them alone".to_owned()));
            }
            for (found, expected) in found.iter().flatten().zip(known.iter().flatten()) {
                self.compare("labelled half", &found.map.values, &expected.map.values)?;
                self.compare("decision", &logits(found), &logits(expected))?;
            }
        }
        Ok(())
    }

    fn compare(&self, branch: &str, found: &[f32], expected: &[f32]) -> Result<(), ModelError> {
        // Cells that are not judged are negative infinity on both.
        let judged = expected.iter().filter(|value| value.is_finite());
        let largest = judged.fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        let near = |(a, b): (&f32, &f32)| a == b || (a - b).abs() <= TOLERANCE * largest;
        let off = found.iter().zip(expected).filter(|pair| !near(*pair)).count();
        if off == 0 && found.len() == expected.len() {
            return Ok(());
        }
        Err(self.differs(format!("{off} of {} values of the {branch} are wrong", expected.len())))
    }

    fn differs(&self, detail: String) -> ModelError {
        let device = self.device().id.clone();
        ModelError::Device { device, step: "checking the device against the CPU", detail }
    }
}

/// What the decision head says, beside 1: near zero, rounding is no small share.
fn logits(known: &RawKnown) -> Vec<f32> {
    [1.0, known.decision as f32].into_iter().chain(known.classes.iter().copied()).collect()
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
        let reference = right.reference(3).unwrap();
        assert_eq!(reference.pictures.len(), 3);
        Judge::load(&artefact, &cpu()).unwrap().agrees_with(&reference).unwrap();
        let flex = Device::flex();
        let weights = Weights::of(&drawn(7, &flex, || artefact.card.network.init(&flex)));
        let wrong = Artefact { weights, ..artefact };
        let device = DeviceInfo { id: "gpu:0".to_owned(), ..cpu() };
        let error = Judge::load(&wrong, &device).unwrap().agrees_with(&reference).unwrap_err().to_string();
        assert!(error.contains("gpu:0") && error.contains("are wrong"), "{error}");
    }

    #[test]
    fn a_labelled_half_with_other_weights_is_seen_too() {
        let artefact = taught();
        let right = Judge::load(&artefact, &cpu()).unwrap();
        let reference = right.reference(2).unwrap();
        right.agrees_with(&reference).unwrap();
        let known = artefact.card.known.as_ref().unwrap();
        let (config, flex) = (&artefact.card.network, Device::flex());
        let fresh = || KnownNetwork::new(config.init(&flex), config, known.hidden, known.classes.len(), &flex);
        let other = Weights::of(&drawn(8, &flex, fresh));
        let wrong = Judge::load(&Artefact { known: Some(other), ..artefact }, &cpu()).unwrap();
        let error = wrong.agrees_with(&reference).unwrap_err().to_string();
        assert!(error.contains("labelled half"), "{error}");
        let mut unsure = reference.clone();
        unsure.known.iter_mut().flatten().for_each(|known| known.decision += 1.0);
        assert!(right.agrees_with(&unsure).unwrap_err().to_string().contains("decision"));
        let untaught = Judge::load(&tiny(Vec::new()), &cpu()).unwrap().reference(1).unwrap();
        assert!(right.agrees_with(&untaught).is_err());
    }
}
