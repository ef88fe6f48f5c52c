//! What the real tools wrote, what they are given, round trips, faults with their places, and damage of any kind.

mod faults;
mod folders;
mod held;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::label::{counts_from_text, counts_to_text};
use sightline_core::{ClassId, Mark, Mask, Meaning, PartLabel, Shape, Tag};

use super::*;
use crate::classes::name_of;
use crate::testing::{PLATE, RING, any_set, class, known, named, rectangle, square_ring};

const WRITTEN: &str = "goldens/written";

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens")
}

fn source(format: Format) -> PathBuf {
    if format == Format::Coco { goldens().join("coco.json") } else { goldens().join(format.name()) }
}

fn marks<'s>(set: &'s LabelSet, name: &str) -> &'s [Mark] {
    &set.pictures.iter().find(|picture| picture.file_name == name).unwrap().label.marks
}

#[test]
fn files_of_the_real_tools_mean_the_same_pixels_here() {
    let expected = fs::read_to_string(goldens().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&expected).unwrap();
    for (format, name) in Format::NAMES {
        let set = read(format, &source(format), &known()).unwrap();
        let marks = marks(&set, "ring.png");
        let expected = &expected[name];
        assert_eq!(marks.len(), expected.len(), "{name}");
        for (mark, (class, counts)) in marks.iter().zip(expected) {
            assert_eq!(name_of(&set.classes, mark.meaning), class, "{name}");
            let runs = counts_from_text(counts, 10_000).unwrap();
            assert_eq!(mark.shape.mask(RING).unwrap(), Mask::from_runs(RING, &runs).unwrap(), "{name}: {class}");
        }
    }
}

#[test]
fn pictures_without_objects_are_good_where_the_format_says_so() {
    for format in [Format::Yolo, Format::Voc] {
        let set = read(format, &source(format), &known()).unwrap();
        let plate = set.pictures.iter().find(|picture| picture.file_name == "plate.png").unwrap();
        assert_eq!(plate.label, PartLabel { tag: Some(Tag::Good), ..PartLabel::default() });
    }
    let set = read(Format::Coco, &source(Format::Coco), &known()).unwrap();
    assert_eq!((set.pictures.len(), set.unknown), (1, vec!["nobody-looked.png".to_owned()]));
}

/// What is written is what `goldens/tools.py check` has shown to the real tools.
#[test]
fn what_we_write_stays_the_same() {
    let ring = |x: u32, y: u32| {
        let away = (i64::from(x) - 30).pow(2) + (i64::from(y) - 20).pow(2);
        36 < away && away < 144
    };
    let inside: Vec<bool> = (0..RING.height).flat_map(|y| (0..RING.width).map(move |x| ring(x, y))).collect();
    let shapes = [
        (Meaning::Defect(ClassId(1)), rectangle(2.0, 3.0, 12.0, 9.0)),
        (Meaning::Defect(ClassId(1)), Shape::Polygon(vec![square_ring(5.0, 5.0, 12.0), square_ring(30.0, 30.0, 10.0)])),
        (Meaning::Defect(ClassId(2)), Shape::Mask(Mask::from_rows(RING, &inside).unwrap())),
        (Meaning::Ignore, rectangle(50.0, 0.0, 64.0, 10.0)),
    ];
    let pixels: Vec<String> =
        shapes.iter().map(|(_, shape)| counts_to_text(&shape.mask(RING).unwrap().runs())).collect();
    let marks: Vec<Mark> = shapes.into_iter().map(|(meaning, shape)| Mark { meaning, shape }).collect();
    let label = PartLabel { tag: Some(Tag::Defect(None)), marks, note: "belt".into(), checked: true };
    let picture = LabelledPicture { file_name: "ring.png".into(), size: RING, label };
    let classes = vec![class(1, "scratch"), class(2, "划痕")];
    let set = LabelSet { classes, pictures: vec![picture], ..LabelSet::default() };
    let mut boxes = set.clone();
    boxes.pictures[0].label.marks.retain(|mark| matches!(mark.shape, Shape::Box { .. }));

    let dir = tempfile::tempdir().unwrap();
    let plain = WriteOptions { plain_counts: true, ..WriteOptions::default() };
    let lossy = WriteOptions { allow_loss: true, ..WriteOptions::default() };
    let go = |format, set: &LabelSet, name: &str, options| {
        write(format, set, &known(), &dir.path().join(name), options).unwrap()
    };
    go(Format::Coco, &set, "coco.json", WriteOptions::default());
    go(Format::Coco, &set, "coco-plain.json", plain);
    go(Format::LabelMe, &set, "labelme", WriteOptions::default());
    go(Format::Voc, &boxes, "voc", lossy);
    fs::write(dir.path().join("pixels.json"), serde_json::to_string(&pixels).unwrap()).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(WRITTEN);
    for name in ["coco.json", "coco-plain.json", "labelme/ring.json", "voc/ring.xml", "pixels.json"] {
        let written = fs::read_to_string(dir.path().join(name)).unwrap();
        if std::env::var_os("SIGHTLINE_WRITE_GOLDENS").is_some() {
            fs::create_dir_all(kept.join(name).parent().unwrap()).unwrap();
            fs::write(kept.join(name), &written).unwrap();
        }
        assert_eq!(written, fs::read_to_string(kept.join(name)).unwrap(), "{name}");
    }
}

