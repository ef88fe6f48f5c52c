//! What a format cannot hold is told or cut, and what is written can be read again.

use std::fs;

use sightline_core::{ClassId, Mark, Meaning, PartLabel, Shape, Tag};

use crate::testing::{PLATE, RING, class, known, rectangle, square_ring};
use crate::{Format, LabelSet, LabelledPicture, Loss, WriteOptions, losses, read, write};

const LOSSY: WriteOptions = WriteOptions { allow_loss: true, plain_counts: false };

fn scratched(shapes: Vec<Shape>) -> PartLabel {
    let mark = |shape| Mark { meaning: Meaning::Defect(ClassId(1)), shape };
    PartLabel { marks: shapes.into_iter().map(mark).collect(), ..PartLabel::default() }
}

fn set(ring: Vec<Shape>, plate: Vec<Shape>) -> LabelSet {
    let ring = LabelledPicture { file_name: "ring.png".into(), size: RING, label: scratched(ring) };
    let plate = LabelledPicture { file_name: "plate.png".into(), size: PLATE, label: scratched(plate) };
    LabelSet { classes: vec![class(1, "scratch")], pictures: vec![ring, plate], ..LabelSet::default() }
}

#[test]
fn a_defect_that_another_tool_draws_on_a_good_part_makes_it_bad() {
    let dir = tempfile::tempdir().unwrap();
    let said = "\"sightline\":{\"tag\":\"good\",\"note\":\"belt\",\"checked\":true}";
    let labelme = |class: &str| {
        let shape = format!("{{\"label\":\"{class}\",\"shape_type\":\"rectangle\",\"points\":[[1,1],[9,9]]}}");
        format!("{{\"imagePath\":\"ring.png\",\"shapes\":[{shape}],{said}}}")
    };
    let coco = |class: &str| {
        let image = format!("{{\"id\":1,\"file_name\":\"ring.png\",\"width\":64,\"height\":48,{said}}}");
        let category = format!("{{\"id\":1,\"name\":\"{class}\"}}");
        let annotation = "{\"image_id\":1,\"category_id\":1,\"bbox\":[1,1,8,8]}";
        format!("{{\"images\":[{image}],\"categories\":[{category}],\"annotations\":[{annotation}]}}")
    };
    let check = |format: Format, text: String, tag: Option<Tag>, checked: bool| {
        let path = dir.path().join("a.json");
        fs::write(&path, text).unwrap();
        let set = read(format, &path, &known()).unwrap();
        let label = &set.pictures[0].label;
        assert_eq!((label.tag, label.checked, label.note.as_str()), (tag, checked, "belt"), "{format:?}");
        assert_eq!(label.marks.len(), 1);
    };
    check(Format::LabelMe, labelme("scratch"), None, false);
    check(Format::Coco, coco("scratch"), None, false);
    // A good part may have areas that are not judged.
    check(Format::LabelMe, labelme("__ignore__"), Some(Tag::Good), true);
    check(Format::Coco, coco("__ignore__"), Some(Tag::Good), true);
}

#[test]
fn nothing_is_written_beyond_the_picture() {
    let dir = tempfile::tempdir().unwrap();
    let inside = Shape::Polygon(vec![square_ring(5.25, 5.25, 3.75)]);
    let over_the_edge = Shape::Polygon(vec![square_ring(-2.0, -2.0, 8.0)]);
    let shapes = vec![rectangle(-3.0, -2.0, 70.0, 10.0), over_the_edge, inside.clone()];
    let set = set(shapes.clone(), vec![]);
    let path = dir.path().join("yolo");
    write(Format::Yolo, &set, &known(), &path, WriteOptions::default()).unwrap();
    let text = fs::read_to_string(path.join("labels/ring.txt")).unwrap();
    let mut numbers = text.lines().flat_map(|line| line.split(' ').skip(1)).map(|word| word.parse::<f64>().unwrap());
    assert!(numbers.all(|number| (0.0..=1.0).contains(&number)), "{text}");
    let back = read(Format::Yolo, &path, &known()).unwrap().pictures.remove(0).label.marks;
    assert_eq!(back.len(), shapes.len());
    for (mark, shape) in back.iter().zip(&shapes) {
        assert_eq!(mark.shape.mask(RING).unwrap(), shape.mask(RING).unwrap());
    }
    assert_eq!(back[2].shape, inside, "its own points");

    let path = dir.path().join("voc");
    write(Format::Voc, &set, &known(), &path, LOSSY).unwrap();
    let text = fs::read_to_string(path.join("ring.xml")).unwrap();
    assert!(text.contains("<xmin>1</xmin><ymin>1</ymin><xmax>64</xmax><ymax>10</ymax>"), "{text}");
    assert!(text.contains("<xmin>1</xmin><ymin>1</ymin><xmax>6</xmax><ymax>6</ymax>"), "{text}");
}

#[test]
fn marks_without_a_pixel_are_told_and_left_out() {
    let (between_centres, outside) = (rectangle(10.6, 10.6, 11.4, 11.4), rectangle(-9.0, -9.0, -1.0, -1.0));
    let slivers = Shape::Polygon(vec![square_ring(10.6, 10.6, 0.3), square_ring(20.6, 20.6, 0.3)]);
    let ring = vec![rectangle(2.0, 3.0, 12.0, 9.0), between_centres, slivers, outside.clone()];
    let set = set(ring, vec![outside]);
    // YOLO and VOC can say where a box between two pixels' centres is, masks cannot.
    for (format, lost, left) in [(Format::Yolo, 3, 2), (Format::Voc, 2, 3), (Format::Masks, 4, 1)] {
        let loss = Loss { what: "marks too small to hold a pixel", count: lost };
        assert_eq!(losses(format, &set).last(), Some(&loss), "{format:?}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("labels");
        assert!(write(format, &set, &known(), &path, WriteOptions::default()).is_err());
        assert!(!path.exists());
        write(format, &set, &known(), &path, LOSSY).unwrap();
        // The plate has no mark left: no file may call it good.
        let back = read(format, &path, &known()).unwrap().pictures;
        let marks: Vec<(&str, usize)> = back.iter().map(|p| (p.file_name.as_str(), p.label.marks.len())).collect();
        assert_eq!(marks, [("ring.png", left)], "{format:?}");
    }
}
