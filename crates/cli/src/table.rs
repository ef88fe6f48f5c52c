//! Words and rows that several commands print.

use sightline_core::{Calibration, Counters};

/// The promise, or how many good parts are missing for it.
pub(crate) fn promise_in_words(calibration: &Calibration, parts_missing: usize) -> String {
    let (limit, sure) = (100.0 * calibration.false_reject_limit(), 100.0 * calibration.confidence());
    match calibration.promise() {
        Some(promise) => format!(
            "promise: at most {limit} % of good parts rejected, with {sure} % confidence (set on {} held-out good parts)",
            promise.calibration_parts
        ),
        None => format!(
            "no promise yet: for \"at most {limit} % of good parts rejected, with {sure} % confidence\" {parts_missing} more \
             good parts are needed"
        ),
    }
}

/// The closing summary of a watched line.
pub(crate) fn summary(counters: &Counters, latency: Option<(f64, f64)>) -> String {
    let mut text = format!(
        "inspected {}, passed {}, review {}, rejected {}, unreadable {}",
        counters.inspected(),
        counters.passed,
        counters.review,
        counters.rejected,
        counters.unreadable
    );
    if let Some(share) = counters.yield_fraction() {
        text.push_str(&format!(", yield {:.1} %", 100.0 * share));
    }
    if let Some((p50, p95)) = latency {
        text.push_str(&format!(", latency p50 {p50:.0} ms, p95 {p95:.0} ms"));
    }
    text
}
