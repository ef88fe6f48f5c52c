//! Stages that turn a file into a verdict.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};
use sightline_core::{Arrival, Judged, PictureSize, UnreadableReason, Verdict};
use sightline_image::{Input, Lie, thumbnail};

use super::{Finished, Shared, Waiting};
use crate::LoadedModel;
use crate::capture::capture;
use crate::inspect::why_not_judged;
use crate::screen::THUMB_SIDE;

/// A captured part: prepared for the model, or unreadable.
pub(super) struct Prepared {
    content_hash: Option<String>,
    /// With how the part lay, where parts are aligned.
    input: Result<(Input, Option<Lie>), (UnreadableReason, String)>,
    size: Option<PictureSize>,
    thumb: Option<Vec<u8>>,
}

/// Reads, decodes and prepares arrivals until the watcher ends.
pub(super) fn capture_all(shared: &Shared, arrivals: &Receiver<Arrival>, next: &Sender<Waiting>) {
    for arrival in arrivals {
        if shared.stopping() {
            // Without a record it will be an arrival again at the next start.
            return;
        }
        shared.inside.fetch_add(1, Ordering::Relaxed);
        let model = shared.model();
        let outcome = prepare(&model, &arrival);
        if next.send(Waiting { arrival, model, outcome }).is_err() {
            return;
        }
    }
}

fn prepare(model: &LoadedModel, arrival: &Arrival) -> Prepared {
    let captured = capture(&arrival.path);
    match captured.frame {
        Ok(frame) => Prepared {
            content_hash: captured.content_hash,
            size: Some(frame.size()),
            // A thumbnail that cannot be made is no reason to lose a verdict.
            thumb: thumbnail(&frame, THUMB_SIDE).ok(),
            input: model.judge.look(&frame).map_err(|error| (why_not_judged(&error), error.to_string())),
        },
        Err(unreadable) => {
            Prepared { content_hash: captured.content_hash, size: None, thumb: None, input: Err(unreadable) }
        }
    }
}

/// Scores prepared parts and decides.
pub(super) fn judge_all(shared: &Shared, parts: &Receiver<Waiting>, next: &Sender<Finished>) {
    for part in parts {
        if shared.stopping() {
            return;
        }
        if next.send(judge(part)).is_err() {
            return;
        }
    }
}

fn judge(part: Waiting) -> Finished {
    let Waiting { arrival, model, outcome } = part;
    let judge = &model.judge;
    let scored = outcome.input.and_then(|(input, lie)| {
        let failed = |detail: String| (UnreadableReason::JudgeError, detail);
        let mut scored = judge.score(&[input]).map_err(|error| failed(error.to_string()))?;
        let scored = scored.pop().ok_or_else(|| failed("the model gave no score".to_owned()))?;
        Ok(match outcome.size {
            Some(size) => judge.over_the_part(scored, lie, size),
            None => scored,
        })
    });
    let latency_millis = millis_since(arrival.seen_millis);
    let unjudged = Judged {
        arrival,
        verdict: Verdict::Unreadable,
        reason: None,
        detail: None,
        score: None,
        p_value: None,
        heat: None,
        size: outcome.size,
        content_hash: outcome.content_hash,
        model: None,
        latency_millis,
    };
    match scored {
        Ok(scored) => {
            let limits = judge.limits();
            Finished {
                judged: Judged {
                    verdict: limits.decide(scored.novel),
                    score: Some(scored.novel),
                    p_value: Some(judge.calibration().p_value(scored.novel)),
                    heat: Some(scored.map),
                    model: Some(model.id.clone()),
                    ..unjudged
                },
                reject_above: Some(limits.reject_above),
                thumb: outcome.thumb,
            }
        }
        Err((reason, detail)) => Finished {
            judged: Judged { reason: Some(reason), detail: Some(detail), ..unjudged },
            reject_above: None,
            thumb: outcome.thumb,
        },
    }
}

fn millis_since(seen_millis: i64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0);
    // The clock may have been set back meanwhile.
    (now - seen_millis as f64).max(0.0)
}
