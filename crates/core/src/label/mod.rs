//! What a person says about one part: good or defective, where the defect lies, what kind it is, and what must not be
//! judged. A label is tied to the part's record; its history lives in the store.

mod class;
mod counts;
mod feedback;
mod mask;
mod morphology;
mod polygon;
mod refine;
mod shape;
mod trace;
mod usage;
mod wand;

pub use class::{ClassError, ClassId, Colour, DefectClass, check_classes};
pub use counts::{CountsError, counts_from_text, counts_to_text};
pub use feedback::Feedback;
pub use mask::{MAX_MASK_PIXELS, Mask, MaskError, PixelBox};
pub use polygon::{Point, Ring, rasterise};
pub use refine::refine;
pub use shape::Shape;
pub use trace::{as_one_ring, outlines};
pub use usage::LabelUse;
pub use wand::flood;

use crate::PictureSize;

/// Marks that one part may have.
pub const MAX_MARKS: usize = 1000;
/// Points that all polygons of one part may have together.
pub const MAX_POINTS: usize = 200_000;
/// Letters of a note or a written rule.
pub const MAX_NOTE_CHARS: usize = 4000;
/// What the part is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// A good part.
    Good,
    /// A defective part; the kind where a person said it for the part as a whole.
    Defect(Option<ClassId>),
}

/// What a marked area means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A defect of this class.
    Defect(ClassId),
    /// Not judged and not learned from, on this part.
    Ignore,
}

/// A marked area.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What it means.
    pub meaning: Meaning,
    /// Where it is.
    pub shape: Shape,
}

/// Everything that is said about one part at one time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartLabel {
    /// Good or defective; none while only areas are marked or nobody has decided.
    pub tag: Option<Tag>,
    /// Marked areas, in the order in which they were drawn.
    pub marks: Vec<Mark>,
    /// Free words.
    pub note: String,
    /// A person has looked at the whole part and says that the label is complete.
    pub checked: bool,
}

/// Why a label is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Good and defective at once.
    #[error("the part is called good, but mark {mark} is a defect")]
    GoodWithDefect {
        /// Index of the mark, from 1.
        mark: usize,
    },
    /// More marks than a part may have.
    #[error("{found} marks on one part; at most {MAX_MARKS} are allowed")]
    TooManyMarks {
        /// How many there are.
        found: usize,
    },
    /// More points than a part may have.
    #[error("{found} points on one part; at most {MAX_POINTS} are allowed")]
    TooManyPoints {
        /// How many there are.
        found: usize,
    },
    /// A note that is too long.
    #[error("a note of {found} letters; at most {MAX_NOTE_CHARS} are allowed")]
    NoteTooLong {
        /// How many letters it has.
        found: usize,
    },
    /// A mark that is no area.
    #[error("mark {mark}: {why}")]
    NoArea {
        /// Index of the mark, from 1.
        mark: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A mask of another size than the picture.
    #[error(
        "mark {mark} is a mask of {} × {} pixels on a picture of {} × {}",
        found.width, found.height, picture.width, picture.height
    )]
    OtherSize {
        /// Index of the mark, from 1.
        mark: usize,
        /// The mask's size.
        found: PictureSize,
        /// The picture's size.
        picture: PictureSize,
    },
    /// A class that nobody made.
    #[error("there is no class with number {id}")]
    UnknownClass {
        /// Which.
        id: u32,
    },
}

impl PartLabel {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the part is known to be defective: by its tag or by a marked defect.
    pub fn is_defect(&self) -> bool {
        matches!(self.tag, Some(Tag::Defect(_))) || self.marks.iter().any(Mark::is_defect)
    }

    /// Whether the part is known to be good.
    pub fn is_good(&self) -> bool {
        self.tag == Some(Tag::Good)
    }

    /// Every class that is named, each once, in order of its number.
    pub fn classes(&self) -> Vec<ClassId> {
        let tag = match self.tag {
            Some(Tag::Defect(class)) => class,
            _ => None,
        };
        let marked = self.marks.iter().filter_map(|mark| match mark.meaning {
            Meaning::Defect(class) => Some(class),
            Meaning::Ignore => None,
        });
        let mut classes: Vec<ClassId> = tag.into_iter().chain(marked).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The same label with other numbers for its classes.
    pub fn renumbered(mut self, number: impl Fn(ClassId) -> ClassId) -> Self {
        if let Some(Tag::Defect(Some(class))) = &mut self.tag {
            *class = number(*class);
        }
        for mark in &mut self.marks {
            if let Meaning::Defect(class) = &mut mark.meaning {
                *class = number(*class);
            }
        }
        self
    }

    /// Checks everything that can be checked of a label, for a picture of this size.
    ///
    /// # Errors
    /// When it contradicts itself, is beyond a limit, or holds a mark that is no area of this picture.
    pub fn check(&self, picture: PictureSize) -> Result<(), LabelError> {
        let note = self.note.chars().count();
        let points: usize = self.marks.iter().map(|mark| mark.shape.points()).sum();
        if self.marks.len() > MAX_MARKS {
            return Err(LabelError::TooManyMarks { found: self.marks.len() });
        } else if points > MAX_POINTS {
            return Err(LabelError::TooManyPoints { found: points });
        } else if note > MAX_NOTE_CHARS {
            return Err(LabelError::NoteTooLong { found: note });
        }
        for (mark, number) in self.marks.iter().zip(1..) {
            if self.is_good() && mark.is_defect() {
                return Err(LabelError::GoodWithDefect { mark: number });
            }
            mark.shape.check(picture).map_err(|fault| fault.of_mark(number))?;
        }
        Ok(())
    }

    /// The pixels that are marked as a defect, of one class or of any. Boxes count with their whole inside.
    ///
    /// # Errors
    /// When the picture or a polygon is beyond the limits of masks.
    pub fn defect_mask(&self, picture: PictureSize, class: Option<ClassId>) -> Result<Mask, MaskError> {
        let wanted = |mark: &&Mark| match (mark.meaning, class) {
            (Meaning::Defect(found), Some(class)) => found == class,
            (Meaning::Defect(_), None) => true,
            (Meaning::Ignore, _) => false,
        };
        united(self.marks.iter().filter(wanted), picture)
    }

    /// The pixels that must be neither judged nor learned from.
    ///
    /// # Errors
    /// As [`Self::defect_mask`].
    pub fn ignore_mask(&self, picture: PictureSize) -> Result<Mask, MaskError> {
        united(self.marks.iter().filter(|mark| mark.meaning == Meaning::Ignore), picture)
    }
}

fn united<'m>(marks: impl Iterator<Item = &'m Mark>, picture: PictureSize) -> Result<Mask, MaskError> {
    let mut whole = Mask::empty(picture)?;
    for mark in marks {
        whole = whole.union(&mark.shape.mask(picture)?)?;
    }
    Ok(whole)
}

impl Mark {
    /// Whether it marks a defect.
    pub fn is_defect(&self) -> bool {
        matches!(self.meaning, Meaning::Defect(_))
    }
}

#[cfg(test)]
mod tests;
