//! Parts as the camera delivers them.

use std::fs;
use std::path::{Path, PathBuf};

use sightline_testkit::{DefectKind, PartGenerator};

/// Side of a drawn part, pixels.
const SIDE: u32 = 96;

/// Parts that tests judge are numbered from here, far behind those that a line learns from.
const JUDGED_FROM: u64 = 5000;

/// Nobody overlooks a defect of this severity.
const GROSS: f32 = 0.9;

/// The generator of all parts here.
pub(crate) fn generator() -> PartGenerator {
    PartGenerator::new(3, SIDE)
}

/// The bytes of a good part that no line has learned, as PNG.
pub fn good_part(number: u64) -> Vec<u8> {
    png(&|path| generator().good(JUDGED_FROM + number).save(path).unwrap())
}

/// The bytes of a part that anybody would reject, as PNG.
pub fn gross_defect(number: u64, kind: DefectKind) -> Vec<u8> {
    let mut parts = (JUDGED_FROM..).map(|index| generator().defective(index, kind)).filter(|part| part.severity > GROSS);
    let part = parts.nth(number as usize).unwrap();
    png(&|path| part.picture.save(path).unwrap())
}

fn png(save: &dyn Fn(&Path)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.png");
    save(&path);
    fs::read(&path).unwrap()
}

/// Puts a file into a folder as a careful camera does: whole, then under its name.
pub fn drop_file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let (unfinished, path) = (folder.join(format!(".{name}.part")), folder.join(name));
    fs::write(&unfinished, bytes).unwrap();
    fs::rename(&unfinished, &path).unwrap();
    path
}
