//! How well a model tells good parts from the same parts with defects drawn onto them: a measure that needs no label.

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sightline_core::PictureSize;
use sightline_core::metrics::auroc;
use sightline_image::{Frame, Input, Normalise, Preprocess, add_defects};
use sightline_model::{Artefact, DeviceInfo, Judge, NormaliseCard};

use crate::TrainError;

/// Draws until a defect shows: a faint one may change nothing visible.
const DRAWS: usize = 20;

/// Pictures that are scored at once.
const BATCH: usize = 8;

/// Bytes of parts that are held at once, and how many are whatever they take.
const ROOM: usize = 1 << 30;
const FEWEST_PARTS: usize = 8;

/// Area under the ROC curve of the model's score over good parts that it did not learn from, and the same parts with
/// drawn defects. Parts that cannot be aligned are left out. None without parts. `report` is told the pictures that were scored, and how many there are; `Break`
/// cancels.
///
/// # Errors
/// When the model cannot be loaded, the device fails, or it is cancelled.
pub fn separation(
    model: &Artefact,
    good: impl Iterator<Item = Frame>,
    seed: u64,
    device: &DeviceInfo,
    report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<f64>, TrainError> {
    let preprocess = model.card.preprocess()?;
    let NormaliseCard { mean, std, local_window } = model.card.normalise.clone();
    let normalise = Normalise::new(mean, std)?.with_local_contrast(local_window);
    let judge = Judge::load(model, device)?;
    let bytes = 4 * preprocess.channels.count() * (preprocess.size.width * preprocess.size.height) as usize;
    let room = (ROOM / bytes.max(1)).max(FEWEST_PARTS);
    let mut parts: Vec<Input> = good.filter_map(|frame| preprocess.apply(&frame).ok()).take(room).collect();
    let drawn = with_defects(&parts, &preprocess, seed);
    let is_defect: Vec<bool> = (0..parts.len() + drawn.len()).map(|index| index >= parts.len()).collect();
    parts.extend(drawn);
    let total = parts.len();
    let mut scores = Vec::with_capacity(total);
    let at_once = if preprocess.tiles.is_some() { 1 } else { BATCH };
    for batch in parts.chunks_mut(at_once) {
        batch.iter_mut().try_for_each(|part| normalise.apply(part))?;
        scores.extend(judge.score(batch)?.iter().map(|scored| scored.score));
        if report(scores.len(), total).is_break() {
            return Err(TrainError::Cancelled);
        }
    }
    Ok(auroc(&scores, &is_defect))
}

/// Each part with visible defects, drawn from a stream that no step of training draws from.
fn with_defects(parts: &[Input], preprocess: &Preprocess, seed: u64) -> Vec<Input> {
    let drawn = parts.iter().enumerate().filter_map(|(index, part)| {
        let size = PictureSize { width: part.width as u32, height: part.height as u32 };
        let judged = preprocess.judged(size);
        let other = &parts[(index + 1) % parts.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7365_7061_7261_7465);
        rng.set_stream(index as u64);
        let mut draws = (0..DRAWS).map(|_| add_defects(part, other, judged.as_deref(), &mut rng));
        draws.find(|drawn| drawn.mask.contains(&true)).map(|drawn| drawn.picture)
    });
    drawn.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Plates, config, learned};
    use crate::{LearnConfig, SampleSource};
    use burn::tensor::Device;

    #[test]
    fn a_trained_model_tells_drawn_defects_and_the_measure_repeats() {
        let source = Plates::new(40);
        let mut config = LearnConfig { seed: 3, ..config() };
        (config.pretrain.steps, config.pretrain.learning_rate) = (60, 5e-3);
        let model = learned(&source, &config).unwrap().artefact;
        let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
        let measure = |parts: std::ops::Range<usize>| {
            let frames = parts.map(|index| source.load(index).unwrap().frame);
            let mut told = Vec::new();
            let found = separation(&model, frames, 1, &device, &mut |done, total| {
                told.push((done, total));
                ControlFlow::Continue(())
            });
            assert!(told.iter().rev().skip(1).all(|(done, total)| done < total), "{told:?}");
            assert!(told.last().is_none_or(|(done, total)| done == total), "{told:?}");
            (found.unwrap(), told.len())
        };
        let (found, batches) = measure(20..40);
        assert!(found.is_some_and(|found| found > 0.6) && batches == 5, "{found:?} in {batches} batches");
        assert_eq!(measure(20..40).0, found);
        assert_eq!(measure(0..0), (None, 0));
        let frames = (20..40).map(|index| source.load(index).unwrap().frame);
        let mut asked = 0;
        let cancelled = separation(&model, frames, 1, &device, &mut |_, _| {
            asked += 1;
            if asked == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(cancelled, Err(TrainError::Cancelled)) && asked == 2, "{cancelled:?} after {asked}");
    }
}
