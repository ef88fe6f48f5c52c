//! What a format cannot say. It is told before anything is written.

use std::borrow::Cow;
use std::fmt;

use sightline_core::{Mark, PictureSize, Shape, Tag};

use crate::marks::bounds_on;
use crate::{Format, LabelSet, yolo};

/// Something that would be lost, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// What.
    pub what: &'static str,
    /// How many.
    pub count: usize,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.count)
    }
}

/// All that the format would lose of these labels. COCO and LabelMe lose nothing.
pub fn losses(format: Format, set: &LabelSet) -> Vec<Loss> {
    let labels = || set.pictures.iter().map(|picture| &picture.label);
    let marks = |wanted: fn(&Mark) -> bool| labels().flat_map(|label| &label.marks).filter(|mark| wanted(mark)).count();
    let notes = || Loss { what: "notes", count: labels().filter(|label| !label.note.is_empty()).count() };
    let checked = || Loss { what: "marks that a label is complete", count: labels().filter(|l| l.checked).count() };
    let tags = || Loss {
        what: "defects without a marked area, or named for the whole part",
        count: labels()
            .filter(|label| match label.tag {
                Some(Tag::Defect(class)) => class.is_some() || !label.marks.iter().any(Mark::is_defect),
                Some(Tag::Good) | None => false,
            })
            .count(),
    };
    let good_with_areas = || Loss {
        what: "good parts with ignored areas",
        count: labels().filter(|label| label.is_good() && !label.marks.is_empty()).count(),
    };
    let good = || Loss { what: "parts that are called good", count: labels().filter(|label| label.is_good()).count() };
    let boxes =
        || Loss { what: "boxes, which become pixels", count: marks(|mark| matches!(mark.shape, Shape::Box { .. })) };
    let points = || Loss {
        what: "points of polygons, which become pixels",
        count: marks(|mark| matches!(mark.shape, Shape::Polygon(_))),
    };
    let areas = || Loss {
        what: "polygons and masks, which become boxes",
        count: marks(|mark| !matches!(mark.shape, Shape::Box { .. })),
    };
    let pixels = || Loss {
        what: "marks too small to hold a pixel",
        count: set
            .pictures
            .iter()
            .map(|picture| picture.label.marks.iter().filter(|mark| !holds(format, mark, picture.size)).count())
            .sum(),
    };
    let found = match format {
        Format::Coco | Format::LabelMe => vec![],
        // An outline holds the same pixels as its mask.
        Format::Yolo => vec![notes(), checked(), tags(), good_with_areas(), pixels()],
        Format::Voc => vec![notes(), checked(), tags(), good_with_areas(), areas(), pixels()],
        Format::Masks => vec![notes(), checked(), tags(), good(), boxes(), points(), pixels()],
    };
    found.into_iter().filter(|loss| loss.count > 0).collect()
}

/// Whether the format can say where a mark of this picture is. What is too complex for a mask is told on writing.
fn holds(format: Format, mark: &Mark, picture: PictureSize) -> bool {
    let has_pixel = || !mark.shape.mask(picture).is_ok_and(|mask| mask.area() == 0);
    match format {
        Format::Coco | Format::LabelMe => true,
        Format::Yolo => yolo::is_written_as_drawn(&mark.shape, picture) || has_pixel(),
        Format::Voc => bounds_on(&mark.shape, picture).is_some(),
        Format::Masks => has_pixel(),
    }
}

/// The labels without the marks that the format cannot hold. They go before files are written, because a file without
/// marks calls its part good.
pub(crate) fn what_it_holds(format: Format, set: &LabelSet) -> Cow<'_, LabelSet> {
    let whole = |size, marks: &[Mark]| marks.iter().all(|mark| holds(format, mark, size));
    if set.pictures.iter().all(|picture| whole(picture.size, &picture.label.marks)) {
        return Cow::Borrowed(set);
    }
    let mut set = set.clone();
    for picture in &mut set.pictures {
        let size = picture.size;
        picture.label.marks.retain(|mark| holds(format, mark, size));
    }
    Cow::Owned(set)
}

pub(crate) fn in_words(losses: &[Loss]) -> String {
    losses.iter().map(Loss::to_string).collect::<Vec<_>>().join("; ")
}
