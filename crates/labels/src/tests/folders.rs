//! Pictures of one name in two folders: each label stays with its own part, or belongs to nobody.

use std::fs;

use sightline_core::{ClassId, Mark, Meaning, PartLabel};

use crate::testing::{PLATE, class, known, named, rectangle};
use crate::{Format, Known, LabelFileError, LabelSet, LabelledPicture, WriteOptions, read, write};

const LOSSY: WriteOptions = WriteOptions { allow_loss: true, plain_counts: false };
const LOTS: [&str; 2] = ["lot1/cam.png", "lot2/cam.png"];

fn plates(names: &[&str]) -> Known {
    Known::new(names.iter().map(|name| ((*name).to_owned(), PLATE)))
}

fn scratch(left: u32) -> Mark {
    let left = f64::from(left);
    Mark { meaning: Meaning::Defect(ClassId(1)), shape: rectangle(left, 0.0, left + 4.0, 6.0) }
}

/// Plates with so many scratches each.
fn scratched(plates: &[(&str, u32)]) -> LabelSet {
    let mut set = LabelSet { classes: vec![class(1, "scratch")], ..LabelSet::default() };
    for (name, scratches) in plates {
        let label = PartLabel { marks: (0..*scratches).map(scratch).collect(), ..PartLabel::default() };
        set.pictures.push(LabelledPicture { file_name: (*name).to_owned(), size: PLATE, label });
    }
    set
}

#[test]
fn labels_of_two_lots_stay_with_their_own_parts() {
    let dir = tempfile::tempdir().unwrap();
    let go = |format: Format, labelled: &[(&str, u32)]| -> Result<(), LabelFileError> {
        let set = scratched(labelled);
        let path = dir.path().join(format!("{} of {}", format.name(), labelled.len()));
        write(format, &set, &plates(&LOTS), &path, LOSSY)?;
        let back = read(format, &path, &plates(&LOTS))?;
        assert_eq!((named(&back), back.unknown, back.shared), (named(&set), vec![], vec![]), "{format:?}");
        Ok(())
    };
    let both = [(LOTS[0], 1_u32), (LOTS[1], 2)];
    go(Format::Coco, &both).unwrap();
    for format in [Format::Coco, Format::Voc, Format::LabelMe] {
        go(format, &both[..1]).unwrap();
    }
    for format in [Format::Yolo, Format::Voc, Format::LabelMe, Format::Masks] {
        let error = go(format, &both).unwrap_err().to_string();
        assert!(error.contains("lot1/cam.png and lot2/cam.png would share the label file"), "{error}");
    }
}

#[test]
fn a_bare_name_is_taken_where_it_is_one_parts_alone() {
    let dir = tempfile::tempdir().unwrap();
    for (format, name) in Format::NAMES {
        let path = dir.path().join(name);
        write(format, &scratched(&[("cam.png", 1)]), &plates(&["cam.png"]), &path, LOSSY).unwrap();
        let alone = read(format, &path, &plates(&LOTS[..1])).unwrap();
        let names: Vec<&str> = alone.pictures.iter().map(|picture| picture.file_name.as_str()).collect();
        assert_eq!((names, alone.shared), (vec!["lot1/cam.png"], vec![]), "{name}");
        let several = read(format, &path, &plates(&LOTS)).unwrap();
        let told = if matches!(format, Format::Yolo | Format::Masks) { "cam" } else { "cam.png" };
        let shared = vec![told.to_owned()];
        assert_eq!((several.pictures, several.unknown, several.shared), (vec![], vec![], shared), "{name}");
    }
}

#[test]
fn two_names_of_one_picture_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labels.json");
    let image = |id: u32, name: &str| format!("{{\"id\":{id},\"file_name\":\"{name}\",\"width\":64,\"height\":48}}");
    fs::write(&path, format!("{{\"images\":[{},{}]}}", image(1, "ring.png"), image(2, "camera/ring.png"))).unwrap();
    let error = read(Format::Coco, &path, &known()).unwrap_err().to_string();
    assert!(error.contains("a second image of the same picture"), "{error}");
}

#[test]
fn the_second_mask_of_a_picture_is_not_given_to_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let known = plates(&["cam.png", "cam.2.png"]);
    for labelled in [&[("cam.png", 3)][..], &[("cam.2.png", 2), ("cam.png", 2)][..]] {
        let (set, path) = (scratched(labelled), dir.path().join(labelled.len().to_string()));
        write(Format::Masks, &set, &known, &path, LOSSY).unwrap();
        let back = read(Format::Masks, &path, &known).unwrap();
        let lefts = |set: &LabelSet| -> Vec<(String, Vec<f64>)> {
            let left = |mark: &Mark| mark.shape.bounds().unwrap()[0];
            set.pictures.iter().map(|p| (p.file_name.clone(), p.label.marks.iter().map(left).collect())).collect()
        };
        assert_eq!(lefts(&back), lefts(&set));
    }
}
