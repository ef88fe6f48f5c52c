//! What of a picture is judged, and what may differ on a good part, as the window draws and shows it.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// A rectangle on a picture, in fractions of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "four edges of a rectangle")]
pub struct RegionView {
    #[specta(type = Number)]
    pub left: f32,
    #[specta(type = Number)]
    pub top: f32,
    #[specta(type = Number)]
    pub right: f32,
    #[specta(type = Number)]
    pub bottom: f32,
}

/// See the module. Ranges are fractions: of the picture's side for the shift, else of white.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::Variation`")]
pub struct RecipeView {
    /// What is looked at; none is the whole picture.
    pub region: Option<RegionView>,
    /// Corners of each area that is never judged, across and down as fractions of the picture.
    #[specta(type = Vec<Vec<(Number, Number)>>)]
    pub ignore: Vec<Vec<(f32, f32)>>,
    /// Parts are aligned to a reference first.
    pub align: bool,
    #[specta(type = Number)]
    pub shift: f32,
    #[specta(type = Number)]
    pub brightness: f32,
    #[specta(type = Number)]
    pub contrast: f32,
    #[specta(type = Number)]
    pub gradient: f32,
}
