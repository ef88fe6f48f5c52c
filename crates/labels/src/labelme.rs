//! LabelMe: a JSON file a picture. Polygons, rectangles, circles and masks; shapes of a group are one mark.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sightline_core::{Mark, Mask, Meaning, PictureSize, Point, Ring, Shape};

use crate::classes::{Classes, name_of};
use crate::extension::PictureExtension;
use crate::known::stem;
use crate::marks::{add, mark, rectangle, same_size};
use crate::png::{self, CutOut, cut_out};
use crate::text::{MAX_FILE_BYTES, Text, files, write_whole};
use crate::{Known, LabelFileError, LabelSet, LabelledPicture, yolo};

/// Corners that a circle becomes.
const CIRCLE_POINTS: u32 = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'t> {
    image_path: String,
    #[serde(default)]
    image_height: Option<u32>,
    #[serde(default)]
    image_width: Option<u32>,
    #[serde(default, rename = "imageData")]
    _image_data: IgnoredAny,
    #[serde(borrow)]
    shapes: Vec<&'t RawValue>,
    #[serde(default)]
    sightline: Option<PictureExtension>,
}

#[derive(Deserialize)]
struct Drawn {
    label: String,
    points: Vec<[f64; 2]>,
    #[serde(default)]
    group_id: Option<i64>,
    #[serde(default)]
    shape_type: Option<String>,
    #[serde(default)]
    mask: Option<String>,
}

pub(crate) fn read(path: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    let paths = if path.is_dir() { files(path, "json")? } else { vec![path.to_owned()] };
    if paths.is_empty() {
        return Err(LabelFileError::whole(path, "it holds no .json files"));
    }
    let (mut set, mut classes, mut seen) = (LabelSet::default(), Classes::default(), BTreeMap::new());
    for path in paths {
        let text = Text::read(&path, MAX_FILE_BYTES)?;
        let file: File<'_> = text.json()?;
        let found = set.one(known.find(&file.image_path), &file.image_path);
        let name = found.map_or(file.image_path.as_str(), |(name, _)| name).to_owned();
        if let Some(first) = seen.insert(name.clone(), path.clone()) {
            return Err(LabelFileError::whole(&path, format!("it labels {name}, as {} does", first.display())));
        }
        let Some((_, size)) = found else { continue };
        if let (Some(width), Some(height)) = (file.image_width, file.image_height) {
            same_size(PictureSize { width, height }, size).map_err(|detail| LabelFileError::whole(&path, detail))?;
        }
        let mut picture = LabelledPicture { file_name: name, size, label: Default::default() };
        if let Some(said) = file.sightline {
            said.apply(&mut picture.label, &mut classes).map_err(|detail| LabelFileError::whole(&path, detail))?;
        }
        let mut groups: BTreeMap<(u32, i64), usize> = BTreeMap::new();
        for raw in &file.shapes {
            let refuse = |detail| text.fault_at(raw.get(), detail);
            let drawn: Drawn = text.item(raw)?;
            let meaning = classes.meaning(&drawn.label).map_err(refuse)?;
            let found = mark(meaning, shape(&drawn, size).map_err(refuse)?, size).map_err(refuse)?;
            let group = drawn.group_id.filter(|_| matches!(found.shape, Shape::Polygon(_)));
            let place = group.map(|group| *groups.entry((order(meaning), group)).or_insert(picture.label.marks.len()));
            match (place.and_then(|place| picture.label.marks.get_mut(place)), found) {
                (Some(Mark { shape: Shape::Polygon(rings), .. }), Mark { shape: Shape::Polygon(more), .. }) => {
                    rings.extend(more);
                }
                (_, found) => add(&mut picture.label, found),
            }
            picture.label.check(size).map_err(|error| refuse(error.to_string()))?;
        }
        if !picture.label.is_empty() {
            set.pictures.push(picture);
        }
    }
    set.classes = classes.into_list();
    Ok(set)
}

/// A meaning as the key of a map; classes are numbered from 1.
fn order(meaning: Meaning) -> u32 {
    match meaning {
        Meaning::Ignore => 0,
        Meaning::Defect(id) => id.0,
    }
}

fn shape(drawn: &Drawn, picture: PictureSize) -> Result<Shape, String> {
    let points = || drawn.points.iter().map(|&[x, y]| Point { x, y }).collect();
    match (drawn.shape_type.as_deref().unwrap_or("polygon"), drawn.points.as_slice()) {
        ("polygon" | "oriented_rectangle", _) => Ok(Shape::Polygon(vec![Ring(points())])),
        ("rectangle", &[first, second]) => Ok(rectangle(first, second)),
        ("circle", &[centre, edge]) => Ok(Shape::Polygon(vec![circle(centre, edge)])),
        ("mask", &[first, second]) => masked(drawn, first, second, picture),
        (kind @ ("rectangle" | "circle" | "mask"), points) => {
            Err(format!("a {kind} of {} points; it needs 2", points.len()))
        }
        (kind, _) => {
            let shown: String = kind.chars().take(30).collect();
            Err(format!("a shape of type \"{}\" has no area", shown.escape_debug()))
        }
    }
}

