//! A challenger judges the parts that the live model has judged, when no part waits for its verdict, and tells nobody on
//! the line. The store keeps both words, so that a person can compare the two before promoting one.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use sightline_core::{Record, Verdict};
use sightline_model::choose;
use sightline_store::{Shadow, StoreError};

use super::Shared;
use crate::LoadedModel;
use crate::capture::capture;
use crate::learning::load_model;

/// Records that are read at once.
const READ: usize = 16;

/// How long it waits before it looks again whether parts still wait.
const YIELD: Duration = Duration::from_millis(20);

/// Follows the store stage until it ends.
pub(super) fn judge_beside(shared: &Shared, recorded: &Receiver<()>) {
    let newest = shared.store.latest(None, 1).ok().and_then(|latest| latest.first().map(|record| record.id));
    let mut upto = newest.unwrap_or(0);
    let mut challenger: Option<LoadedModel> = None;
    for () in recorded {
        refresh(shared, &mut challenger);
        let Some(model) = &challenger else {
            // One that is chosen later begins with the parts after that.
            upto = shared.store.latest(None, 1).ok().and_then(|l| l.first().map(|record| record.id)).unwrap_or(upto);
            continue;
        };
        // What fails here is missing in the comparison and nowhere else.
        let _ = follow(shared, model, &mut upto);
        if shared.stopping() {
            return;
        }
    }
}

/// Loads the model that was chosen, unless it is loaded already. On the CPU: the device is the live model's.
fn refresh(shared: &Shared, challenger: &mut Option<LoadedModel>) {
    let chosen = shared.store.challenger().ok().flatten();
    if chosen.as_ref().map(|row| &row.id) == challenger.as_ref().map(|model| &model.id) {
        return;
    }
    *challenger =
        chosen.and_then(|row| load_model(&shared.store, &row, &choose(Some("cpu")).ok()?, &|| shared.stopping()).ok());
}

fn follow(shared: &Shared, model: &LoadedModel, upto: &mut i64) -> Result<(), StoreError> {
    loop {
        let records = shared.store.records_after(*upto, READ)?;
        for record in &records {
            while shared.queue_depth() > 0 {
                if shared.stopping() {
                    return Ok(());
                }
                std::thread::sleep(YIELD);
            }
            if shared.stopping() {
                return Ok(());
            }
            if let Some(shadow) = judge(model, record) {
                shared.store.keep_shadow(&shadow)?;
            }
            *upto = record.id;
        }
        if records.len() < READ {
            return Ok(());
        }
    }
}

/// The challenger's word; none where the picture is not the one any more that the live model saw.
fn judge(model: &LoadedModel, record: &Record) -> Option<Shadow> {
    let began = Instant::now();
    let judged = &record.judged;
    let captured = capture(&judged.arrival.path);
    if captured.content_hash.is_none() || captured.content_hash != judged.content_hash {
        return None;
    }
    let judge = &model.judge;
    let scored = captured.frame.ok().and_then(|frame| {
        let input = judge.prepare(&frame).ok()?;
        judge.score(&[input]).ok()?.pop()
    });
    let score = scored.map(|scored| scored.score);
    Some(Shadow {
        part: record.id,
        model: model.id.clone(),
        verdict: score.map_or(Verdict::Unreadable, |score| judge.limits().decide(score)),
        score,
        reject_above: score.map(|_| judge.limits().reject_above),
        latency_millis: began.elapsed().as_secs_f64() * 1000.0,
    })
}
