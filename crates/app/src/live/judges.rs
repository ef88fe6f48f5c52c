//! Which model judges, on which device, and what happens when the device fails or does not answer: the CPU judges the
//! same part, and the device is tried again from time to time.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sightline_core::{AlarmCause, Event, Scored};
use sightline_image::Input;
use sightline_model::{Judge, ModelError};

use super::Shared;
use super::device::Guard;
use super::turns::Turns;
use crate::LoadedModel;
use crate::learning::load_again;

/// The model that judges. It may be exchanged between two parts.
pub(super) struct Judges(RwLock<Arc<LoadedModel>>);

impl Judges {
    pub(super) fn new(model: LoadedModel) -> Self {
        Self(RwLock::new(Arc::new(model)))
    }

    /// The model for the next part.
    pub(super) fn now(&self) -> Arc<LoadedModel> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn swap(&self, model: LoadedModel) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(model);
    }

    /// Exchanges one state of a model for another of the same model. False when another model is live by now.
    fn exchange(&self, before: &LoadedModel, after: &Arc<LoadedModel>) -> bool {
        let mut live = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let same = live.id == before.id;
        if same {
            *live = Arc::clone(after);
        }
        same
    }
}

/// Scores of prepared parts, with the model that gave them. Where the device fails, does not answer or gives what is no
/// number, the CPU scores those same parts, and from then on all others. None when the line stops before the device
/// answers: without records the parts are arrivals again at the next start.
pub(super) fn score(shared: &Shared, model: &Arc<LoadedModel>, inputs: Vec<Input>) -> Option<Scores> {
    let allowed = Guard::at(&model.judge.device().id).allowed(inputs.len());
    score_within(shared, model, inputs, allowed, Judge::score)
}

type Scores = (Arc<LoadedModel>, Vec<Result<Scored, String>>);

fn score_within(
    shared: &Shared,
    model: &Arc<LoadedModel>,
    inputs: Vec<Input>,
    allowed: Duration,
    scoring: impl FnOnce(&Judge, &[Input]) -> Result<Vec<Scored>, ModelError> + Send + 'static,
) -> Option<Scores> {
    let inputs = Arc::new(inputs);
    let turns = Turns::at(&model.judge.device().id);
    let turn = turns.take(&|| shared.stopping())?;
    let network_before = model.judge.network_spent();
    let scored = match model.spare {
        Some(_) => on_device(shared, model, &inputs, allowed, scoring),
        None => scoring(&model.judge, &inputs).map_err(|error| error.to_string()),
    };
    if let (Some(before), Some(after)) = (network_before, model.judge.network_spent()) {
        shared.health.steps.network.took(after.saturating_sub(before));
    }
    drop(turn);
    let inputs = inputs.as_slice();
    let detail = match scored {
        Ok(scored) if scored.len() != inputs.len() => format!("{} scores for {} parts", scored.len(), inputs.len()),
        Ok(scored) if model.spare.is_some() && scored.iter().any(|scored| scored.score.is_nan()) => {
            format!("device {}: a score is not a number", model.judge.device().id)
        }
        Ok(scored) => return Some((Arc::clone(model), scored.into_iter().map(Ok).collect())),
        Err(_) if shared.stopping() => return None,
        Err(detail) => detail,
    };
    Some(match model.on_spare(detail.clone()) {
        Some(spare) => {
            let spare = Arc::new(spare);
            if shared.judges.exchange(model, &spare) {
                tell_device(shared, &spare);
            }
            let scored = each(&spare.judge, inputs);
            (spare, scored)
        }
        // One part that cannot be scored must not take those beside it along.
        None if inputs.len() > 1 => (Arc::clone(model), each(&model.judge, inputs)),
        None => (Arc::clone(model), inputs.iter().map(|_| Err(detail.clone())).collect()),
    })
}

/// Scores on the device's own thread.
fn on_device(
    shared: &Shared,
    model: &Arc<LoadedModel>,
    inputs: &Arc<Vec<Input>>,
    allowed: Duration,
    scoring: impl FnOnce(&Judge, &[Input]) -> Result<Vec<Scored>, ModelError> + Send + 'static,
) -> Result<Vec<Scored>, String> {
    let guard = Guard::at(&model.judge.device().id);
    let (parts, began) = (inputs.len(), Instant::now());
    let (model, inputs) = (Arc::clone(model), Arc::clone(inputs));
    let scored = guard.ask(allowed, &|| shared.stopping(), move || scoring(&model.judge, &inputs))?;
    let scored = scored.map_err(|error| error.to_string())?;
    guard.took(parts, began.elapsed());
    Ok(scored)
}

/// The score of one part beside the line's own, as of a known part: in turn with what lines judge, on the device's own
/// thread. Where that fails, does not answer, gives what is no number or is given up, the CPU scores.
pub(crate) fn score_surely(
    model: &LoadedModel,
    input: Input,
    given_up: &dyn Fn() -> bool,
) -> Result<Option<Scored>, ModelError> {
    let Some(spare) = &model.spare else { return Ok(model.judge.score(&[input])?.pop()) };
    let id = &model.judge.device().id;
    let inputs = Arc::new([input]);
    let by_device = || {
        let turns = Turns::at(id);
        let _turn = turns.take(given_up)?;
        let (guard, judge, inputs) = (Guard::at(id), model.judge.clone(), Arc::clone(&inputs));
        let scored = guard.ask(guard.allowed(1), given_up, move || judge.score(&*inputs)).ok()?.ok()?.pop()?;
        (!scored.score.is_nan()).then_some(scored)
    };
    match by_device() {
        Some(scored) => Ok(Some(scored)),
        None => Ok(spare.score(&*inputs)?.pop()),
    }
}

fn each(judge: &Judge, inputs: &[Input]) -> Vec<Result<Scored, String>> {
    let alone = |input: &Input| match judge.score(std::slice::from_ref(input)).map(|mut scored| scored.pop()) {
        Ok(Some(scored)) => Ok(scored),
        Ok(None) => Err("the model gave no score".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    inputs.iter().map(alone).collect()
}

/// Says which device judges, and why it is not the one that should.
pub(super) fn tell_device(shared: &Shared, model: &LoadedModel) {
    shared.health.trouble_if(AlarmCause::DeviceLost, model.lost.as_ref().map(ToString::to_string));
    let device = model.judge.device();
    shared.tell(Event::Device { id: device.id.clone(), name: device.name.clone() });
}

/// Why a line that was to have the best device has the CPU, where a driver that did not answer is the reason.
pub(crate) fn driver_late(pinned: Option<&str>, model: &LoadedModel, drivers_late: bool) -> Option<String> {
    let has_the_cpu =
        pinned.is_none_or(|pinned| pinned.trim() == "all") && model.judge.device().id == "cpu" && model.lost.is_none();
    (has_the_cpu && drivers_late)
        .then(|| "drivers of graphics cards did not answer when devices were looked for".to_owned())
}

/// Tries a lost device again: it must load the model and compute what the CPU computes. Verdicts go on meanwhile, and what
/// else upkeep does is not held up for long by a device that does not answer.
pub(super) fn try_lost_device(shared: &Shared) {
    let model = shared.judges.now();
    let Some(lost) = &model.lost else { return };
    // What cannot be loaded now is tried again later; the alarm goes on.
    let Ok(again) = load_again(&shared.store, &model, lost, &|| shared.stopping()) else { return };
    let again = Arc::new(again);
    if shared.judges.exchange(&model, &again) {
        tell_device(shared, &again);
    }
}

#[cfg(test)]
mod tests;
