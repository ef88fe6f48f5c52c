//! Parts as the camera delivers them.

use std::fs;
use std::path::{Path, PathBuf};

use sightline_testkit::PartGenerator;

/// Side of a drawn part, pixels.
const SIDE: u32 = 96;

/// Grey levels that the grain of a faint part is brighter or darker.
const FAINT: u8 = 30;

/// Parts that tests judge are numbered from here, far behind those that a line learns from.
const JUDGED_FROM: u64 = 5000;

/// The generator of all parts here.
pub(crate) fn generator() -> PartGenerator {
    PartGenerator::new(3, SIDE)
}

/// The bytes of a good part that no line has learned, as PNG.
pub fn good_part(number: u64) -> Vec<u8> {
    png(&|path| generator().good(JUDGED_FROM + number).save(path).unwrap())
}

/// The bytes of a part that anybody would reject, as PNG: glittering swarf lies on a quarter of it. A line that learned
/// for seconds must see it, which cannot be asked of it for a scratch.
pub fn covered_part(number: u64) -> Vec<u8> {
    grainy_part(number, |_, bright| if bright { 255 } else { 0 })
}

/// The bytes of a part with a faint grain where the covered one glitters, as PNG: little enough that good parts alone do
/// not tell it, regular enough that labels teach it within seconds.
pub fn faint_part(number: u64) -> Vec<u8> {
    grainy_part(number, |value, bright| if bright { value.saturating_add(FAINT) } else { value.saturating_sub(FAINT) })
}

/// A good part with each value of a quarter of it changed, by its grain bright or dark.
fn grainy_part(number: u64, change: impl Fn(u8, bool) -> u8) -> Vec<u8> {
    let mut picture = generator().good(JUDGED_FROM + number);
    let covered = SIDE / 6..SIDE * 2 / 3;
    let mut grain = number as u32;
    for (_, _, pixel) in picture.enumerate_pixels_mut().filter(|(x, y, _)| covered.contains(x) && covered.contains(y)) {
        // Numerical Recipes' quick generator; its high bits are good enough to glitter.
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        pixel.0 = pixel.0.map(|value| change(value, grain >> 31 != 0));
    }
    png(&|path| picture.save(path).unwrap())
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
