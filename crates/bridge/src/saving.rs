//! How many labels pretraining saves on the line's own labels.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::HostError;

/// What is known of it, and whether it is measured now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LabelSavingView {
    /// Labelled defects that are missing to learn from before it can be measured.
    pub missing_defects: u32,
    /// Labelled defects that are missing among those that are held out.
    pub missing_test: u32,
    /// How much of the measurement is done, 0 to 1; none while nothing is measured.
    #[specta(type = Option<Number>)]
    pub measuring: Option<f64>,
    /// Why the last measurement ended without an outcome.
    pub failed: Option<HostError>,
    /// What was measured last.
    pub last: Option<MeasuredView>,
}

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredView {
    /// Labels or model have changed since.
    pub outdated: bool,
    /// Labelled defects to learn from.
    pub labels: u32,
    /// So many of them do with pretraining what all do without.
    pub needed: u32,
    /// 95 of 100 resamples of the held-out defects are above this.
    pub low: u32,
    /// And as many below this.
    pub high: u32,
    /// Held-out defects.
    pub tested: u32,
    /// The curve.
    pub points: Vec<SavingPointView>,
}

/// One trained model of the curve. Shares are of the held-out defects, found when 5 % of good parts may be rejected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavingPointView {
    /// Labelled defects that it learned from.
    pub labels: u32,
    /// Whether it began with the pretrained network.
    pub pretrained: bool,
    /// Share that it finds.
    #[specta(type = Number)]
    pub detection: f64,
    /// 95 of 100 resamples of the held-out defects lie above this.
    #[specta(type = Number)]
    pub low: f64,
    /// And as many below this.
    #[specta(type = Number)]
    pub high: f64,
}
