//! Faulty files: each is refused with the place of its fault and the reason.

use std::fs;

use super::goldens;
use crate::testing::known;
use crate::{Format, LabelFileError, read};

/// A faulty file, where the fault is, and words that must be told.
fn check(format: Format, file: &str, content: &str, place: Option<(usize, usize)>, words: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("labels")).unwrap();
    fs::write(dir.path().join("classes.txt"), "scratch\n").unwrap();
    fs::write(dir.path().join(file), content).unwrap();
    let path = if format == Format::Coco { dir.path().join(file) } else { dir.path().to_owned() };
    let error = read(format, &path, &known()).unwrap_err();
    let found = match &error {
        LabelFileError::Fault { line, column, .. } => Some((*line, *column)),
        _ => None,
    };
    assert_eq!(found, place, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn faults_in_coco_are_placed() {
    let coco = |annotation: &str| {
        format!(
            "{{\"images\":[{{\"id\":1,\"file_name\":\"ring.png\",\"width\":64,\"height\":48}}],\n\
             \"categories\":[{{\"id\":1,\"name\":\"scratch\"}}],\n\"annotations\":[\n{annotation}]}}"
        )
    };
    // The fault is told where `at` begins.
    let check = |annotation: &str, at: &str, words: &str| {
        let column = annotation.find(at).unwrap() + 1;
        check(Format::Coco, "a.json", &coco(annotation), Some((4, column)), words);
    };
    check("{\"image_id\":2,\"category_id\":1}", "{", "no image with this image_id");
    check("  {\"image_id\":1,\"category_id\":9}", "{", "no category with this category_id");
    check("{\"image_id\":1}", "}", "missing field `category_id`");
    check("{\"image_id\":1,\"category_id\":1}", "{", "without area");
    let with = |rest: &str| format!("{{\"image_id\":1,\"category_id\":1,{rest}}}");
    check(&with("\"bbox\":[1,1,0,5]"), "{", "the box has no area");
    check(&with("\"bbox\":[64,1,5,5]"), "{", "outside the picture of 64 × 48");
    check(&with("\"segmentation\":[[1,1,2,2]]"), "[[", "a polygon of 4 numbers");
    check(&with("\"segmentation\":[[1,1,2,2,3]]"), "[[", "a polygon of 5 numbers");
    check(&with("\"segmentation\":[[1,1,2,2,3,\"x\"]]"), "\"]]", "expected f64");
    check(&with("\"segmentation\":7"), "7", "neither polygons nor runs");
    check(&with("\"segmentation\":{\"size\":[64,48],\"counts\":[3072]}"), "{\"size", "64 × 48");
    let runs = |counts: &str| with(&format!("\"segmentation\":{{\"size\":[48,64],\"counts\":{counts}}}"));
    check(&runs("[3071]"), "[3071", "3071 pixels for a mask of 64 × 48");
    check(&runs("[4294967295,4294967295]"), "[4294967295", "8589934590 pixels");
    check(&runs("[-1]"), "1]", "expected u32");
    check(&runs("\"P\""), "\"P", "middle of a number");
    check(&runs("[3072]"), "{", "the mask is empty");
}

#[test]
fn other_faults_are_placed() {
    check(Format::Coco, "a.json", "{\n\"images\": [", Some((2, 11)), "EOF");
    check(Format::Coco, "a.json", "", Some((1, 1)), "EOF");
    let image = "{\"id\":1,\"file_name\":\"ring.png\",\"width\":63,\"height\":48}";
    check(
        Format::Coco,
        "a.json",
        &format!("{{\"images\":[\n{image}]}}"),
        Some((2, 1)),
        "63 × 48 pixels, but it has 64 × 48",
    );
    let labelme = |shape: &str| format!("{{\"imagePath\":\"ring.png\",\"shapes\":[\n{shape}]}}");
    let drawn = |kind: &str, points: &str| {
        labelme(&format!("{{\"label\":\"scratch\",\"shape_type\":\"{kind}\",\"points\":{points}}}"))
    };
    check(Format::LabelMe, "a.json", &drawn("line", "[[1,1],[5,5]]"), Some((2, 1)), "\"line\" has no area");
    check(Format::LabelMe, "a.json", &drawn("rectangle", "[[1,1]]"), Some((2, 1)), "it needs 2");
    check(Format::LabelMe, "a.json", &drawn("mask", "[[1,1],[5,5]]"), Some((2, 1)), "without its picture");
    check(Format::LabelMe, "a.json", &drawn("mask", "[[1,1],[64,5]]"), Some((2, 1)), "inside the picture");
    check(Format::LabelMe, "a.json", &labelme("{\"label\":\"a/b\",\"points\":[]}"), Some((2, 1)), "name of a class");
    check(
        Format::Yolo,
        "labels/ring.txt",
        "0 0.5 0.5 0.1 0.1\n\n1 0.5 0.5 0.1 0.1",
        Some((3, 1)),
        "class 1, but only 1",
    );
    check(Format::Yolo, "classes.txt", "scratch\n\npit\n", Some((2, 1)), "a blank line among the names");
    check(Format::Yolo, "labels/ring.txt", "0 0.5 0.5 0.1 x", Some((1, 1)), "\"x\" is no number");
    check(Format::Yolo, "labels/ring.txt", "0 0.5 0.5 nan 0.1", Some((1, 1)), "no number or far outside");
    check(Format::Yolo, "labels/ring.txt", "0 7 7 0.1 0.1", Some((1, 1)), "outside the picture");
    check(Format::Yolo, "labels/ring.txt", "0 0.1 0.1 0.1 0.1 0.1", Some((1, 1)), "a polygon of 5 numbers");
    let voc =
        |object: &str| format!("<annotation><filename>ring.png</filename>\n <object>{object}</object></annotation>");
    check(Format::Voc, "a.xml", &voc("<name>scratch</name>"), Some((2, 2)), "without <bndbox>");
    let bounds = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>0</xmax><ymax>9</ymax></bndbox>";
    check(Format::Voc, "a.xml", &voc(&format!("<name>scratch</name>{bounds}")), Some((2, 2)), "the box has no area");
    check(Format::Voc, "a.xml", "<annotation>\n<a></b></annotation>", Some((2, 4)), "expected 'a' tag");
    let entity = "<!DOCTYPE a [<!ENTITY e \"e\">]><annotation><filename>&e;</filename></annotation>";
    check(Format::Voc, "a.xml", entity, Some((1, 1)), "DTD");
    check(Format::Masks, "labels/a.txt", "", None, "it holds no <class>/<picture>.png");
    check(Format::LabelMe, "labels/a.txt", "", None, "it holds no .json files");
}

#[test]
fn a_mask_picture_of_another_size_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("pit")).unwrap();
    let path = dir.path().join("pit").join("plate.png");
    fs::copy(goldens().join("masks/pit/ring.png"), &path).unwrap();
    let error = read(Format::Masks, dir.path(), &known()).unwrap_err().to_string();
    assert!(error.contains("64 × 48"), "{error}");
}
