//! YOLO: a text file a picture, a line an object, in fractions of the picture: five numbers are a box, more are an
//! outline. An empty file is a good part. Fractions come back to a millionth of a pixel.

mod names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sightline_core::label::as_one_ring;
use sightline_core::{Mark, Meaning, PictureSize, Ring, Shape, Tag};

use crate::classes::Classes;
use crate::known::stem;
use crate::marks::{bounds_on, mark, ring};
use crate::text::{Text, files, write_whole};
use crate::{IGNORE, Known, LabelFileError, LabelSet, LabelledPicture};

const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

pub(crate) fn read(folder: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    let names = names::read(folder)?;
    let (mut set, mut classes, mut seen) = (LabelSet::default(), Classes::default(), BTreeMap::new());
    let meanings: Vec<Meaning> = names
        .iter()
        .map(|name| classes.meaning(name).map_err(|detail| LabelFileError::whole(folder, detail)))
        .collect::<Result<_, _>>()?;
    for path in label_files(folder)? {
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        if let Some(first) = seen.insert(stem.clone(), path.clone()) {
            return Err(LabelFileError::whole(&path, format!("it labels {stem}, as {} does", first.display())));
        }
        let text = Text::read(&path, MAX_FILE_BYTES)?;
        let Some((name, size)) = set.one(known.by_stem(&stem), &stem) else { continue };
        let mut picture = LabelledPicture { file_name: name.to_owned(), size, label: Default::default() };
        for (line, number) in text.text().lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
            let refuse = |detail| text.fault_in_line(number, detail);
            picture.label.marks.push(object(line, &meanings, size).map_err(refuse)?);
            picture.label.check(size).map_err(|error| refuse(error.to_string()))?;
        }
        if picture.label.marks.is_empty() {
            picture.label.tag = Some(Tag::Good);
        }
        set.pictures.push(picture);
    }
    set.classes = classes.into_list();
    Ok(set)
}

/// In `labels` and the folders in it (train, val), or in the folder itself.
fn label_files(folder: &Path) -> Result<Vec<PathBuf>, LabelFileError> {
    let labels = folder.join("labels");
    let root = if labels.is_dir() { labels } else { folder.to_owned() };
    let failed = |source| LabelFileError::Folder { path: root.clone(), source };
    let mut found = files(&root, "txt")?;
    for entry in std::fs::read_dir(&root).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            found.extend(files(&entry.path(), "txt")?);
        }
    }
    found.retain(|path| path.file_name().is_none_or(|name| name != names::CLASSES));
    found.sort();
    if found.is_empty() {
        return Err(LabelFileError::whole(&root, "it holds no .txt label files"));
    }
    Ok(found)
}

fn object(line: &str, meanings: &[Meaning], picture: PictureSize) -> Result<Mark, String> {
    let mut words = line.split_ascii_whitespace();
    let class = words.next().unwrap_or_default();
    let index: usize = class.parse().map_err(|_| format!("\"{}\" is no class number", shown(class)))?;
    let meaning = meanings.get(index).ok_or_else(|| {
        format!("class {index}, but only {} are named in data.yaml or {}", meanings.len(), names::CLASSES)
    })?;
    let numbers: Vec<f64> = words
        .map(|word| word.parse::<f64>().map_err(|_| format!("\"{}\" is no number", shown(word))))
        .collect::<Result<_, _>>()?;
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let shape = match *numbers.as_slice() {
        [x, y, across, down] => Shape::Box {
            left: snap((x - across / 2.0) * width),
            top: snap((y - down / 2.0) * height),
            right: snap((x + across / 2.0) * width),
            bottom: snap((y + down / 2.0) * height),
        },
        _ => {
            let mut outline = ring(&numbers)?;
            for point in &mut outline.0 {
                (point.x, point.y) = (snap(point.x * width), snap(point.y * height));
            }
            Shape::Polygon(vec![outline])
        }
    };
    mark(*meaning, shape, picture)
}

fn shown(word: &str) -> String {
    word.chars().take(30).collect::<String>().escape_debug().to_string()
}

