//! Pascal VOC: an XML file a picture, boxes only. VOC counts pixels from 1 and its boxes hold their last pixel: columns 1
//! to 10 are the edges 0 and 10 here. A file without objects is a good part.

use std::collections::BTreeMap;
use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};
use sightline_core::{PictureSize, Shape, Tag};

use crate::classes::{Classes, name_of};
use crate::known::stem;
use crate::marks::{bounds_on, mark, same_size};
use crate::text::{Text, files, write_whole};
use crate::{Known, LabelFileError, LabelSet, LabelledPicture, yolo};

const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Elements and texts of one file; a thousand objects have some twenty each.
const MOST_NODES: u32 = 200_000;

pub(crate) fn read(path: &Path, known: &Known) -> Result<LabelSet, LabelFileError> {
    let paths = if path.is_dir() { files(path, "xml")? } else { vec![path.to_owned()] };
    if paths.is_empty() {
        return Err(LabelFileError::whole(path, "it holds no .xml files"));
    }
    let (mut set, mut classes, mut seen) = (LabelSet::default(), Classes::default(), BTreeMap::new());
    for path in paths {
        let text = Text::read(&path, MAX_FILE_BYTES)?;
        // No document type: entities that unfold into gigabytes are defined in one.
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text.text(), options).map_err(|error| {
            let at = error.pos();
            LabelFileError::Fault {
                path: path.clone(),
                line: at.row as usize,
                column: at.col as usize,
                detail: error.to_string(),
            }
        })?;
        let root = document.root_element();
        let refuse = |node: Node<'_, '_>, detail: String| {
            let at = document.text_pos_at(node.range().start);
            LabelFileError::Fault { path: path.clone(), line: at.row as usize, column: at.col as usize, detail }
        };
        let told = word(root, "filename").map_err(|detail| refuse(root, detail))?;
        let found = set.one(known.find(&told), &told);
        let name = found.map_or(told.as_str(), |(name, _)| name).to_owned();
        if let Some(first) = seen.insert(name.clone(), path.clone()) {
            return Err(LabelFileError::whole(text.path(), format!("it labels {name}, as {} does", first.display())));
        }
        let Some((_, size)) = found else { continue };
        if let Some(told) = child(root, "size") {
            let side = |name| number(told, name).map(|side| side as u32).map_err(|detail| refuse(told, detail));
            same_size(PictureSize { width: side("width")?, height: side("height")? }, size)
                .map_err(|detail| refuse(told, detail))?;
        }
        let mut picture = LabelledPicture { file_name: name, size, label: Default::default() };
        for object in root.children().filter(|node| node.has_tag_name("object")) {
            let found = word(object, "name")
                .and_then(|name| classes.meaning(&name))
                .and_then(|meaning| mark(meaning, rectangle(object)?, size));
            picture.label.marks.push(found.map_err(|detail| refuse(object, detail))?);
            picture.label.check(size).map_err(|error| refuse(object, error.to_string()))?;
        }
        if picture.label.marks.is_empty() {
            picture.label.tag = Some(Tag::Good);
        }
        set.pictures.push(picture);
    }
    set.classes = classes.into_list();
    Ok(set)
}

fn child<'d, 'i>(node: Node<'d, 'i>, name: &str) -> Option<Node<'d, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn word(node: Node<'_, '_>, name: &str) -> Result<String, String> {
    let text = child(node, name).and_then(|child| child.text()).map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| format!("<{}> has no <{name}>", node.tag_name().name()))
}

fn number(node: Node<'_, '_>, name: &str) -> Result<f64, String> {
    let text = word(node, name)?;
    text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| format!("<{name}> is not a number"))
}

fn rectangle(object: Node<'_, '_>) -> Result<Shape, String> {
    let bounds = child(object, "bndbox").ok_or("an object without <bndbox>")?;
    let side = |name| number(bounds, name);
    Ok(Shape::Box { left: side("xmin")? - 1.0, top: side("ymin")? - 1.0, right: side("xmax")?, bottom: side("ymax")? })
}

pub(crate) fn write(set: &LabelSet, folder: &Path) -> Result<(), LabelFileError> {
    yolo::check_target(set, folder)?;
    for picture in set.pictures.iter().filter(|picture| yolo::says_good_or_where(picture)) {
        let path = folder.join(format!("{}.xml", stem(&picture.file_name)));
        let PictureSize { width, height } = picture.size;
        let mut text = format!(
            "<annotation>\n\t<folder></folder>\n\t<filename>{}</filename>\n\t<size><width>{width}</width><height>{height}\
             </height><depth>3</depth></size>\n\t<segmented>0</segmented>\n",
            escaped(&picture.file_name)
        );
        for mark in &picture.label.marks {
            // What has none is gone already, so that no empty file calls this part good.
            let Some([left, top, right, bottom]) = bounds_on(&mark.shape, picture.size) else { continue };
            let name = escaped(name_of(&set.classes, mark.meaning));
            text.push_str(&format!(
                "\t<object><name>{name}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>\
                 <bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>\n",
                left + 1.0,
                top + 1.0
            ));
        }
        text.push_str("</annotation>\n");
        write_whole(&path, text.as_bytes())?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
