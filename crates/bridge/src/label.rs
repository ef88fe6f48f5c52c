//! Labels between window and host. Everything that comes from the window is measured before it is unfolded.

use serde::{Deserialize, Serialize};
use sightline_core::label::{MAX_MARKS, MAX_NOTE_CHARS, MAX_POINTS, counts_from_text, counts_to_text};
use sightline_core::{
    ClassId, Colour, DefectClass, Mark, Mask, Meaning, PartLabel, PictureSize, Point, Ring, Shape, Tag,
};
use specta::Type;
use specta_typescript::Number;

use crate::part::plant_time;
use crate::{ErrorCode, HostError};

/// Letters of all masks of one label together: a mask of speckles on 20 megapixels stays below.
const MAX_COUNTS_LETTERS: usize = 16_000_000;

/// What a part is as a whole. See [`sightline_core::Tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum TagView {
    Good,
    Defect {
        /// Number of the class.
        class: Option<u32>,
    },
}

/// The area of a mark, in pixels of the part's picture. See [`sightline_core::Shape`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum ShapeView {
    Box {
        #[specta(type = Number)]
        left: f64,
        #[specta(type = Number)]
        top: f64,
        #[specta(type = Number)]
        right: f64,
        #[specta(type = Number)]
        bottom: f64,
    },
    Polygon {
        /// Rings of x, y, x, y, …
        #[specta(type = Vec<Vec<Number>>)]
        rings: Vec<Vec<f64>>,
    },
    /// As large as the picture.
    Mask {
        /// COCO's compressed runs.
        counts: String,
    },
}

/// A marked area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MarkView {
    /// Number of the defect's class; none where the area is ignored.
    pub class: Option<u32>,
    /// Where it is.
    pub shape: ShapeView,
}

/// Everything that is said about a part. See [`sightline_core::PartLabel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub struct LabelContent {
    pub tag: Option<TagView>,
    pub marks: Vec<MarkView>,
    pub note: String,
    pub checked: bool,
}

/// A part's label as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LabelView {
    /// Number of the part.
    pub part: u32,
    /// What is said.
    pub content: LabelContent,
    /// There is a change to take back.
    pub can_undo: bool,
    /// There is a change that was taken back.
    pub can_redo: bool,
    /// Who said it last; none when nobody has said anything.
    pub who: Option<String>,
    /// When, in the plant's time.
    pub made_at: Option<String>,
}

/// A kind of defect. See [`sightline_core::DefectClass`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub struct ClassView {
    pub id: u32,
    pub name: String,
    /// `#rrggbb`
    pub colour: String,
    pub key: Option<u8>,
    pub rule: String,
    pub example: Option<u32>,
}

/// An answer to a verdict. See [`sightline_core::Feedback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum Feedback {
    Confirm,
    FalseAlarm,
    MissedDefect,
}

impl From<Feedback> for sightline_core::Feedback {
    fn from(feedback: Feedback) -> Self {
        match feedback {
            Feedback::Confirm => Self::Confirm,
            Feedback::FalseAlarm => Self::FalseAlarm,
            Feedback::MissedDefect => Self::MissedDefect,
        }
    }
}

impl From<Tag> for TagView {
    fn from(tag: Tag) -> Self {
        match tag {
            Tag::Good => Self::Good,
            Tag::Defect(class) => Self::Defect { class: class.map(|class| class.0) },
        }
    }
}

impl From<TagView> for Tag {
    fn from(tag: TagView) -> Self {
        match tag {
            TagView::Good => Self::Good,
            TagView::Defect { class } => Self::Defect(class.map(ClassId)),
        }
    }
}

impl From<&Shape> for ShapeView {
    fn from(shape: &Shape) -> Self {
        match shape {
            &Shape::Box { left, top, right, bottom } => Self::Box { left, top, right, bottom },
            Shape::Polygon(rings) => {
                let flat = |ring: &Ring| ring.0.iter().flat_map(|point| [point.x, point.y]).collect();
                Self::Polygon { rings: rings.iter().map(flat).collect() }
            }
            Shape::Mask(mask) => Self::Mask { counts: mask_text(mask) },
        }
    }
}

impl From<&PartLabel> for LabelContent {
    fn from(label: &PartLabel) -> Self {
        let mark = |mark: &Mark| MarkView {
            class: match mark.meaning {
                Meaning::Defect(class) => Some(class.0),
                Meaning::Ignore => None,
            },
            shape: (&mark.shape).into(),
        };
        Self {
            tag: label.tag.map(Into::into),
            marks: label.marks.iter().map(mark).collect(),
            note: label.note.clone(),
            checked: label.checked,
        }
    }
}

impl LabelView {
    /// A label that somebody made, at a time in milliseconds since 1970.
    pub fn new(part: u32, label: &PartLabel, can_undo: bool, can_redo: bool, made: (&str, i64)) -> Self {
        let (who, made_at) = (Some(made.0.to_owned()), Some(plant_time(made.1)));
        Self { part, content: label.into(), can_undo, can_redo, who, made_at }
    }

