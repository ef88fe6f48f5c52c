//! Contact sheets of what learning shows a network: whoever sees a defect among the views, or none among the drawn
//! defects, changes the recipe before the model is wrong.

use std::path::{Path, PathBuf};

use sightline_core::Recipe;
use sightline_image::{Frame, Input, Shot, contact_sheet};
use sightline_train::{LearnConfig, Preview, preview};

use crate::capture::capture;
use crate::folder::spread;
use crate::{AppError, FolderSource, Line};

/// Good parts on a sheet, and pictures of each beside the part itself.
const PARTS: usize = 6;
const OF_EACH: usize = 5;

/// Longest side of a picture on a sheet, pixels.
const SIDE: u32 = 224;

/// Names of the two sheets.
const VIEWS: &str = "views.png";
const DEFECTS: &str = "drawn-defects.png";

/// Writes `views.png`, good parts as the network may see them, and `drawn-defects.png`, defects drawn onto them, into a
/// folder. In each row the part itself stands first. The configuration's seed decides what is drawn.
///
/// # Errors
/// When no part can be read, a setting is out of range, or a file cannot be written.
pub fn write_sheets(
    folder: &Path,
    recipe: &Recipe,
    config: &LearnConfig,
    good: &[PathBuf],
) -> Result<[PathBuf; 2], AppError> {
    let previews = previews_of(recipe, config, good)?;
    let sheet = |name: &str, shots: fn(&Preview) -> Vec<Shot>| {
        let path = folder.join(name);
        let rows: Vec<Vec<Shot>> =
            previews.iter().map(|part| [vec![plain(&part.part)], shots(part)].concat()).collect();
        write(&path, &rows).map(|()| path)
    };
    Ok([sheet(VIEWS, views_of)?, sheet(DEFECTS, defects_of)?])
}

/// Writes both as one sheet for a line: the part, its views, its drawn defects.
///
/// # Errors
/// As [`write_sheets`].
pub fn write_line_sheet(line: &Line, config: &LearnConfig, out: &Path) -> Result<(), AppError> {
    let source = FolderSource::new(&line.settings.good_folder)?;
    let recipe = line.settings.recipe(source.paths())?;
    let row = |part: &Preview| [vec![plain(&part.part)], views_of(part), defects_of(part)].concat();
    let rows: Vec<Vec<Shot>> = previews_of(&recipe, config, source.paths())?.iter().map(row).collect();
    write(out, &rows)
}

fn previews_of(recipe: &Recipe, config: &LearnConfig, good: &[PathBuf]) -> Result<Vec<Preview>, AppError> {
    let parts: Vec<Frame> = spread(good, PARTS).filter_map(|path| capture(path).frame.ok()).collect();
    Ok(preview(recipe, config, &parts, OF_EACH)?)
}

fn plain(picture: &Input) -> Shot {
    Shot { picture: picture.clone(), defect: None, heat: None }
}

fn views_of(part: &Preview) -> Vec<Shot> {
    part.views.iter().map(plain).collect()
}

fn defects_of(part: &Preview) -> Vec<Shot> {
    part.drawn.clone()
}

fn write(path: &Path, rows: &[Vec<Shot>]) -> Result<(), AppError> {
    let failed = |source| AppError::File { step: "writing", path: path.to_owned(), source };
    let bytes = contact_sheet(rows, SIDE).map_err(|error| failed(std::io::Error::other(error)))?;
    std::fs::write(path, bytes).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{config, write_plate};
    use crate::{LineSettings, RecipeSettings};

    #[test]
    fn a_line_has_its_sheets_the_same_for_the_same_seed_and_other_ones_for_another_recipe() {
        let dir = tempfile::tempdir().unwrap();
        let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.path().join(name));
        [&good, &watched].iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        (0..8).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
        let settings = LineSettings { judged_side: 64, ..LineSettings::new("Plate", good, watched) };
        let line = Line::init(&folder, settings.clone()).unwrap();
        let sheet = |line: &Line, name: &str| {
            let out = dir.path().join(name);
            write_line_sheet(line, &config(), &out).unwrap();
            std::fs::read(out).unwrap()
        };
        let once = sheet(&line, "once.png");
        assert_eq!(sheet(&line, "again.png"), once);
        let recipe = RecipeSettings { gradient: Some(0.5), ..RecipeSettings::default() };
        let lit = Line::init(&folder, LineSettings { recipe, ..settings }).unwrap();
        assert_ne!(sheet(&lit, "lit.png"), once);
        let source = FolderSource::new(&line.settings.good_folder).unwrap();
        let recipe = line.settings.recipe(source.paths()).unwrap();
        for path in write_sheets(&folder, &recipe, &config(), source.paths()).unwrap() {
            let frame = capture(&path).frame.unwrap();
            assert_eq!((frame.size().width, frame.size().height), (6 * 230 + 6, 6 * 230 + 6), "{}", path.display());
        }
        let error = write_line_sheet(&line, &config(), &dir.path().join("nowhere/sheet.png")).unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }
}
