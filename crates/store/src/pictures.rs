//! Small pictures (thumbnails) beside the database, named after their content: the same picture is kept once.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::StoreError;
use crate::files::write_whole;

/// The endings that pictures are kept with. Few, so that one is found by its hash without looking through a folder.
const ENDINGS: [&str; 3] = ["jpg", "png", "webp"];

/// The folder `pictures` of a line: `ab/<blake3 of the content>.<ending>`.
#[derive(Debug, Clone)]
pub struct Pictures {
    root: PathBuf,
}

impl Pictures {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Keeps an encoded picture (`ending` is "jpg", "png" or "webp") and gives the hash by which it is found again.
    ///
    /// # Errors
    /// When the ending is another one, or the file cannot be written.
    pub fn put(&self, bytes: &[u8], ending: &str) -> Result<String, StoreError> {
        if !ENDINGS.contains(&ending) {
            return Err(StoreError::PictureEnding { ending: ending.to_owned() });
        }
        let hash = blake3::hash(bytes).to_hex().to_string();
        let path = self.place(&hash, ending);
        // The length is compared because these files are not synced, and a power cut may leave one cut short.
        let there = fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64);
        if there {
            // Somebody is about to refer to it: it is as good as new to whoever removes old ones.
            let touched = fs::File::options().write(true).open(&path);
            let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
        } else {
            write_whole(&path, bytes, false)?;
        }
        Ok(hash)
    }

    /// Deletes the picture with this hash, if it was not kept again for so long. True when it went.
    pub(crate) fn remove_older(&self, hash: &str, age: Duration) -> bool {
        let old = |path: &PathBuf| {
            let modified = fs::metadata(path).and_then(|found| found.modified()).ok();
            modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|since| since >= age)
        };
        self.path_of(hash).filter(old).is_some_and(|path| fs::remove_file(path).is_ok())
    }

    /// Where the picture with this hash lies; none when it is not kept.
    pub fn path_of(&self, hash: &str) -> Option<PathBuf> {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut places = ENDINGS.iter().map(|ending| self.place(hash, ending));
        is_hash.then(|| places.find(|path| path.is_file())).flatten()
    }

    fn place(&self, hash: &str, ending: &str) -> PathBuf {
        self.root.join(hash.get(..2).unwrap_or_default()).join(format!("{hash}.{ending}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::line;

    #[test]
    fn a_picture_is_kept_once_and_found_by_its_hash() {
        let (dir, store) = line();
        let pictures = store.pictures();
        let hash = pictures.put(b"picture", "jpg").unwrap();
        assert_eq!(hash, blake3::hash(b"picture").to_hex().as_str());
        assert_eq!(pictures.put(b"picture", "jpg").unwrap(), hash);
        let path = pictures.path_of(&hash).unwrap();
        assert_eq!(path, dir.path().join("pictures").join(&hash[..2]).join(format!("{hash}.jpg")));
        assert_eq!(fs::read(&path).unwrap(), b"picture");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn a_picture_that_was_cut_short_is_written_again() {
        let (_dir, store) = line();
        let hash = store.pictures().put(b"picture", "png").unwrap();
        let path = store.pictures().path_of(&hash).unwrap();
        fs::write(&path, b"").unwrap();
        store.pictures().put(b"picture", "png").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"picture");
    }

    #[test]
    fn unknown_hashes_and_endings_are_refused() {
        let (_dir, store) = line();
        for hash in ["", "ab", "../../sightline.db", &"0".repeat(64), &"é".repeat(32)] {
            assert_eq!(store.pictures().path_of(hash), None, "{hash}");
        }
        assert!(matches!(store.pictures().put(b"x", "exe"), Err(StoreError::PictureEnding { .. })));
    }
}
