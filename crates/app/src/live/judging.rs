//! Stages that turn a file into a verdict.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};
use sightline_core::{Arrival, Judged, PictureSize, Scored, UnreadableReason, Verdict};
use sightline_image::{Input, Lie};
use sightline_watch::{Coming, Rest};

use super::health::Steps;
use super::thumbs::{Thumb, Wanted};
use super::{Finished, MOST_AT_ONCE, Shared, Waiting, judges};
use crate::LoadedModel;
use crate::capture::capture;
use crate::inspect::why_not_judged;

/// A captured part: prepared for the model, or unreadable.
pub(super) struct Prepared {
    content_hash: Option<String>,
    /// With how the part lay, where parts are aligned.
    input: Result<(Input, Option<Lie>), (UnreadableReason, String)>,
    size: Option<PictureSize>,
    thumb: Thumb,
}

/// Reads, decodes and prepares arrivals until the watcher ends.
pub(super) fn capture_all(
    shared: &Shared,
    arrivals: &Receiver<Coming>,
    thumbs: &Sender<Wanted>,
    next: &Sender<Waiting>,
) {
    for Coming { arrival, rest } in arrivals {
        if shared.stopping() {
            // Without a record it will be an arrival again at the next start.
            return;
        }
        shared.health.takes(&arrival);
        let model = shared.judges.now();
        let look = || prepare(&model, &arrival, &shared.health.steps, thumbs);
        let outcome = shared.health.capture.at(1, || match look() {
            // Its writer may still have been giving others the right to read it.
            outcome if outcome.content_hash.is_none() && !rest.has_been_over() && rest.stayed() => look(),
            outcome => outcome,
        });
        if next.send(Waiting { arrival, rest, model, outcome }).is_err() {
            return;
        }
    }
}

fn prepare(model: &LoadedModel, arrival: &Arrival, steps: &Steps, thumbs: &Sender<Wanted>) -> Prepared {
    let captured = capture(&arrival.path);
    steps.read.took(captured.read);
    steps.decode.took(captured.decode);
    match captured.frame {
        Ok(frame) => Prepared {
            content_hash: captured.content_hash,
            size: Some(frame.size()),
            input: steps
                .prepare
                .at(|| model.judge.look(&frame))
                .map_err(|error| (why_not_judged(&error), error.to_string())),
            thumb: Thumb::of(frame, thumbs),
        },
        Err(unreadable) => {
            Prepared { content_hash: captured.content_hash, size: None, thumb: Thumb::none(), input: Err(unreadable) }
        }
    }
}

/// Scores prepared parts and decides. Parts are scored together only when they wait anyway: none waits for another.
pub(super) fn judge_all(shared: &Shared, parts: &Receiver<Waiting>, next: &Sender<Finished>) {
    for part in parts {
        let waiting: Vec<Waiting> = std::iter::once(part).chain(parts.try_iter().take(MOST_AT_ONCE - 1)).collect();
        if shared.stopping() {
            return;
        }
        let count = waiting.len();
        for finished in shared.health.judge.at(count, || judge(shared, waiting)) {
            if next.send(finished).is_err() {
                return;
            }
        }
    }
}

/// The outcomes of parts, in their order. Those that the line's end overtakes have none.
fn judge(shared: &Shared, parts: Vec<Waiting>) -> Vec<Finished> {
    let mut finished = Vec::with_capacity(parts.len());
    let mut batch = Vec::new();
    let mut model: Option<Arc<LoadedModel>> = None;
    for part in parts {
        // Only parts of one model are scored together; there are two just after one was exchanged for another.
        if let Some(before) = model.replace(Arc::clone(&part.model))
            && !Arc::ptr_eq(&before, &part.model)
        {
            finished.extend(judge_batch(shared, &before, std::mem::take(&mut batch)));
        }
        batch.push(part);
    }
    if let Some(model) = model {
        finished.extend(judge_batch(shared, &model, batch));
    }
    finished
}

fn judge_batch(shared: &Shared, model: &Arc<LoadedModel>, parts: Vec<Waiting>) -> Vec<Finished> {
    let mut inputs = Vec::new();
    let parts: Vec<_> = parts
        .into_iter()
        .map(|Waiting { arrival, rest, outcome: Prepared { content_hash, input, size, thumb }, .. }| {
            let lie = input.map(|(input, lie)| {
                inputs.push(input);
                lie
            });
            (Looked { arrival, rest, content_hash, size, thumb }, lie)
        })
        .collect();
    let scored = match inputs.is_empty() {
        true => Some((Arc::clone(model), Vec::new())),
        false => judges::score(shared, model, inputs),
    };
    let Some((model, scored)) = scored else { return Vec::new() };
    let mut scored = scored.into_iter();
    parts
        .into_iter()
        .map(|(looked, lie)| {
            let outcome = lie.and_then(|lie| {
                let scored = scored
                    .next()
                    .unwrap_or_else(|| Err("the model gave no score".to_owned()))
                    .map_err(|detail| (UnreadableReason::JudgeError, detail))?;
                Ok(match looked.size {
                    Some(size) => model.judge.over_the_part(scored, lie, size),
                    None => scored,
                })
            });
            finish(&model, looked, outcome)
        })
        .collect()
}

/// What is known of a part beside how it looks to the model.
struct Looked {
    arrival: Arrival,
    rest: Rest,
    content_hash: Option<String>,
    size: Option<PictureSize>,
    thumb: Thumb,
}

fn finish(model: &LoadedModel, looked: Looked, scored: Result<Scored, (UnreadableReason, String)>) -> Finished {
    let Looked { arrival, rest, content_hash, size, thumb } = looked;
    let latency_millis = millis_since(arrival.seen_millis);
    let unjudged = Judged {
        arrival,
        verdict: Verdict::Unreadable,
        reason: None,
        detail: None,
        score: None,
        p_value: None,
        heat: None,
        size,
        content_hash,
        model: None,
        latency_millis,
    };
    match scored {
        Ok(scored) => {
            let limits = model.judge.limits();
            Finished {
                judged: Judged {
                    verdict: limits.decide(scored.score),
                    score: Some(scored.score),
                    p_value: Some(model.judge.calibration().p_value(scored.score)),
                    heat: Some(scored.map),
                    model: Some(model.id.clone()),
                    ..unjudged
                },
                reject_above: Some(limits.reject_above),
                rest,
                thumb,
            }
        }
        Err((reason, detail)) => Finished {
            judged: Judged { reason: Some(reason), detail: Some(detail), ..unjudged },
            reject_above: None,
            rest,
            thumb,
        },
    }
}

fn millis_since(seen_millis: i64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0);
    // The clock may have been set back meanwhile.
    (now - seen_millis as f64).max(0.0)
}
