//! What a format cannot say. It is told before anything is written.

use std::fmt;

use sightline_core::{Mark, Shape, Tag};

use crate::{Format, LabelSet};

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
    let found = match format {
        Format::Coco | Format::LabelMe => vec![],
        // An outline holds the same pixels as its mask.
        Format::Yolo => vec![notes(), checked(), tags(), good_with_areas()],
        Format::Voc => vec![notes(), checked(), tags(), good_with_areas(), areas()],
        Format::Masks => vec![notes(), checked(), tags(), good(), boxes(), points()],
    };
    found.into_iter().filter(|loss| loss.count > 0).collect()
}

pub(crate) fn in_words(losses: &[Loss]) -> String {
    losses.iter().map(Loss::to_string).collect::<Vec<_>>().join("; ")
}
