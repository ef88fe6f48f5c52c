//! How a line is, in the words of other programs: JSON for people's tools, and the text form that Prometheus reads.

use std::fmt::Write;

use serde::Serialize;
use sightline_core::SourceState;

use super::{Shared, watchdog};

/// Verdicts over which latency is told.
const LATENCY_OVER: usize = 1000;

/// How a line is. Fields may be added; none is renamed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthReport {
    /// `ok`, or `alarm` while something goes wrong.
    pub state: &'static str,
    /// Version of Sightline.
    pub version: &'static str,
    /// Name of the line.
    pub line: String,
    /// Seconds since the line was started.
    pub uptime_seconds: f64,
    /// `watching`, `polling` or `lost`; none until it was looked at.
    pub source: Option<&'static str>,
    /// The device that judges.
    pub device: String,
    /// The device that should judge and does not.
    pub lost_device: Option<String>,
    /// Id of the model that judges.
    pub model: String,
    /// Arrivals without a record.
    pub queue_depth: usize,
    /// How long the oldest of them has waited.
    pub queue_age_seconds: f64,
    /// Records by verdict, since the line's first part; none when the database does not answer.
    pub verdicts: Option<VerdictCounts>,
    /// From seen closed or settled to judged, over the newest thousand.
    pub latency: Option<LatencyReport>,
    /// What each stage does.
    pub stages: Vec<StageReport>,
    /// Seconds since the newest backup.
    pub backup_age_seconds: Option<f64>,
    /// Bytes that are free on the line's disk.
    pub disk_free_bytes: Option<u64>,
    /// What goes wrong now.
    pub alarms: Vec<AlarmReport>,
}

/// Records by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "named as the verdicts")]
pub struct VerdictCounts {
    pub pass: u64,
    pub review: u64,
    pub reject: u64,
    pub unreadable: u64,
}

/// Latency in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "percentiles")]
pub struct LatencyReport {
    pub p50_millis: f64,
    pub p95_millis: f64,
}

/// A stage of the live path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageReport {
    /// Which.
    pub name: &'static str,
    /// Parts since the line was started.
    pub done: u64,
    /// Seconds of work since then.
    pub spent_seconds: f64,
    /// Seconds at the present part; none while it waits for one.
    pub busy_seconds: Option<f64>,
    /// Where the time goes, as far as it is told: `network` stays 0 on devices that do not tell it from the memory bank.
    pub steps: Vec<StepReport>,
}

/// A step within a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// Which.
    pub name: &'static str,
    /// Seconds that it has taken since the line was started.
    pub spent_seconds: f64,
}

/// A trouble that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmReport {
    /// What kind, by its name.
    pub cause: &'static str,
    /// In words.
    pub detail: String,
    /// Since when, in milliseconds since 1970.
    pub since_millis: i64,
}

impl HealthReport {
    pub(super) fn of(shared: &Shared) -> Self {
        let (health, model) = (&shared.health, shared.judges.now());
        let alarms: Vec<AlarmReport> = health
            .alarms()
            .into_iter()
            .map(|alarm| AlarmReport {
                cause: alarm.cause.name(),
                detail: alarm.detail,
                since_millis: alarm.since_millis,
            })
            .collect();
        let counted = shared.store.counters().ok();
        let latency = shared.store.latency_quantiles(LATENCY_OVER).ok().flatten();
        let stages = health.stages().map(|(name, stage)| StageReport {
            name,
            done: stage.done(),
            spent_seconds: stage.spent_seconds(),
            busy_seconds: stage.pulse.busy_for().map(|busy| busy.as_secs_f64()),
            steps: health
                .steps_of(name)
                .into_iter()
                .map(|(name, step)| StepReport { name, spent_seconds: step.spent_seconds() })
                .collect(),
        });
        Self {
            state: if alarms.is_empty() { "ok" } else { "alarm" },
            version: env!("CARGO_PKG_VERSION"),
            line: shared.name.clone(),
            uptime_seconds: health.started.elapsed().as_secs_f64(),
            source: health.source().map(|source| match source {
                SourceState::Watching => "watching",
                SourceState::Polling => "polling",
                SourceState::Lost { .. } => "lost",
            }),
            device: model.judge.device().id.clone(),
            lost_device: model.lost.as_ref().map(|lost| lost.device.id.clone()),
            model: model.id.clone(),
            queue_depth: shared.queue_depth(),
            queue_age_seconds: health.inside().1.map_or(0.0, |age| age.as_secs_f64()),
            verdicts: counted.map(|counted| VerdictCounts {
                pass: counted.passed,
                review: counted.review,
                reject: counted.rejected,
                unreadable: counted.unreadable,
            }),
            latency: latency.map(|(p50_millis, p95_millis)| LatencyReport { p50_millis, p95_millis }),
            stages: stages.into(),
            backup_age_seconds: shared.store.backup_age().map(|age| age.as_secs_f64()),
            disk_free_bytes: watchdog::free_bytes(&shared.folder),
            alarms,
        }
    }

