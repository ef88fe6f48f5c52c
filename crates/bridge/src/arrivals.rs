//! Which files are parts and what their names tell, as the window sets it up and sees it tried.

use serde::{Deserialize, Serialize};
use specta::Type;

/// The patterns of a line, as a person wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ArrivalsView {
    /// How names are read, as in `{lot}/{part}_{view}`; none where they tell nothing.
    pub pattern: Option<String>,
    /// Which folders below the watched one count, as in `2026-*`; none where none does.
    pub subfolders: Option<String>,
}

/// What the patterns make of the files that are in the watched folder now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ArrivalsLook {
    /// A pattern cannot be used.
    Wrong {
        /// Which, why and where.
        wrong: WrongPatternView,
    },
    /// They can, and this is what there is.
    Seen {
        /// What there is.
        seen: ArrivalsSeenView,
    },
}

/// Files that would arrive now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ArrivalsSeenView {
    /// How many there are.
    pub pictures: u32,
    /// In how many folders they lie, the watched one included.
    pub folders: u32,
    /// How many have a name that the pattern does not fit.
    pub unfit: u32,
    /// A few of them.
    pub named: Vec<NamedView>,
}

/// What one file's name tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `sightline_core::PartName`")]
pub struct NamedView {
    /// Its path below the watched folder.
    pub file: String,
    /// The pattern fits it, or there is none.
    pub fits: bool,
    pub part: Option<String>,
    pub lot: Option<String>,
    pub view: Option<String>,
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WrongPatternView {
    /// Which of the two.
    pub field: PatternField,
    /// The window has words for each.
    pub fault: PatternFault,
    /// The characters of the pattern that are meant: from this one,
    pub from: u32,
    /// and before this one. Equal where the pattern is meant as a whole.
    pub to: u32,
}

/// See [`ArrivalsView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PatternField {
    /// `pattern`.
    Name,
    /// `subfolders`.
    Subfolders,
}

/// What can be wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PatternFault {
    /// It is too long, or empty.
    Length,
    /// A brace is missing.
    Brace,
    /// There is no such field.
    Field,
    /// A field stands there twice.
    Twice,
    /// Nobody can tell where a field ends.
    Adjacent,
    /// It matches more than can be matched quickly.
    TooLarge,
}
