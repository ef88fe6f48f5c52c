//! What labels would teach, as lists of the gallery.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::GalleryItem;

/// How far the look at the parts is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct LookingView {
    pub done: u32,
    pub total: u32,
    #[specta(type = Option<Number>)]
    pub seconds_left: Option<f64>,
}

/// Why a part is in its list. See `sightline_core::teaching`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum ReasonView {
    NearLimit,
    BranchesDisagree,
    Novel,
    Random,
    LooksDefective,
    LooksGood,
    /// It is as good as the same as others in the list.
    Alike {
        /// Number of its group, from 1.
        group: u32,
        /// Parts of the group.
        parts: u32,
        /// They do not all have the same use.
        leaks: bool,
    },
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct ListedPart {
    pub item: GalleryItem,
    pub why: ReasonView,
}

/// The three lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TeachingView {
    /// Id of the model that looked.
    pub model: String,
    /// What to label next, in this order.
    pub next: Vec<ListedPart>,
    /// Labels to look at again, the most doubtful first.
    pub check: Vec<ListedPart>,
    /// Labelled parts that are as good as the same, group by group.
    pub alike: Vec<ListedPart>,
    /// Pictures that are gone, changed or cannot be judged.
    pub left_out: u32,
}
