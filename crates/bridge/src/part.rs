//! A judged part and the totals.

use serde::{Deserialize, Serialize};
use sightline_core::{Counters, Record};
use specta::Type;
use specta_typescript::Number;

use crate::{UnreadableReason, Verdict};

/// A stored verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::Judged`")]
pub struct PartView {
    /// Running number on this line. A 32-bit number: at 50 parts a second it lasts two years without a pause.
    pub id: u32,
    pub part_id: String,
    pub lot: Option<String>,
    pub view: Option<String>,
    pub file_name: String,
    pub verdict: Verdict,
    pub reason: Option<UnreadableReason>,
    pub detail: Option<String>,
    #[specta(type = Option<Number>)]
    pub score: Option<f64>,
    #[specta(type = Option<Number>)]
    pub reject_above: Option<f64>,
    #[specta(type = Option<Number>)]
    pub p_value: Option<f64>,
    pub has_heat: bool,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub model: Option<String>,
    /// RFC 3339 with the zone's offset, in the plant's time.
    pub stored_at: String,
    #[specta(type = Number)]
    pub latency_millis: f64,
}

/// Totals of the line since its first part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::Counters`")]
pub struct CountersView {
    pub inspected: u32,
    pub passed: u32,
    pub review: u32,
    pub rejected: u32,
    pub unreadable: u32,
    #[specta(type = Option<Number>)]
    pub yield_fraction: Option<f64>,
    #[specta(type = Option<Number>)]
    pub p50_millis: Option<f64>,
    #[specta(type = Option<Number>)]
    pub p95_millis: Option<f64>,
    pub queue_depth: u32,
}

impl From<&Record> for PartView {
    fn from(record: &Record) -> Self {
        let judged = &record.judged;
        Self {
            id: u32::try_from(record.id).unwrap_or(u32::MAX),
            part_id: judged.arrival.part_id(),
            lot: judged.arrival.name.lot.clone(),
            view: judged.arrival.name.view.clone(),
            file_name: judged
                .arrival
                .path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            verdict: judged.verdict.into(),
            reason: judged.reason.map(Into::into),
            detail: judged.detail.clone(),
            score: judged.score,
            reject_above: record.reject_above,
            p_value: judged.p_value,
            has_heat: judged.heat.is_some(),
            width: judged.size.map(|size| size.width),
            height: judged.size.map(|size| size.height),
            model: judged.model.clone(),
            stored_at: plant_time(record.stored_millis),
            latency_millis: judged.latency_millis,
        }
    }
}

impl CountersView {
    /// Totals with latency quantiles and the queue.
    pub fn new(counters: &Counters, latency: Option<(f64, f64)>, queue_depth: usize) -> Self {
        let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            inspected: number(counters.inspected()),
            passed: number(counters.passed),
            review: number(counters.review),
            rejected: number(counters.rejected),
            unreadable: number(counters.unreadable),
            yield_fraction: counters.yield_fraction(),
            p50_millis: latency.map(|(p50, _)| p50),
            p95_millis: latency.map(|(_, p95)| p95),
            queue_depth: number(queue_depth as u64),
        }
    }
}

/// A time in the plant's zone, with its offset.
pub(crate) fn plant_time(millis: i64) -> String {
    let Ok(instant) = jiff::Timestamp::from_millisecond(millis) else { return String::new() };
    let zoned = instant.to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_core::{Arrival, ArrivalKey, Judged, PartName};

    #[test]
    fn a_record_shows_its_name_and_an_offset() {
        let key = ArrivalKey { relative_path: "齿轮 1.png".into(), modified_nanos: 1, size_bytes: 0 };
        let name = PartName { lot: Some("L4".into()), ..PartName::default() };
        let arrival = Arrival { key, path: "/camera/齿轮 1.png".into(), name, seen_millis: 0 };
        let judged = Judged {
            arrival,
            verdict: sightline_core::Verdict::Unreadable,
            reason: Some(sightline_core::UnreadableReason::Empty),
            detail: None,
            score: None,
            p_value: None,
            heat: None,
            size: None,
            content_hash: None,
            model: None,
            latency_millis: 2.0,
        };
        let record = Record { id: 7, judged, stored_millis: 1_700_000_000_123, reject_above: None };
        let view = PartView::from(&record);
        assert_eq!((view.id, view.part_id.as_str(), view.file_name.as_str()), (7, "齿轮 1", "齿轮 1.png"));
        assert!(view.stored_at.contains(".123") && view.stored_at.len() == "2023-11-14T22:13:20.123+00:00".len());
        assert_eq!((view.lot.as_deref(), view.view.as_deref(), view.has_heat), (Some("L4"), None, false));
    }
}