    /// As Prometheus reads it (text format 0.0.4).
    pub fn metrics(&self) -> String {
        let line = label(&self.line);
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, values: &[(String, f64)]| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "# HELP sightline_{name} {help}\n# TYPE sightline_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "sightline_{name}{{line=\"{line}\"{labels}}} {value}");
            }
        };
        let plain = |value: f64| [(String::new(), value)];
        family("up", "gauge", "1 while nothing goes wrong", &plain(if self.alarms.is_empty() { 1.0 } else { 0.0 }));
        family("uptime_seconds", "gauge", "Since the line was started", &plain(self.uptime_seconds));
        family("queue_depth", "gauge", "Arrivals without a record", &plain(self.queue_depth as f64));
        family("queue_age_seconds", "gauge", "How long the oldest arrival waits", &plain(self.queue_age_seconds));
        if let Some(counts) = self.verdicts {
            let of = |verdict: &str, count: u64| (format!(",verdict=\"{verdict}\""), count as f64);
            let counts = [
                of("pass", counts.pass),
                of("review", counts.review),
                of("reject", counts.reject),
                of("unreadable", counts.unreadable),
            ];
            family("verdicts_total", "counter", "Records since the line's first part", &counts);
        }
        if let Some(latency) = self.latency {
            let of = |quantile: &str, millis: f64| (format!(",quantile=\"{quantile}\""), millis / 1000.0);
            let values = [of("0.5", latency.p50_millis), of("0.95", latency.p95_millis)];
            family("latency_seconds", "gauge", "From seen closed or settled to judged, newest thousand", &values);
        }
        let of = |value: fn(&StageReport) -> f64| -> Vec<(String, f64)> {
            self.stages.iter().map(|stage| (format!(",stage=\"{}\"", stage.name), value(stage))).collect()
        };
        family("stage_parts_total", "counter", "Parts that a stage has done", &of(|stage| stage.done as f64));
        family("stage_seconds_total", "counter", "Time that a stage has worked", &of(|stage| stage.spent_seconds));
        let steps: Vec<(String, f64)> = self
            .stages
            .iter()
            .flat_map(|stage| stage.steps.iter().map(|step| (stage.name, step)))
            .map(|(stage, step)| (format!(",stage=\"{stage}\",step=\"{}\"", step.name), step.spent_seconds))
            .collect();
        family("step_seconds_total", "counter", "Time that a step within a stage has taken", &steps);
        if let Some(age) = self.backup_age_seconds {
            family("backup_age_seconds", "gauge", "Since the newest backup", &plain(age));
        }
        if let Some(free) = self.disk_free_bytes {
            family("disk_free_bytes", "gauge", "Free on the line's disk", &plain(free as f64));
        }
        let raised = |name: &str| self.alarms.iter().any(|alarm| alarm.cause == name);
        let alarms: Vec<(String, f64)> = sightline_core::AlarmCause::NAMES
            .iter()
            .map(|(_, name)| (format!(",cause=\"{name}\""), f64::from(u8::from(raised(name)))))
            .collect();
        family("alarm", "gauge", "1 while this goes wrong", &alarms);
        text
    }
}

/// A text between the quotes of a label.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(label("Ring \"6\"\\\n"), "Ring \\\"6\\\"\\\\\\n");
    }
}
