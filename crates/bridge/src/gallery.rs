//! The gallery as the window asks for it and sees it.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{PartView, TagView, Verdict};

/// Which parts by what is said about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each is a word in the window's catalogue")]
pub enum LabelFilter {
    Any,
    Unlabelled,
    Labelled,
    Good,
    Defect,
    Unchecked,
}

/// A page of the gallery, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GalleryRequest {
    /// Only this verdict.
    pub verdict: Option<Verdict>,
    /// Only with such a label.
    pub label: LabelFilter,
    /// Only with this class.
    pub class: Option<u32>,
    /// The newest part of the answer to the first question: later parts do not move the pages. None asks anew.
    pub upto: Option<u32>,
    /// Parts before the page.
    pub skip: u32,
    /// Parts of the page.
    pub limit: u32,
    /// Exactly these parts, as the answer to the first question named them, instead of those that fit by now. None asks for
    /// what fits.
    pub parts: Option<Vec<u32>>,
}

/// A part in the gallery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "plain words")]
pub struct GalleryItem {
    pub part: PartView,
    pub tag: Option<TagView>,
    pub classes: Vec<u32>,
    pub marks: u32,
    pub checked: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GalleryPage {
    /// All parts that fit; told once, in the answer to the first question.
    pub total: Option<u32>,
    /// The newest part that was counted.
    pub upto: u32,
    /// All parts that fit, newest first; told with the total where labels decide, for labelling must not move the pages.
    pub parts: Option<Vec<u32>>,
    /// Those of the page.
    pub items: Vec<GalleryItem>,
}
