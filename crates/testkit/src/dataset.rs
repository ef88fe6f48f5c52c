//! Folders of generated parts: good ones to learn from, and a whole dataset with defects and masks to measure with, in
//! the layout that `evaluate` reads.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat};
use rayon::prelude::*;

use crate::defect::DefectKind;
use crate::error::TestkitError;
use crate::generator::PartGenerator;

/// Defective parts of a dataset are numbered from here, so that none is the twin of a good part in it.
const DEFECTIVE_START: u64 = 1 << 33;
/// Parts drawn between two reports of progress.
const BATCH: usize = 16;

/// Writes `good/`, `defect/<kind>/` and `masks/<kind>/` with `good` good parts and `per_defect` parts of each kind.
///
/// A mask has its part's file name; white is the defect. Good parts are numbers `0..good`.
pub fn write_dataset(
    dir: &Path,
    generator: &PartGenerator,
    good: usize,
    per_defect: usize,
) -> Result<(), TestkitError> {
    write_good_parts(&dir.join("good"), generator, good, |_| {})?;
    for kind in DefectKind::ALL {
        let parts = dir.join("defect").join(kind.name());
        let masks = dir.join("masks").join(kind.name());
        create_folder(&parts)?;
        create_folder(&masks)?;
        (0..per_defect).into_par_iter().try_for_each(|place| {
            let index = DEFECTIVE_START + (kind as usize * per_defect + place) as u64;
            let bad = generator.defective(index, kind);
            let name = format!("{}-{place:05}.png", kind.name());
            write_png(&parts.join(&name), bad.picture.into())?;
            write_png(&masks.join(&name), bad.mask.into())
        })?;
    }
    Ok(())
}

/// Writes good parts number `0..count` as `part-00000.png` and on, and returns their paths in order.
///
/// `progress` is told how many are written, after every few parts.
pub fn write_good_parts(
    dir: &Path,
    generator: &PartGenerator,
    count: usize,
    mut progress: impl FnMut(usize),
) -> Result<Vec<PathBuf>, TestkitError> {
    create_folder(dir)?;
    let paths: Vec<PathBuf> = (0..count).map(|index| dir.join(format!("part-{index:05}.png"))).collect();
    for (batch, some) in paths.chunks(BATCH).enumerate() {
        let first = batch * BATCH;
        let write = |(place, path): (usize, &PathBuf)| write_png(path, generator.good((first + place) as u64).into());
        some.par_iter().enumerate().try_for_each(write)?;
        progress(first + some.len());
    }
    Ok(paths)
}

pub(crate) fn create_folder(dir: &Path) -> Result<(), TestkitError> {
    fs::create_dir_all(dir).map_err(|source| TestkitError::CreateFolder { path: dir.into(), source })
}

/// Encodes in memory first: a path may end in something other than `.png`, and a full disk is told from a bad picture.
pub(crate) fn write_png(path: &Path, picture: DynamicImage) -> Result<(), TestkitError> {
    write_bytes(path, &encode(path, &picture, ImageFormat::Png)?)
}

pub(crate) fn encode(path: &Path, picture: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, TestkitError> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).map_err(|source| TestkitError::Encode { path: path.into(), source })?;
    Ok(bytes.into_inner())
}

pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), TestkitError> {
    fs::write(path, bytes).map_err(|source| TestkitError::Write { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_dataset_has_a_mask_of_the_same_name_for_every_defect() {
        let dir = tempfile::tempdir().unwrap();
        write_dataset(dir.path(), &PartGenerator::new(4, 64), 3, 2).unwrap();
        assert_eq!(names(&dir.path().join("good")), ["part-00000.png", "part-00001.png", "part-00002.png"]);
        for kind in DefectKind::ALL {
            let parts = names(&dir.path().join("defect").join(kind.name()));
            assert_eq!((parts.len(), &parts), (2, &names(&dir.path().join("masks").join(kind.name()))));
            let mask = image::open(dir.path().join("masks").join(kind.name()).join(&parts[0])).unwrap().into_luma8();
            assert!(mask.pixels().any(|pixel| pixel.0[0] == 255) && mask.pixels().any(|pixel| pixel.0[0] == 0));
        }
    }

    #[test]
    fn good_parts_are_written_in_order_with_progress() {
        let dir = tempfile::tempdir().unwrap();
        let generator = PartGenerator::new(4, 64);
        let mut told = Vec::new();
        let paths = write_good_parts(&dir.path().join("a/b"), &generator, 20, |done| told.push(done)).unwrap();
        assert_eq!((paths.len(), told), (20, vec![16, 20]));
        assert_eq!(image::open(&paths[17]).unwrap().into_rgb8(), generator.good(17));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        write_bytes(&file, b"in the way").unwrap();
        let error = write_good_parts(&file.join("good"), &PartGenerator::new(4, 64), 1, |_| {}).unwrap_err();
        assert!(matches!(&error, TestkitError::CreateFolder { path, .. } if path == &file.join("good")), "{error}");
    }
}
