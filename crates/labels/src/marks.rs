//! Marks on their way in: checked one by one, so that a fault is told where it stands.

use sightline_core::{Mark, Meaning, PartLabel, PictureSize, Point, Ring, Shape};

/// A mark of this picture.
///
/// # Errors
/// When it is no area, or lies wholly outside the picture, in words.
pub(crate) fn mark(meaning: Meaning, shape: Shape, picture: PictureSize) -> Result<Mark, String> {
    let mut label = PartLabel { marks: vec![Mark { meaning, shape }], ..PartLabel::default() };
    label.check(picture).map_err(|error| error.to_string().replace("mark 1: ", "").replace("mark 1 is", "it is"))?;
    let mark = label.marks.pop().ok_or("no mark")?;
    if let Some([left, top, right, bottom]) = mark.shape.bounds() {
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        if right <= 0.0 || bottom <= 0.0 || left >= width || top >= height {
            return Err(format!("it lies outside the picture of {} × {} pixels", picture.width, picture.height));
        }
    }
    Ok(mark)
}

/// Adds a mark to what is said about its part. Other tools keep our words about the whole part when somebody draws a
/// defect on it: then it is no longer called good, and nobody has looked at the whole part since.
pub(crate) fn add(label: &mut PartLabel, mark: Mark) {
    if label.is_good() && mark.is_defect() {
        (label.tag, label.checked) = (None, false);
    }
    label.marks.push(mark);
}

/// The rectangle around a shape as far as it lies on the picture: left, top, right, bottom. None where nothing does.
pub(crate) fn bounds_on(shape: &Shape, picture: PictureSize) -> Option<[f64; 4]> {
    let [left, top, right, bottom] = shape.bounds()?;
    let (left, top) = (left.max(0.0), top.max(0.0));
    let (right, bottom) = (right.min(f64::from(picture.width)), bottom.min(f64::from(picture.height)));
    (left < right && top < bottom).then_some([left, top, right, bottom])
}

/// A ring from x, y, x, y, …
pub(crate) fn ring(flat: &[f64]) -> Result<Ring, String> {
    if flat.len() < 6 || flat.len() % 2 == 1 {
        return Err(format!("a polygon of {} numbers; it needs an even number, at least 6", flat.len()));
    }
    Ok(Ring(flat.chunks_exact(2).map(|at| Point { x: at[0], y: at[1] }).collect()))
}

/// A rectangle from two opposite corners.
pub(crate) fn rectangle(first: [f64; 2], second: [f64; 2]) -> Shape {
    Shape::Box {
        left: first[0].min(second[0]),
        top: first[1].min(second[1]),
        right: first[0].max(second[0]),
        bottom: first[1].max(second[1]),
    }
}

/// Whether the file and the known picture agree on its size.
pub(crate) fn same_size(told: PictureSize, known: PictureSize) -> Result<(), String> {
    if told == known {
        return Ok(());
    }
    Err(format!(
        "the file says that the picture has {} × {} pixels, but it has {} × {}",
        told.width, told.height, known.width, known.height
    ))
}
