//! A folder of good parts: what is in it, and as a source for learning.

use std::path::{Path, PathBuf};

use sightline_core::{PictureSize, promise};
use sightline_train::{MIN_PARTS, Sample, SampleSource};

use crate::AppError;
use crate::capture::capture;

/// Endings of files that are taken for pictures.
pub(crate) const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "pgm", "ppm"];

/// Pictures that are decoded to describe a folder.
const LOOKED_AT: usize = 12;

/// Pictures in a folder, sorted by name; sub-folders and hidden files are left out.
///
/// # Errors
/// When the folder is missing, cannot be read or holds no picture.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    if !folder.is_dir() {
        return Err(AppError::FolderMissing { path: folder.to_owned() });
    }
    let failed = |source| AppError::File { step: "listing", path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(AppError::FolderEmpty { path: folder.to_owned() });
    }
    found.sort();
    Ok(found)
}

/// What a folder of good parts holds, for the set-up screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderLook {
    /// The folder, resolved.
    pub folder: PathBuf,
    /// Pictures in it.
    pub pictures: Vec<PathBuf>,
    /// How many of the pictures that were looked at could not be read.
    pub unreadable: usize,
    /// Size of the first readable one.
    pub size: Option<PictureSize>,
    /// A few readable pictures from all over the folder.
    pub samples: Vec<PathBuf>,
    /// With fewer nothing can be learned.
    pub minimum: usize,
    /// With fewer nothing can be promised.
    pub needed_for_promise: usize,
}

/// Looks at a folder: counts, and decodes a few pictures.
///
/// # Errors
/// When the folder is missing, cannot be read or holds no picture.
pub fn look_at_folder(folder: &Path, false_reject_limit: f64, confidence: f64) -> Result<FolderLook, AppError> {
    let folder = std::fs::canonicalize(folder).map_err(|_| AppError::FolderMissing { path: folder.to_owned() })?;
    let pictures = pictures_in(&folder)?;
    let (mut unreadable, mut size, mut samples) = (0, None, Vec::new());
    for path in spread(&pictures, LOOKED_AT) {
        match capture(path).frame {
            Ok(frame) => {
                size = size.or(Some(frame.size()));
                samples.push(path.clone());
            }
            Err(_) => unreadable += 1,
        }
    }
    Ok(FolderLook {
        folder,
        pictures,
        unreadable,
        size,
        samples,
        minimum: MIN_PARTS,
        needed_for_promise: promise::good_parts_needed(false_reject_limit, confidence),
    })
}

/// Up to `count` items, evenly spread.
pub(crate) fn spread<T>(items: &[T], count: usize) -> impl Iterator<Item = &T> {
    let count = count.min(items.len());
    (0..count).map(move |i| &items[i * items.len() / count])
}

/// Good parts of one folder, frozen as a list when it is made.
#[derive(Debug, Clone)]
pub struct FolderSource {
    paths: Vec<PathBuf>,
    /// Group of each part.
    groups: Vec<String>,
}

impl FolderSource {
    /// The pictures of a folder, each its own group.
    ///
    /// # Errors
    /// When the folder is missing, cannot be read or holds no picture.
    pub fn new(folder: &Path) -> Result<Self, AppError> {
        let paths = pictures_in(folder)?;
        let groups = paths.iter().map(|path| file_name(path)).collect();
        Ok(Self { paths, groups })
    }

    /// A given list of parts with their groups.
    pub(crate) fn of(parts: Vec<(PathBuf, String)>) -> Self {
        let (paths, groups) = parts.into_iter().unzip();
        Self { paths, groups }
    }

    /// The files.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

impl SampleSource for FolderSource {
    fn count(&self) -> usize {
        self.paths.len()
    }

    fn name(&self, index: usize) -> String {
        file_name(&self.paths[index])
    }

    fn group(&self, index: usize) -> String {
        self.groups[index].clone()
    }