/// To a millionth of a pixel: whole pixels and halves come back exactly.
fn snap(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

pub(crate) fn write(set: &LabelSet, folder: &Path) -> Result<(), LabelFileError> {
    check_target(set, folder)?;
    let mut names: Vec<&str> = set.classes.iter().map(|class| class.name.as_str()).collect();
    if set.pictures.iter().flat_map(|picture| &picture.label.marks).any(|mark| mark.meaning == Meaning::Ignore) {
        names.push(IGNORE);
    }
    // All texts before the first file: a fault in the last one leaves no half of a folder.
    let mut texts = Vec::new();
    for picture in set.pictures.iter().filter(|picture| says_good_or_where(picture)) {
        let path = folder.join("labels").join(format!("{}.txt", stem(&picture.file_name)));
        let mut text = String::new();
        for mark in &picture.label.marks {
            let class = match mark.meaning {
                Meaning::Ignore => set.classes.len(),
                Meaning::Defect(id) => set.classes.iter().position(|class| class.id == id).unwrap_or(set.classes.len()),
            };
            let numbers = numbers(&mark.shape, picture.size).map_err(|detail| LabelFileError::whole(&path, detail))?;
            text.push_str(&class.to_string());
            for number in numbers {
                text.push_str(&format!(" {number}"));
            }
            text.push('\n');
        }
        texts.push((path, text));
    }
    write_whole(&folder.join("data.yaml"), names::yaml(&names).as_bytes())?;
    texts.iter().try_for_each(|(path, text)| write_whole(path, text.as_bytes()))
}

/// Whether a shape's own points are written, and not an outline of its pixels: a box, whose edges can be cut to the
/// picture, and one ring that lies inside. Readers refuse the picture of a number beyond 0 and 1.
pub(crate) fn is_written_as_drawn(shape: &Shape, picture: PictureSize) -> bool {
    let on_picture = bounds_on(shape, picture);
    match shape {
        Shape::Box { .. } => on_picture.is_some(),
        Shape::Polygon(rings) => rings.len() == 1 && on_picture.is_some() && on_picture == shape.bounds(),
        Shape::Mask(_) => false,
    }
}

fn numbers(shape: &Shape, picture: PictureSize) -> Result<Vec<f64>, String> {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let flat = |ring: &Ring| -> Vec<f64> { ring.0.iter().flat_map(|at| [at.x / width, at.y / height]).collect() };
    match (shape, bounds_on(shape, picture)) {
        (Shape::Box { .. }, Some([left, top, right, bottom])) => Ok(vec![
            (left + right) / 2.0 / width,
            (top + bottom) / 2.0 / height,
            (right - left) / width,
            (bottom - top) / height,
        ]),
        (Shape::Polygon(rings), _) if is_written_as_drawn(shape, picture) => Ok(rings.iter().flat_map(flat).collect()),
        _ => {
            let mask = shape.mask(picture).map_err(|error| error.to_string())?;
            as_one_ring(&mask).map(|ring| flat(&ring)).ok_or_else(|| "a mark without a pixel".into())
        }
    }
}

/// Whether a file may be written: an empty one says that the part is good.
pub(crate) fn says_good_or_where(picture: &LabelledPicture) -> bool {
    picture.label.is_good() || !picture.label.marks.is_empty()
}

/// Whether a file for each picture can be written into this folder.
///
/// # Errors
/// When two pictures would share a file, or something lies there already: old label files among new ones are wrong labels.
pub(crate) fn check_target(set: &LabelSet, folder: &Path) -> Result<(), LabelFileError> {
    let mut names = BTreeMap::new();
    for LabelledPicture { file_name, .. } in &set.pictures {
        if let Some(first) = names.insert(stem(file_name), file_name) {
            let why = "which is named without folder and ending; COCO keeps them apart";
            let detail = format!("{first} and {file_name} would share the label file, {why}");
            return Err(LabelFileError::whole(folder, detail));
        }
    }
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(LabelFileError::whole(folder, "the folder is not empty; labels are written into a new one")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(LabelFileError::Folder { path: folder.to_owned(), source }),
    }
}
