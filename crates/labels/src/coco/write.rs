//! COCO on its way out.

use std::path::Path;

use serde::Serialize;
use sightline_core::label::counts_to_text;
use sightline_core::{DefectClass, Mark, Meaning, Shape};

use crate::classes::name_of;
use crate::extension::{ClassExtension, PictureExtension};
use crate::text::write_whole;
use crate::{IGNORE, LabelFileError, LabelSet, LabelledPicture};

#[derive(Serialize)]
struct Written {
    info: Info,
    images: Vec<WrittenImage>,
    annotations: Vec<WrittenAnnotation>,
    categories: Vec<WrittenCategory>,
}

#[derive(Serialize)]
struct Info {
    description: &'static str,
}

#[derive(Serialize)]
struct WrittenImage {
    id: usize,
    file_name: String,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sightline: Option<PictureExtension>,
}

#[derive(Serialize)]
struct WrittenCategory {
    id: u32,
    name: String,
    supercategory: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sightline: Option<ClassExtension>,
}

#[derive(Serialize)]
struct WrittenAnnotation {
    id: usize,
    image_id: usize,
    category_id: u32,
    segmentation: Segmentation,
    area: f64,
    bbox: [f64; 4],
    iscrowd: u8,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Segmentation {
    Rings(Vec<Vec<f64>>),
    Text { counts: String, size: [u32; 2] },
    Numbers { counts: Vec<u32>, size: [u32; 2] },
}

pub(crate) fn write(set: &LabelSet, path: &Path, plain_counts: bool) -> Result<(), LabelFileError> {
    let mut annotations = Vec::new();
    let marks = set
        .pictures
        .iter()
        .zip(1..)
        .flat_map(|(picture, id)| picture.label.marks.iter().map(move |m| (m, picture, id)));
    for ((mark, picture, image_id), id) in marks.zip(1..) {
        let area = match &mark.shape {
            Shape::Box { left, top, right, bottom } => (right - left) * (bottom - top),
            shape => {
                let mask = shape.mask(picture.size).map_err(|error| LabelFileError::whole(path, error.to_string()))?;
                mask.area() as f64
            }
        };
        let [left, top, right, bottom] = mark.shape.bounds().unwrap_or_default();
        annotations.push(WrittenAnnotation {
            id,
            image_id,
            category_id: category(&set.classes, mark),
            segmentation: segmentation(&mark.shape, plain_counts),
            area,
            bbox: [left, top, length(left, right), length(top, bottom)],
            iscrowd: 0,
        });
    }
    let mut categories: Vec<WrittenCategory> = set
        .classes
        .iter()
        .zip(1..)
        .map(|(class, id)| WrittenCategory {
            id,
            name: class.name.clone(),
            supercategory: "defect",
            sightline: Some(ClassExtension::of(class)),
        })
        .collect();
    let ignored =
        set.pictures.iter().flat_map(|picture| &picture.label.marks).any(|mark| mark.meaning == Meaning::Ignore);
    if ignored {
        let id = categories.len() as u32 + 1;
        categories.push(WrittenCategory { id, name: IGNORE.to_owned(), supercategory: "ignore", sightline: None });
    }
    let image = |(picture, id): (&LabelledPicture, usize)| WrittenImage {
        id,
        file_name: picture.file_name.clone(),
        width: picture.size.width,
        height: picture.size.height,
        sightline: PictureExtension::of(&picture.label, &set.classes),
    };
    let images = set.pictures.iter().zip(1..).map(image).collect();
    let written = Written { info: Info { description: "Sightline labels" }, images, annotations, categories };
    let text = serde_json::to_string(&written).map_err(|error| LabelFileError::whole(path, error.to_string()))?;
    write_whole(path, text.as_bytes())
}

/// Categories are numbered from 1 in the order of the classes; the ignored areas' one comes last.
fn category(classes: &[DefectClass], mark: &Mark) -> u32 {
    let name = name_of(classes, mark.meaning);
    let place = classes.iter().position(|class| class.name == name).unwrap_or(classes.len());
    place as u32 + 1
}

fn segmentation(shape: &Shape, plain_counts: bool) -> Segmentation {
    match shape {
        Shape::Box { .. } => Segmentation::Rings(Vec::new()),
        Shape::Polygon(rings) => {
            let flat = |points: &[sightline_core::Point]| points.iter().flat_map(|point| [point.x, point.y]).collect();
            Segmentation::Rings(rings.iter().map(|ring| flat(&ring.0)).collect())
        }
        Shape::Mask(mask) => {
            let size = [mask.size().height, mask.size().width];
            if plain_counts {
                Segmentation::Numbers { counts: mask.runs(), size }
            } else {
                Segmentation::Text { counts: counts_to_text(&mask.runs()), size }
            }
        }
    }
}

/// A length that gives the end again when it is added to the start, which the rounded difference alone may miss.
fn length(start: f64, end: f64) -> f64 {
    let length = end - start;
    let near = [length, length.next_up(), length.next_down()];
    near.into_iter().find(|length| start + length == end).unwrap_or(length)
}