    fn load(&self, index: usize) -> Result<Sample, String> {
        let captured = capture(&self.paths[index]);
        match (captured.frame, captured.content_hash) {
            (Ok(frame), Some(content_hash)) => Ok(Sample { frame, content_hash }),
            (Err((_, detail)), _) => Err(detail),
            (Ok(_), None) => Err(format!("{} has no content", self.paths[index].display())),
        }
    }
}

/// Adds files' paths and sizes to a hash that tells whether results are of these very files.
///
/// # Errors
/// When one of them is not there.
pub(crate) fn hash_sizes<'a>(
    hasher: &mut blake3::Hasher,
    paths: impl Iterator<Item = &'a PathBuf>,
) -> Result<(), AppError> {
    for path in paths {
        let size = std::fs::metadata(path)
            .map_err(|source| AppError::File { step: "reading", path: path.clone(), source })?
            .len();
        hasher.update(format!("{}\0{size}\0", path.display()).as_bytes());
    }
    Ok(())
}

/// Adds all of some files to a hash.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) fn hash_files<'a>(
    hasher: &mut blake3::Hasher,
    paths: impl Iterator<Item = &'a PathBuf>,
) -> Result<(), AppError> {
    for path in paths {
        let failed = |source| AppError::File { step: "reading", path: path.clone(), source };
        hasher.update_reader(std::fs::File::open(path).map_err(failed)?).map_err(failed)?;
    }
    Ok(())
}

/// Writes a file whole or not at all, should the program end meanwhile.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let unfinished = PathBuf::from(format!("{}.part", path.display()));
    std::fs::write(&unfinished, bytes)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|source| AppError::File { step: "writing", path: path.to_owned(), source })
}

/// The last part of a path as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{write_plate, write_ppm};

    #[test]
    fn pictures_are_sorted_and_everything_else_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(pictures_in(&dir.path().join("nowhere")), Err(AppError::FolderMissing { .. })));
        for name in [".hidden.png", "notes.txt", "no-ending"] {
            std::fs::write(dir.path().join(name), b"x").unwrap();
        }
        std::fs::create_dir(dir.path().join("folder.png")).unwrap();
        assert!(matches!(pictures_in(dir.path()), Err(AppError::FolderEmpty { .. })));
        for name in ["b.png", "ä 齿.PPM", "a.TIFF"] {
            std::fs::write(dir.path().join(name), b"x").unwrap();
        }
        let names: Vec<String> = pictures_in(dir.path()).unwrap().iter().map(|path| file_name(path)).collect();
        assert_eq!(names, ["a.TIFF", "b.png", "ä 齿.PPM"]);
    }

    #[test]
    fn a_source_is_frozen_and_names_what_it_cannot_read() {
        let dir = tempfile::tempdir().unwrap();
        write_plate(&dir.path().join("a.ppm"), 1);
        std::fs::write(dir.path().join("b.ppm"), b"P6\n64 64\n255\n cut off").unwrap();
        let source = FolderSource::new(dir.path()).unwrap();
        write_plate(&dir.path().join("0-late.ppm"), 2);
        assert_eq!((source.count(), source.name(0), source.group(1)), (2, "a.ppm".to_owned(), "b.ppm".to_owned()));
        let sample = source.load(0).unwrap();
        assert_eq!(sample.frame.size(), PictureSize { width: 64, height: 64 });
        let bytes = std::fs::read(&source.paths()[0]).unwrap();
        assert_eq!(sample.content_hash, blake3::hash(&bytes).to_hex().to_string());
        assert!(source.load(1).unwrap_err().contains("b.ppm"));
        std::fs::remove_file(&source.paths()[0]).unwrap();
        assert!(source.load(0).unwrap_err().contains("a.ppm"));
    }

    #[test]
    fn a_look_counts_all_and_decodes_a_few_from_all_over() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..30 {
            write_ppm(&dir.path().join(format!("{number:02}.ppm")), (40, 30), |_, _| [number as u8; 3]);
        }
        std::fs::write(dir.path().join("00.ppm"), b"").unwrap();
        let look = look_at_folder(dir.path(), 0.01, 0.95).unwrap();
        assert_eq!((look.pictures.len(), look.unreadable, look.samples.len()), (30, 1, LOOKED_AT - 1));
        assert_eq!(look.size, Some(PictureSize { width: 40, height: 30 }));
        assert!(look.needed_for_promise > 299);
        let last = file_name(look.samples.last().unwrap());
        assert!(last.as_str() > "25.ppm", "the last sample is {last}");
    }
}
