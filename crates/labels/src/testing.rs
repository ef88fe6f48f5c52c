//! Labels of two pictures, and a way to compare sets whose classes are numbered differently.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{
    ClassId, Colour, DefectClass, Mark, Mask, Meaning, PartLabel, PictureSize, Point, Ring, Shape, Tag,
};

use crate::classes::{class_name, name_of};
use crate::{Known, LabelSet, LabelledPicture};

pub(crate) const RING: PictureSize = PictureSize { width: 64, height: 48 };
pub(crate) const PLATE: PictureSize = PictureSize { width: 40, height: 30 };

pub(crate) fn known() -> Known {
    Known::new([("ring.png".into(), RING), ("plate.png".into(), PLATE), ("other.jpg".into(), PLATE)])
}

pub(crate) fn class(id: u32, name: &str) -> DefectClass {
    DefectClass {
        id: ClassId(id),
        name: name.into(),
        colour: Colour::PALETTE[id as usize],
        key: Some(id as u8),
        rule: "longer than 2 mm".into(),
        example: None,
    }
}

pub(crate) fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Shape {
    Shape::Box { left, top, right, bottom }
}

pub(crate) fn square_ring(left: f64, top: f64, side: f64) -> Ring {
    let corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)];
    Ring(corners.map(|(x, y)| Point { x, y }).to_vec())
}

/// Any labels that may be: every shape and meaning, tags, notes in two scripts.
pub(crate) fn any_set(seed: u64) -> LabelSet {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let classes = vec![class(1, "scratch"), class(2, "划痕 <b>"), class(3, "it's \"pit\" & more")];
    let mut pictures = Vec::new();
    for (name, size) in [("ring.png", RING), ("plate.png", PLATE)] {
        let mut label = PartLabel { checked: rng.random_bool(0.5), ..PartLabel::default() };
        if rng.random_bool(0.5) {
            label.note = "belt side\n\"左\"".into();
        }
        label.tag = [None, Some(Tag::Good), Some(Tag::Defect(None)), Some(Tag::Defect(Some(ClassId(2))))]
            [rng.random_range(0..4)];
        for _ in 0..rng.random_range(0..6) {
            let meaning = match rng.random_range(0..4) {
                0 => Meaning::Ignore,
                _ if label.is_good() => Meaning::Ignore,
                class => Meaning::Defect(ClassId(class)),
            };
            label.marks.push(Mark { meaning, shape: any_shape(&mut rng, size) });
        }
        pictures.push(LabelledPicture { file_name: name.into(), size, label });
    }
    pictures.retain(|picture| !picture.label.is_empty());
    LabelSet { classes, pictures, ..LabelSet::default() }
}

fn any_shape(rng: &mut ChaCha8Rng, size: PictureSize) -> Shape {
    // Halves and quarters of pixels: what a hand draws on a magnified picture.
    let mut at = |side: u32| f64::from(rng.random_range(0..side * 4)) / 4.0;
    let (left, top, other, below) = (at(size.width - 1), at(size.height - 1), at(size.width), at(size.height));
    match rng.random_range(0..4) {
        0 => rectangle(left, top, left + 0.25 + other, top + 0.25 + below),
        1 => Shape::Polygon(vec![square_ring(left, top, 3.75)]),
        2 => Shape::Polygon(vec![square_ring(left, top, 3.75), square_ring(other, below, 2.5)]),
        _ => {
            let share = rng.random_range(0.01..0.9);
            let mut inside: Vec<bool> = (0..size.width * size.height).map(|_| rng.random_bool(share)).collect();
            inside[5] = true;
            Shape::Mask(Mask::from_rows(size, &inside).unwrap())
        }
    }
}

/// File name, tag, note, checked, and marks with the names of their classes.
pub(crate) type NamedLabel = (String, String, String, bool, Vec<(String, Shape)>);

/// Labels with class names instead of numbers.
pub(crate) fn named(set: &LabelSet) -> Vec<NamedLabel> {
    let tag = |tag: Option<Tag>| match tag {
        None => "none".to_owned(),
        Some(Tag::Good) => "good".to_owned(),
        Some(Tag::Defect(class)) => format!("defect {:?}", class.map(|id| class_name(&set.classes, id))),
    };
    let mark = |mark: &Mark| (name_of(&set.classes, mark.meaning).to_owned(), mark.shape.clone());
    let mut named: Vec<_> = set
        .pictures
        .iter()
        .map(|LabelledPicture { file_name, label, .. }| {
            let marks = label.marks.iter().map(mark).collect();
            (file_name.clone(), tag(label.tag), label.note.clone(), label.checked, marks)
        })
        .collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}