fn circle(centre: [f64; 2], edge: [f64; 2]) -> Ring {
    let radius = (edge[0] - centre[0]).hypot(edge[1] - centre[1]);
    let point = |step: u32| {
        let angle = f64::from(step) / f64::from(CIRCLE_POINTS) * std::f64::consts::TAU;
        Point { x: centre[0] + radius * angle.cos(), y: centre[1] + radius * angle.sin() }
    };
    Ring((0..CIRCLE_POINTS).map(point).collect())
}

/// A mask picture that lies between two pixels, both of which belong to it.
fn masked(drawn: &Drawn, first: [f64; 2], last: [f64; 2], picture: PictureSize) -> Result<Shape, String> {
    let fits = |from: f64, to: f64, side: u32| 0.0 <= from && from <= to && to < f64::from(side);
    if !fits(first[0], last[0], picture.width) || !fits(first[1], last[1], picture.height) {
        return Err("the mask does not lie inside the picture".into());
    }
    let [left, top, right, bottom] = [first[0], first[1], last[0], last[1]].map(|at| at as u32);
    let text = drawn.mask.as_deref().ok_or("a mask without its picture")?;
    let bytes = STANDARD.decode(text).map_err(|error| format!("the mask's picture is not base64: {error}"))?;
    let size = PictureSize { width: right - left + 1, height: bottom - top + 1 };
    let inside = png::inside(&bytes, size)?;
    let small = Mask::from_rows(size, &inside).map_err(|error| error.to_string())?;
    let mask = small.placed(picture, left, top).map_err(|error| error.to_string())?;
    Ok(Shape::Mask(mask))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'s> {
    version: &'static str,
    flags: BTreeMap<String, bool>,
    shapes: Vec<WrittenShape<'s>>,
    image_path: &'s str,
    image_data: Option<String>,
    image_height: u32,
    image_width: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sightline: Option<PictureExtension>,
}

#[derive(Serialize)]
struct WrittenShape<'s> {
    label: &'s str,
    points: Vec<[f64; 2]>,
    group_id: Option<usize>,
    description: &'static str,
    shape_type: &'static str,
    flags: BTreeMap<String, bool>,
    mask: Option<String>,
}

pub(crate) fn write(set: &LabelSet, folder: &Path) -> Result<(), LabelFileError> {
    yolo::check_target(set, folder)?;
    for picture in set.pictures.iter().filter(|picture| !picture.label.is_empty()) {
        let path = folder.join(format!("{}.json", stem(&picture.file_name)));
        let mut shapes = Vec::new();
        for (mark, number) in picture.label.marks.iter().zip(1..) {
            let label = name_of(&set.classes, mark.meaning);
            let drawn = drawn(&mark.shape, number).map_err(|detail| LabelFileError::whole(&path, detail))?;
            shapes.extend(drawn.into_iter().map(|shape| WrittenShape { label, ..shape }));
        }
        let written = Written {
            version: "5.5.0",
            flags: BTreeMap::new(),
            shapes,
            image_path: &picture.file_name,
            image_data: None,
            image_height: picture.size.height,
            image_width: picture.size.width,
            sightline: PictureExtension::of(&picture.label, &set.classes),
        };
        let text =
            serde_json::to_string_pretty(&written).map_err(|error| LabelFileError::whole(&path, error.to_string()))?;
        write_whole(&path, text.as_bytes())?;
    }
    Ok(())
}

/// The shapes of a mark; the rings of a polygon share a group when there are several.
fn drawn(shape: &Shape, number: usize) -> Result<Vec<WrittenShape<'static>>, String> {
    let one = |shape_type, points, mask| WrittenShape {
        label: "",
        points,
        group_id: None,
        description: "",
        shape_type,
        flags: BTreeMap::new(),
        mask,
    };
    Ok(match shape {
        Shape::Box { left, top, right, bottom } => {
            vec![one("rectangle", vec![[*left, *top], [*right, *bottom]], None)]
        }
        Shape::Polygon(rings) => {
            let group_id = (rings.len() > 1).then_some(number);
            let points = |ring: &Ring| ring.0.iter().map(|point| [point.x, point.y]).collect();
            rings.iter().map(|ring| WrittenShape { group_id, ..one("polygon", points(ring), None) }).collect()
        }
        Shape::Mask(mask) => {
            let CutOut { png, at } = cut_out(mask)?;
            let (right, bottom) = (at.left + at.width - 1, at.top + at.height - 1);
            let corners = vec![[at.left, at.top].map(f64::from), [right, bottom].map(f64::from)];
            vec![one("mask", corners, Some(STANDARD.encode(png)))]
        }
    })
}
