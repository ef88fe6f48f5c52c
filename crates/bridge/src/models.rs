//! The line's models: where each comes from, how it did, and which judges.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::part::plant_time;
use crate::{PromiseView, TrialView};

/// A model of the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// BLAKE3 of the model file, in hex.
    pub id: String,
    /// When it came to the line, in milliseconds since 1970.
    #[specta(type = Number)]
    pub made_millis: f64,
    /// It judges.
    pub live: bool,
    /// It judges beside the live one and tells nobody.
    pub shadow: bool,
    /// Its file is gone or changed: it cannot judge, and what only the file says is empty here.
    pub damaged: bool,
    /// Its file is gone, as are those of old models that nobody needs.
    pub gone: bool,
    /// In digits: a number of JavaScript could not hold it.
    pub seed: String,
    /// What it learned on.
    pub device: String,
    /// Length of its file.
    #[specta(type = Number)]
    pub size_bytes: f64,
    /// Good parts that it learned from.
    pub parts_learned: u32,
    /// Good parts that its limit was set on.
    pub parts_calibrated: u32,
    /// Labelled defects that it learned from.
    pub labelled_defects: u32,
    /// What it promises.
    pub promised: Option<PromiseView>,
    /// Hash of the good parts.
    pub data_hash: String,
    /// BLAKE3 of the weights that its network began with; none where it began at random.
    pub pretrained_from: Option<String>,
    /// How it did against the model that judged; none for one that was learned from good parts alone.
    pub trial: Option<TrialView>,
    /// When it became the one that judges, newest first.
    pub promotions: Vec<PromotionView>,
}

/// A model became the one that judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PromotionView {
    /// Who said so; "learning" and "retrain" where nobody had to.
    pub who: String,
    /// Milliseconds since 1970.
    #[specta(type = Number)]
    pub millis: f64,
}

/// A challenger beside the live model, on the parts that both judged. "Rejected" is rejected or unreadable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShadowView {
    /// The challenger's id.
    pub model: String,
    /// Parts that both judged.
    pub parts: u32,
    /// Rejected by both.
    pub both_reject: u32,
    /// Rejected by the live model alone.
    pub only_champion: u32,
    /// Rejected by the challenger alone.
    pub only_shadow: u32,
    /// When the first of them was stored: RFC 3339 with the zone's offset, in the plant's time; none before the first.
    pub since: Option<String>,
}

/// What a model is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// All of it, for another line of the same kind.
    Bundle,
    /// The network alone, for other programs.
    Onnx,
}

impl ShadowView {
    /// A comparison: parts by both, rejected by both, by the live model alone, by the challenger alone; and when the first
    /// was stored, in milliseconds since 1970.
    pub fn new(model: String, counts: [u64; 4], since_millis: Option<i64>) -> Self {
        let [parts, both_reject, only_champion, only_shadow] =
            counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        Self { model, parts, both_reject, only_champion, only_shadow, since: since_millis.map(plant_time) }
    }
}
