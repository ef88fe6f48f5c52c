//! The pictures that labels may belong to, by name.

use std::collections::BTreeMap;
use std::path::Path;

use sightline_core::PictureSize;

/// Pictures of a line by their paths below the watched folder.
#[derive(Debug, Clone, Default)]
pub struct Known {
    by_path: BTreeMap<String, PictureSize>,
    /// Whole paths by what is left of them without their first folders. None where two pictures share it.
    by_end: BTreeMap<String, Option<String>>,
    /// None where two pictures share the stem.
    by_stem: BTreeMap<String, Option<String>>,
}

/// The picture that a label file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'k> {
    /// This one, by its path.
    One(&'k str, PictureSize),
    /// Two or more have this name.
    Several,
    /// None has.
    Unknown,
}

impl Known {
    /// From paths below the watched folder, with / between folders. Of one path that comes twice the later one counts.
    pub fn new(pictures: impl IntoIterator<Item = (String, PictureSize)>) -> Self {
        let by_path: BTreeMap<String, PictureSize> = pictures.into_iter().collect();
        let (mut by_end, mut by_stem) = (BTreeMap::new(), BTreeMap::new());
        for path in by_path.keys() {
            ends(path).for_each(|end| enter(&mut by_end, end.to_owned(), path));
            enter(&mut by_stem, stem(path), path);
        }
        Self { by_path, by_end, by_stem }
    }

    /// The picture with this name, of either kind of slash: label files travel between systems. The whole path counts
    /// first. Then the file may tell fewer folders than the line knows, or more, but not others: two lots may each have
    /// a part of one name.
    pub(crate) fn find(&self, told: &str) -> Found<'_> {
        let told = told.replace('\\', "/");
        if let Some((path, size)) = self.by_path.get_key_value(&told) {
            return Found::One(path, *size);
        }
        let with_more_folders = self.one_of(&self.by_end, &told);
        if with_more_folders != Found::Unknown {
            return with_more_folders;
        }
        match ends(&told).find_map(|end| self.by_path.get_key_value(end)) {
            None => Found::Unknown,
            Some((path, _)) if self.by_end.contains_key(path) => Found::Several,
            Some((path, size)) => Found::One(path, *size),
        }
    }

    /// The one picture whose file name without its ending is this.
    pub(crate) fn by_stem(&self, stem: &str) -> Found<'_> {
        self.one_of(&self.by_stem, stem)
    }

    fn one_of<'k>(&'k self, paths: &'k BTreeMap<String, Option<String>>, name: &str) -> Found<'k> {
        match paths.get(name) {
            None => Found::Unknown,
            Some(None) => Found::Several,
            Some(Some(path)) => self.by_path.get(path).map_or(Found::Unknown, |size| Found::One(path, *size)),
        }
    }
}

fn enter(paths: &mut BTreeMap<String, Option<String>>, name: String, path: &str) {
    paths.entry(name).and_modify(|first| *first = None).or_insert_with(|| Some(path.to_owned()));
}

/// What is left of a path without its first folders: the longest first, the bare file name last.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[at + 1..])
}

/// A file name without folders, of either kind of slash, and without its ending.
pub(crate) fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    Path::new(base).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32) -> PictureSize {
        PictureSize { width, height: 2 }
    }

    fn known(paths: &[&str]) -> Known {
        Known::new(paths.iter().zip(1..).map(|(path, width)| ((*path).to_owned(), size(width))))
    }

    #[test]
    fn pictures_are_found_by_name_and_by_a_stem_that_is_theirs_alone() {
        let known = known(&["a.png", "b.png", "b.jpg", "b.jpg"]);
        assert_eq!(known.find("b.jpg"), Found::One("b.jpg", size(4)), "the later one");
        assert_eq!(known.by_stem("a"), Found::One("a.png", size(1)));
        assert_eq!(known.by_stem("b"), Found::Several);
        assert_eq!(known.by_stem("c"), Found::Unknown);
        assert_eq!((stem("x/y\\c.d.png").as_str(), stem("c.png").as_str()), ("c.d", "c"));
    }

    #[test]
    fn a_name_that_two_parts_have_belongs_to_neither() {
        let known = known(&["lot1/1.png", "lot2/1.png", "lot2/2.png", "day/lot1/3.png", "4.png", "lot1/4.png"]);
        let check = |told: &str, expected: Option<&str>| {
            let found = match known.find(told) {
                Found::One(path, _) => Some(path),
                Found::Several => Some("several"),
                Found::Unknown => None,
            };
            assert_eq!(found, expected, "{told}");
        };
        check("lot1/1.png", Some("lot1/1.png"));
        check("lot2\\1.png", Some("lot2/1.png"));
        check("1.png", Some("several"));
        // Fewer folders, more of them, others.
        check("2.png", Some("lot2/2.png"));
        check("lot1/3.png", Some("day/lot1/3.png"));
        check("..\\camera\\lot2\\1.png", Some("lot2/1.png"));
        check("C:/camera/lot2/2.png", Some("lot2/2.png"));
        check("lot3/1.png", None);
        check("lot1/2.png", None);
        // The whole path counts before others that end so; with a folder more it may be either.
        check("4.png", Some("4.png"));
        check("camera/4.png", Some("several"));
        check("", None);
    }
}
