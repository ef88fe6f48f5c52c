//! The pictures that labels may belong to, by name.

use std::collections::BTreeMap;
use std::path::Path;

use sightline_core::PictureSize;

/// Pictures of a line by their file names.
#[derive(Debug, Clone, Default)]
pub struct Known {
    by_name: BTreeMap<String, PictureSize>,
    /// None where two pictures share the stem.
    by_stem: BTreeMap<String, Option<String>>,
}

impl Known {
    /// From file names without folders. Of two pictures with the same name the later one counts.
    pub fn new(pictures: impl IntoIterator<Item = (String, PictureSize)>) -> Self {
        let by_name: BTreeMap<String, PictureSize> = pictures.into_iter().collect();
        let mut by_stem = BTreeMap::new();
        for name in by_name.keys() {
            by_stem.entry(stem(name)).and_modify(|first| *first = None).or_insert_with(|| Some(name.clone()));
        }
        Self { by_name, by_stem }
    }

    /// The size of the picture with this file name.
    pub fn size(&self, name: &str) -> Option<PictureSize> {
        self.by_name.get(name).copied()
    }

    /// The one picture whose file name without its ending is this.
    pub(crate) fn by_stem(&self, stem: &str) -> Option<(&str, PictureSize)> {
        let name = self.by_stem.get(stem)?.as_deref()?;
        Some((name, self.size(name)?))
    }
}

/// A file name without folders, of either kind of slash, and without its ending.
pub(crate) fn stem(name: &str) -> String {
    let base = base(name);
    Path::new(base).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// A file name without folders, of either kind of slash: label files travel between systems.
pub(crate) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_by_name_and_by_a_stem_that_is_theirs_alone() {
        let size = |width| PictureSize { width, height: 2 };
        let known = Known::new([("a.png".into(), size(1)), ("b.png".into(), size(2)), ("b.jpg".into(), size(3))]);
        assert_eq!(known.size("b.jpg"), Some(size(3)));
        assert_eq!(known.by_stem("a"), Some(("a.png", size(1))));
        assert_eq!(known.by_stem("b"), None);
        assert_eq!((base("x/y\\c.d.png"), stem("x/c.d.png").as_str()), ("c.d.png", "c.d"));
    }
}