fn there_and_back(format: Format, set: &LabelSet, options: WriteOptions) -> LabelSet {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labels");
    write(format, set, &known(), &path, options).unwrap();
    read(format, &path, &known()).unwrap()
}

#[test]
fn coco_and_labelme_lose_nothing() {
    for seed in 0..60 {
        let set = any_set(seed);
        if set.pictures.is_empty() {
            continue;
        }
        for plain_counts in [false, true] {
            let options = WriteOptions { plain_counts, ..WriteOptions::default() };
            assert_eq!(there_and_back(Format::Coco, &set, options), set, "seed {seed}");
        }
        assert!(losses(Format::LabelMe, &set).is_empty());
        assert_eq!(named(&there_and_back(Format::LabelMe, &set, WriteOptions::default())), named(&set), "seed {seed}");
    }
}

#[test]
fn the_others_keep_what_they_can_say() {
    let options = WriteOptions { allow_loss: true, ..WriteOptions::default() };
    let pixels = |set: &LabelSet| -> BTreeMap<String, Vec<(String, Mask)>> {
        let mask = |picture: &LabelledPicture, mark: &Mark| {
            (name_of(&set.classes, mark.meaning).to_owned(), mark.shape.mask(picture.size).unwrap())
        };
        let marked = set.pictures.iter().filter(|picture| !picture.label.marks.is_empty());
        marked.map(|p| (p.file_name.clone(), p.label.marks.iter().map(|mark_| mask(p, mark_)).collect())).collect()
    };
    for seed in 0..60 {
        let mut set = any_set(seed);
        // A quarter of a pixel may hold no centre: then there are no pixels to write.
        for picture in &mut set.pictures {
            picture.label.marks.retain(|mark| mark.shape.mask(picture.size).unwrap().area() > 0);
        }
        set.pictures.retain(|picture| !picture.label.marks.is_empty());
        if set.pictures.is_empty() {
            continue;
        }
        assert_eq!(pixels(&there_and_back(Format::Yolo, &set, options)), pixels(&set), "yolo, seed {seed}");
        let by_class = |mut pixels: BTreeMap<String, Vec<(String, Mask)>>| {
            pixels.values_mut().for_each(|marks| marks.sort_by(|a, b| a.0.cmp(&b.0)));
            pixels
        };
        // A mask folder named "it's "pit" & more" is fine here; the order of classes is that of the folders.
        assert_eq!(
            by_class(pixels(&there_and_back(Format::Masks, &set, options))),
            by_class(pixels(&set)),
            "masks, seed {seed}"
        );
        for picture in &mut set.pictures {
            picture.label.marks.retain(|mark| matches!(mark.shape, Shape::Box { .. }));
        }
        set.pictures.retain(|picture| !picture.label.marks.is_empty());
        if set.pictures.is_empty() {
            continue;
        }
        // Edges beyond the picture come back on its edge.
        let mut cut = set.clone();
        for picture in &mut cut.pictures {
            let (width, height) = (f64::from(picture.size.width), f64::from(picture.size.height));
            for mark in &mut picture.label.marks {
                if let Shape::Box { right, bottom, .. } = &mut mark.shape {
                    (*right, *bottom) = (right.min(width), bottom.min(height));
                }
            }
        }
        for format in [Format::Voc, Format::Yolo] {
            let marks =
                |set: &LabelSet| named(set).into_iter().map(|(name, .., marks)| (name, marks)).collect::<Vec<_>>();
            assert_eq!(marks(&there_and_back(format, &set, options)), marks(&cut), "{format:?}, seed {seed}");
        }
    }
}