    /// Nobody has said anything.
    pub fn none(part: u32) -> Self {
        let content = (&PartLabel::default()).into();
        Self { part, content, can_undo: false, can_redo: false, who: None, made_at: None }
    }
}

/// A mask as the window draws it.
pub fn mask_text(mask: &Mask) -> String {
    counts_to_text(&mask.runs())
}

/// A mask that the window drew on a picture of this size.
///
/// # Errors
/// When it is no mask of this picture.
pub fn mask_from_text(counts: &str, picture: PictureSize) -> Result<Mask, HostError> {
    if counts.len() > MAX_COUNTS_LETTERS {
        return Err(refused(format!("a mask of {} letters", counts.len())));
    }
    // Every run takes a letter at least.
    let runs = counts_from_text(counts, counts.len()).map_err(|error| refused(error.to_string()))?;
    Mask::from_runs(picture, &runs).map_err(|error| refused(error.to_string()))
}

impl ShapeView {
    /// The area that the window drew on a picture of this size.
    ///
    /// # Errors
    /// When it is beyond a limit or no area of this picture.
    pub fn parse(self, picture: PictureSize) -> Result<Shape, HostError> {
        let content = LabelContent {
            tag: None,
            marks: vec![MarkView { class: None, shape: self }],
            note: String::new(),
            checked: false,
        };
        let mark = content.parse(picture)?.marks.pop();
        mark.map(|mark| mark.shape).ok_or_else(|| refused("no area".to_owned()))
    }
}

impl LabelContent {
    /// The label that the window says of a part with a picture of this size.
    ///
    /// # Errors
    /// When it is beyond a limit or holds something that is no mark of this picture.
    pub fn parse(self, picture: PictureSize) -> Result<PartLabel, HostError> {
        let points: usize = self
            .marks
            .iter()
            .map(|mark| match &mark.shape {
                ShapeView::Polygon { rings } => rings.iter().map(|ring| ring.len() / 2 + 1).sum(),
                ShapeView::Box { .. } | ShapeView::Mask { .. } => 0,
            })
            .sum();
        let letters: usize = self
            .marks
            .iter()
            .map(|mark| if let ShapeView::Mask { counts } = &mark.shape { counts.len() } else { 0 })
            .sum();
        let within = self.marks.len() <= MAX_MARKS
            && points <= MAX_POINTS
            && letters <= MAX_COUNTS_LETTERS
            && self.note.len() <= 4 * MAX_NOTE_CHARS;
        if !within {
            let marks = self.marks.len();
            return Err(refused(format!("a label of {marks} marks, {points} points and {letters} letters of masks")));
        }
        let marks = self.marks.into_iter().map(|mark| parse_mark(mark, picture)).collect::<Result<_, _>>()?;
        let label = PartLabel { tag: self.tag.map(Into::into), marks, note: self.note, checked: self.checked };
        label.check(picture).map_err(|error| refused(error.to_string()))?;
        Ok(label)
    }
}

fn parse_mark(mark: MarkView, picture: PictureSize) -> Result<Mark, HostError> {
    let shape = match mark.shape {
        ShapeView::Box { left, top, right, bottom } => Shape::Box { left, top, right, bottom },
        ShapeView::Polygon { rings } => {
            if rings.iter().any(|ring| ring.len() % 2 == 1) {
                return Err(refused("a point without its y".to_owned()));
            }
            let ring = |flat: &Vec<f64>| Ring(flat.chunks_exact(2).map(|at| Point { x: at[0], y: at[1] }).collect());
            Shape::Polygon(rings.iter().map(ring).collect())
        }
        ShapeView::Mask { counts } => Shape::Mask(mask_from_text(&counts, picture)?),
    };
    Ok(Mark { meaning: mark.class.map_or(Meaning::Ignore, |class| Meaning::Defect(ClassId(class))), shape })
}

impl From<&DefectClass> for ClassView {
    fn from(class: &DefectClass) -> Self {
        Self {
            id: class.id.0,
            name: class.name.clone(),
            colour: class.colour.hex(),
            key: class.key,
            rule: class.rule.clone(),
            example: class.example.and_then(|part| u32::try_from(part).ok()),
        }
    }
}

impl ClassView {
    /// The class that the window says.
    ///
    /// # Errors
    /// When its colour is none. The rest is checked where it is kept.
    pub fn parse(self) -> Result<DefectClass, HostError> {
        let colour = Colour::from_hex(&self.colour).ok_or_else(|| refused("a colour that is none".to_owned()))?;
        let (id, example) = (ClassId(self.id), self.example.map(i64::from));
        Ok(DefectClass { id, name: self.name, colour, key: self.key, rule: self.rule, example })
    }
}

fn refused(detail: String) -> HostError {
    HostError { code: ErrorCode::BadRequest, detail }
}

#[cfg(test)]
mod tests;
