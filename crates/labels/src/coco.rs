//! COCO: one JSON file. Polygons, run-length masks in both writings, and boxes. What COCO has no field for stands in
//! objects "sightline".

mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use sightline_core::label::counts_from_text;
use sightline_core::{Mask, Meaning, PictureSize, Shape};

use crate::classes::Classes;
use crate::extension::{ClassExtension, PictureExtension};
use crate::marks::{add, mark, ring, same_size};
use crate::text::{MAX_FILE_BYTES, Text};
use crate::{Known, LabelFileError, LabelSet, LabelledPicture};

pub(crate) use write::write;

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    images: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    annotations: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    categories: Vec<&'t RawValue>,
}

/// Numbers by the standard, texts in the files of some tools.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
struct Image {
    id: Id,
    file_name: String,
    width: u32,
    height: u32,
    sightline: Option<PictureExtension>,
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
    sightline: Option<ClassExtension>,
}

#[derive(Deserialize)]
struct Annotation<'t> {
    image_id: Id,
    category_id: Id,
    #[serde(borrow, default)]
    segmentation: Option<&'t RawValue>,
    #[serde(default)]
    bbox: Option<[f64; 4]>,
}

#[derive(Deserialize)]
struct Runs<'t> {
    #[serde(borrow)]
    counts: &'t RawValue,
    /// Height, width.
    size: [u32; 2],
}

pub(crate) fn read(path: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    let text = Text::read(path, MAX_FILE_BYTES)?;
    let file: File<'_> = text.json()?;
    let mut classes = Classes::default();
    let mut meanings: BTreeMap<Id, Meaning> = BTreeMap::new();
    for raw in &file.categories {
        let refuse = |detail| text.fault_at(raw.get(), detail);
        let category: Category = text.item(raw)?;
        let meaning = classes.meaning(&category.name).map_err(refuse)?;
        if let (Meaning::Defect(id), Some(said)) = (meaning, category.sightline)
            && let Some(class) = classes.get_mut(id)
        {
            said.apply(class).map_err(refuse)?;
        }
        if meanings.insert(category.id, meaning).is_some() {
            return Err(refuse("a category with the id of another one".into()));
        }
    }
    // Where each image's label is in the set; none for an image that is not known.
    let mut places: BTreeMap<Id, Option<usize>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    let mut set = LabelSet::default();
    for raw in &file.images {
        let refuse = |detail| text.fault_at(raw.get(), detail);
        let image: Image = text.item(raw)?;
        let found = set.one(known.find(&image.file_name), &image.file_name);
        if !names.insert(found.map_or(image.file_name.as_str(), |(name, _)| name).to_owned()) {
            return Err(refuse("a second image of the same picture".into()));
        }
        let place = match found {
            None => None,
            Some((name, size)) => {
                same_size(PictureSize { width: image.width, height: image.height }, size).map_err(refuse)?;
                let mut picture = LabelledPicture { file_name: name.to_owned(), size, label: Default::default() };
                if let Some(said) = image.sightline {
                    said.apply(&mut picture.label, &mut classes).map_err(refuse)?;
                }
                set.pictures.push(picture);
                Some(set.pictures.len() - 1)
            }
        };
        if places.insert(image.id, place).is_some() {
            return Err(refuse("an image with the id of another one".into()));
        }
    }
    for raw in &file.annotations {
        let refuse = |detail| text.fault_at(raw.get(), detail);
        let annotation: Annotation<'_> = text.item(raw)?;
        let place =
            places.get(&annotation.image_id).ok_or_else(|| refuse("there is no image with this image_id".into()))?;
        let meaning = meanings
            .get(&annotation.category_id)
            .ok_or_else(|| refuse("there is no category with this category_id".into()))?;
        let Some(picture) = place.and_then(|place| set.pictures.get_mut(place)) else { continue };
        let shape = shape(&text, raw, &annotation, picture.size)?;
        add(&mut picture.label, mark(*meaning, shape, picture.size).map_err(refuse)?);
        picture.label.check(picture.size).map_err(|error| refuse(error.to_string()))?;
    }
    // An image without annotations may have none because nobody looked at it.
    set.pictures.retain(|picture| !picture.label.is_empty());
    set.classes = classes.into_list();
    Ok(set)
}

fn shape(
    text: &Text,
    whole: &RawValue,
    annotation: &Annotation<'_>,
    picture: PictureSize,
) -> Result<Shape, LabelFileError> {
    let refuse = |at: &RawValue, detail: String| text.fault_at(at.get(), detail);
    match annotation.segmentation {
        Some(raw) if raw.get().starts_with('{') => {
            let runs: Runs<'_> = text.item(raw)?;
            let [height, width] = runs.size;
            same_size(PictureSize { width, height }, picture).map_err(|detail| refuse(raw, detail))?;
            let numbers: Vec<u32> = if runs.counts.get().starts_with('"') {
                let counts: String = text.item(runs.counts)?;
                // Each run but the first has a pixel, or there is nothing to say with it.
                let most = 2 * (width as usize * height as usize + 1);
                counts_from_text(&counts, most).map_err(|error| refuse(runs.counts, error.to_string()))?
            } else {
                text.item(runs.counts)?
            };
            let mask = Mask::from_runs(picture, &numbers).map_err(|error| refuse(runs.counts, error.to_string()))?;
            Ok(Shape::Mask(mask))
        }
        Some(raw) if raw.get().starts_with('[') && !is_empty_list(raw) => {
            let flat: Vec<Vec<f64>> = text.item(raw)?;
            let rings: Result<Vec<_>, _> = flat.iter().map(|flat| ring(flat)).collect();
            Ok(Shape::Polygon(rings.map_err(|detail| refuse(raw, detail))?))
        }
        Some(raw) if !is_empty_list(raw) => Err(refuse(raw, "a segmentation that is neither polygons nor runs".into())),
        _ => {
            let [left, top, width, height] = annotation
                .bbox
                .ok_or_else(|| refuse(whole, "an annotation without area: no segmentation, no bbox".into()))?;
            Ok(Shape::Box { left, top, right: left + width, bottom: top + height })
        }
    }
}

fn is_empty_list(raw: &RawValue) -> bool {
    raw.get().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|inside| inside.trim().is_empty())
}