#[test]
fn a_loss_is_told_before_anything_is_written() {
    let label = PartLabel { tag: Some(Tag::Defect(None)), note: "n".into(), ..PartLabel::default() };
    let picture = LabelledPicture { file_name: "ring.png".into(), size: RING, label };
    let set = LabelSet { pictures: vec![picture], ..LabelSet::default() };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labels");
    let error = write(Format::Yolo, &set, &known(), &path, WriteOptions::default()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the format yolo would lose notes (1); defects without a marked area, or named for the whole part (1)"
    );
    assert!(!path.exists());
    // And where a loss is allowed, a defect without an area does not become a good part.
    let lossy = WriteOptions { allow_loss: true, ..WriteOptions::default() };
    write(Format::Yolo, &set, &known(), &path, lossy).unwrap();
    assert!(!path.join("labels").exists());
}

#[test]
fn old_label_files_are_never_mixed_with_new_ones() {
    let picture = |name: &str| LabelledPicture {
        file_name: name.into(),
        size: PLATE,
        label: PartLabel { tag: Some(Tag::Good), ..PartLabel::default() },
    };
    let dir = tempfile::tempdir().unwrap();
    let set =
        |names: &[&str]| LabelSet { pictures: names.iter().map(|name| picture(name)).collect(), ..LabelSet::default() };
    let go = |names: &[&str], folder: &str| {
        write(Format::Voc, &set(names), &known(), &dir.path().join(folder), WriteOptions::default())
    };
    go(&["plate.png"], "a").unwrap();
    assert!(go(&["plate.png"], "a").unwrap_err().to_string().contains("not empty"));
    assert!(go(&["plate.png", "plate.jpg"], "b").unwrap_err().to_string().contains("share the label file"));
}

/// Damage of any kind is an error or another label, never a panic and never more memory than the file gives reason for.
#[test]
fn damaged_files_do_no_harm() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let numbers = ["-1", "0", "4294967295", "18446744073709551616", "1e308", "-0.0", "NaN", "[", "{}", "null", "\"\""];
    for (format, _) in Format::NAMES {
        for _ in 0..60 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("labels");
            copy(&source(format), &path);
            let victims = all_files(&path);
            let victim = &victims[rng.random_range(0..victims.len())];
            let mut bytes = fs::read(victim).unwrap();
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..bytes.len() + 1);
                let end = (at + rng.random_range(0..12)).min(bytes.len());
                match rng.random_range(0..4) {
                    0 => bytes.truncate(at),
                    1 => drop(bytes.drain(at..end)),
                    2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.random_range(0..8)),
                    _ => drop(bytes.splice(at..end, numbers[rng.random_range(0..numbers.len())].bytes())),
                }
            }
            fs::write(victim, bytes).unwrap();
            if let Ok(set) = read(format, &path, &known()) {
                for picture in &set.pictures {
                    assert_eq!(picture.label.check(picture.size), Ok(()), "{format:?}");
                }
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

fn all_files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut found: Vec<PathBuf> =
        fs::read_dir(path).unwrap().flat_map(|entry| all_files(&entry.unwrap().path())).collect();
    found.sort();
    found
}
