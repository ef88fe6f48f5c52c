//! The change from one model to the next while the line runs: whoever made another model the live one, a window, a command or
//! a retraining run of another process, it is loaded beside the stages and judges from the next part on.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use sightline_core::{AlarmCause, Event};
use sightline_store::ModelRow;

use super::drift::DriftWatch;
use super::{Shared, judges};
use crate::learning::load_model;
use crate::{AppError, Line, LoadedModel, in_words, release_line};

/// How often it asks which model is the live one.
const LOOK: Duration = Duration::from_secs(1);

/// How soon a model that could not be taken up is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// Works until `stopped` is closed.
pub(super) fn follow(shared: &Shared, line: &Line, stopped: &Receiver<()>) {
    let mut refused: Option<(String, Instant)> = None;
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        // A database that cannot answer now is asked again; that it fails is another's alarm.
        let Ok(Some(row)) = shared.store.live_model() else { continue };
        if row.id == shared.judges.now().id {
            if refused.take().is_some() {
                shared.health.trouble_if(AlarmCause::ModelRefused, None);
            }
            continue;
        }
        if refused.as_ref().is_some_and(|(id, at)| *id == row.id && at.elapsed() < AGAIN) {
            continue;
        }
        let taken = take_up(shared, line, &row);
        shared.health.trouble_if(AlarmCause::ModelRefused, taken.as_ref().err().map(|error| in_words(error)));
        refused = taken.err().map(|_| (row.id, Instant::now()));
    }
}

fn take_up(shared: &Shared, line: &Line, row: &ModelRow) -> Result<(), AppError> {
    let now = shared.judges.now();
    let device = now.lost.as_ref().map_or_else(|| now.judge.device(), |lost| &lost.device);
    let model = load_model(&shared.store, row, device, &|| shared.stopping())?;
    if shared.stopping() {
        // The next start takes it up.
        return Ok(());
    }
    release_line(line, &shared.store, &model, &|| shared.stopping())?;
    swap(shared, model)
}

/// Lets a loaded model judge from the next part on, unless yet another one became live while it was loaded.
pub(super) fn swap(shared: &Shared, model: LoadedModel) -> Result<(), AppError> {
    let _swap = shared.swapping.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.store.live_model()?.is_none_or(|live| live.id != model.id) {
        return Ok(());
    }
    let watch = DriftWatch::resume(&shared.store, &model.id, model.judge.calibration())?;
    *shared.drift() = watch;
    let before = shared.judges.now();
    shared.judges.swap(model);
    let now = shared.judges.now();
    let state = |model: &LoadedModel| (model.judge.device().id.clone(), model.lost.is_some());
    if state(&before) != state(&now) {
        judges::tell_device(shared, &now);
    }
    if before.id != now.id {
        shared.tell(Event::ModelChanged { model: now.id.clone() });
    }
    Ok(())
}
