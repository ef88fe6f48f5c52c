//! What a line's patterns make of a folder, before anything is judged by them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sightline_core::PartName;
use sightline_watch::preview;

use crate::{AppError, ArrivalSettings, WrongPattern};

/// Files that are named, from the first on.
const NAMED: usize = 8;

/// Files further on that are named, too, because the name pattern does not fit them.
const UNFIT_NAMED: usize = 4;

/// A look at the files that would arrive now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalsLook {
    /// A pattern cannot be used, so that nothing was looked at.
    Wrong(WrongPattern),
    /// What there is.
    Seen(ArrivalsSeen),
}

/// Files that would arrive now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArrivalsSeen {
    /// How many there are.
    pub pictures: usize,
    /// In how many folders they lie, the watched one included.
    pub folders: usize,
    /// How many have a name that the pattern does not fit.
    pub unfit: usize,
    /// A few by their path below the folder, in its order, with what the name tells; none where the pattern does not fit.
    pub named: Vec<(PathBuf, Option<PartName>)>,
}

/// Looks at a folder as the settings say.
///
/// # Errors
/// When the folder is missing or cannot be read.
pub fn look_at_arrivals(settings: &ArrivalSettings, folder: &Path) -> Result<ArrivalsLook, AppError> {
    let config = match settings.watch_config(folder) {
        Ok(config) => config,
        Err(wrong) => return Ok(ArrivalsLook::Wrong(wrong)),
    };
    let files = preview(&config)?;
    let folders: HashSet<_> = files.iter().map(|(path, _)| path.parent()).collect();
    let (pictures, folders) = (files.len(), folders.len());
    let mut seen = ArrivalsSeen { pictures, folders, ..ArrivalsSeen::default() };
    for (number, (path, name)) in files.into_iter().enumerate() {
        let unfit = name.is_none();
        seen.unfit += usize::from(unfit);
        if number < NAMED || (unfit && seen.named.len() < NAMED + UNFIT_NAMED) {
            seen.named.push((path, name));
        }
    }
    Ok(ArrivalsLook::Seen(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PatternField;

    fn settings(pattern: Option<&str>, subfolders: Option<&str>) -> ArrivalSettings {
        let text = |text: Option<&str>| text.map(str::to_owned);
        ArrivalSettings { pattern: text(pattern), subfolders: text(subfolders), only_poll: false }
    }

    fn seen(settings: &ArrivalSettings, folder: &Path) -> ArrivalsSeen {
        match look_at_arrivals(settings, folder).unwrap() {
            ArrivalsLook::Seen(seen) => seen,
            ArrivalsLook::Wrong(wrong) => panic!("{wrong}"),
        }
    }

    #[test]
    fn a_look_counts_all_and_names_a_few_with_those_that_do_not_fit() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(seen(&settings(None, None), dir.path()), ArrivalsSeen::default());
        let lot = dir.path().join("批号 4");
        std::fs::create_dir(&lot).unwrap();
        for number in 0..30 {
            let name = if number < 20 { format!("{number:03}_top.png") } else { format!("{number:03}.png") };
            std::fs::write(lot.join(name), b"x").unwrap();
        }
        std::fs::write(dir.path().join("beside.png"), b"x").unwrap();
        std::fs::write(lot.join("notes.txt"), b"x").unwrap();

        let top = seen(&settings(None, None), dir.path());
        assert_eq!((top.pictures, top.folders, top.unfit, top.named.len()), (1, 1, 0, 1));
        let all = seen(&settings(Some("{lot}/{part}_{view}"), Some("**")), dir.path());
        // Ten lack the view, and the one in the watched folder itself has no lot.
        assert_eq!((all.pictures, all.folders, all.unfit), (31, 2, 11));
        assert_eq!(all.named.len(), NAMED + UNFIT_NAMED);
        let told: Vec<_> = all.named.iter().map(|(path, name)| (path.display().to_string(), name.is_some())).collect();
        assert_eq!(told[0], ("beside.png".to_owned(), false));
        assert_eq!(told[NAMED - 1], ("批号 4/006_top.png".to_owned(), true));
        assert_eq!(told[NAMED], ("批号 4/020.png".to_owned(), false));
        let name = all.named[1].1.clone().unwrap();
        assert_eq!([name.part, name.lot, name.view].map(Option::unwrap), ["000", "批号 4", "top"]);
    }

    #[test]
    fn a_wrong_pattern_is_told_with_its_place_and_a_missing_folder_as_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let wrong = |settings: &ArrivalSettings| match look_at_arrivals(settings, dir.path()).unwrap() {
            ArrivalsLook::Wrong(wrong) => (wrong.field, wrong.error.place()),
            ArrivalsLook::Seen(seen) => panic!("{seen:?}"),
        };
        assert_eq!(wrong(&settings(Some("{part}_{colour}"), None)), (PatternField::Name, Some(7..15)));
        assert_eq!(wrong(&settings(None, Some(&"x".repeat(201)))), (PatternField::Subfolders, None));
        let missing = look_at_arrivals(&settings(None, None), &dir.path().join("nowhere")).unwrap_err();
        assert_eq!(missing.code(), sightline_core::Code::FolderMissing);
    }
}
