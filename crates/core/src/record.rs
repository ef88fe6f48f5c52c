//! What is kept for good about a judged part.

use crate::{Arrival, HeatMap, PictureSize, UnreadableReason, Verdict};

/// The outcome for one arrival, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Which file it was.
    pub arrival: Arrival,
    /// What the line is told.
    pub verdict: Verdict,
    /// Why it could not be judged; set exactly when the verdict is `Unreadable`.
    pub reason: Option<UnreadableReason>,
    /// The same in words for the log, with path or step.
    pub detail: Option<String>,
    /// Evidence against the part; absent when unreadable.
    pub score: Option<f64>,
    /// Conformal p-value of the score; absent when unreadable.
    pub p_value: Option<f64>,
    /// Where the evidence lies; absent when unreadable.
    pub heat: Option<HeatMap>,
    /// Size of the picture as it came from the camera.
    pub size: Option<PictureSize>,
    /// BLAKE3 of the file's bytes, in hex; absent when the file could not be read.
    pub content_hash: Option<String>,
    /// The model that judged; absent when unreadable.
    pub model: Option<String>,
    /// From seen closed or settled to judged.
    pub latency_millis: f64,
}

/// A stored outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Running number on this line, from 1.
    pub id: i64,
    /// The outcome.
    pub judged: Judged,
    /// When it was stored, in milliseconds since 1970.
    pub stored_millis: i64,
    /// The score beyond which the model rejects, as it was then.
    pub reject_above: Option<f64>,
}

/// Totals of a line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// Parts that passed.
    pub passed: u64,
    /// Parts that a person should look at.
    pub review: u64,
    /// Parts that were rejected.
    pub rejected: u64,
    /// Parts that could not be judged.
    pub unreadable: u64,
}

impl Counters {
    /// All arrivals.
    pub fn inspected(&self) -> u64 {
        self.passed + self.review + self.rejected + self.unreadable
    }

    /// Share of passed parts among all arrivals; none before the first arrival.
    pub fn yield_fraction(&self) -> Option<f64> {
        let inspected = self.inspected();
        (inspected > 0).then(|| self.passed as f64 / inspected as f64)
    }

    /// Counts one more verdict.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Review => self.review += 1,
            Verdict::Reject => self.rejected += 1,
            Verdict::Unreadable => self.unreadable += 1,
        }
    }
}
