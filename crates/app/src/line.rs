//! A line: a folder with its settings, its database, its models and its verdicts.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sightline_core::{Poses, Recipe, Tiles};
use sightline_model::MAX_JUDGED_SIDE;
use sightline_train::{Effort, LearnConfig};
use sightline_watch::WatchConfig;

use crate::{AppError, ArrivalSettings, CheckSettings, HealthSettings, KeepSettings, RecipeSettings};

mod learning;

pub use learning::LearningSettings;

const SETTINGS: &str = "line.toml";

/// Weight of a cell's place in the memory bank where parts lie alike: a tenth of the picture aside counts as much as
/// three standard deviations of a feature.
const PLACE_WEIGHT: f32 = 30.0;

/// What a person set up. Kept as `line.toml` in the line's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSettings {
    /// Name shown to people.
    pub name: String,
    /// Folder of unlabelled good parts to learn from.
    pub good_folder: PathBuf,
    /// Folder that the camera writes to.
    pub watch_folder: PathBuf,
    /// α: at most this fraction of good parts may be rejected.
    pub false_reject_limit: f64,
    /// 1−δ: how sure the promise is.
    pub confidence: f64,
    /// Good parts may lie turned by quarter turns.
    pub may_turn: bool,
    /// Good parts may lie mirrored.
    pub may_flip: bool,
    /// Good parts always lie at nearly the same place of the picture, so that a place can be compared with itself.
    #[serde(default)]
    pub lies_alike: bool,
    /// How much time learning may take.
    pub effort: Effort,
    /// Longest side at which parts are judged, in pixels.
    pub judged_side: u32,
    /// Side of the tiles that larger parts are judged in, in judged pixels; 0 for never. Chosen by size and memory without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tile: Option<u32>,
    /// Device to use; none chooses the best. Several, separated by commas, or `all` share each batch of learning; the
    /// first of them judges.
    #[serde(default)]
    pub device: Option<String>,
    /// Seed of learning.
    pub seed: u64,
    /// Which files are parts, and what their names tell.
    #[serde(default)]
    pub arrivals: ArrivalSettings,
    /// When the line raises an alarm, and where its health can be read.
    #[serde(default)]
    pub health: HealthSettings,
    /// How long pictures of judged parts are kept.
    #[serde(default)]
    pub keep: KeepSettings,
    /// Known parts that must come out right.
    #[serde(default)]
    pub check: CheckSettings,
    /// What of a picture is judged, and what may differ on a good part.
    #[serde(default, skip_serializing_if = "RecipeSettings::is_default")]
    pub recipe: RecipeSettings,
    /// How learning uses the machine.
    #[serde(default, skip_serializing_if = "LearningSettings::says_nothing")]
    pub learning: LearningSettings,
}

impl LineSettings {
    /// Defaults for two folders.
    pub fn new(name: impl Into<String>, good_folder: impl Into<PathBuf>, watch_folder: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            good_folder: good_folder.into(),
            watch_folder: watch_folder.into(),
            false_reject_limit: 0.01,
            confidence: 0.95,
            may_turn: false,
            may_flip: false,
            lies_alike: false,
            effort: Effort::Standard,
            judged_side: 256,
            tile: None,
            device: None,
            seed: 1,
            arrivals: ArrivalSettings::default(),
            health: HealthSettings::default(),
            keep: KeepSettings::default(),
            check: CheckSettings::default(),
            recipe: RecipeSettings::default(),
            learning: LearningSettings::default(),
        }
    }

    /// The recipe for pictures as these.
    ///
    /// # Errors
    /// When none of the pictures that were looked at can be read.
    pub fn recipe(&self, pictures: &[PathBuf]) -> Result<Recipe, AppError> {
        let poses = Poses { may_turn: self.may_turn, may_flip: self.may_flip };
        let recipe = self.recipe.recipe(&self.name, pictures, self.judged_side, poses)?;
        Ok(Recipe { false_reject_limit: self.false_reject_limit, confidence: self.confidence, ..recipe })
    }

    /// Settings of learning that follow from these.
    pub fn learn_config(&self) -> LearnConfig {
        self.learning.apply(LearnConfig {
            seed: self.seed,
            tile: self.tile.map(|side| side as usize),
            bank_place_weight: if self.lies_alike { PLACE_WEIGHT } else { 0.0 },
            ..LearnConfig::new(self.effort)
        })
    }

    /// Checks what can be checked without learning.
    ///
    /// # Errors
    /// When a folder is missing or a number is out of range.
    pub fn check(&self) -> Result<(), AppError> {
        let refuse = |detail: String| Err(AppError::Settings { path: PathBuf::from(SETTINGS), detail });
        for folder in [&self.good_folder, &self.watch_folder] {
            if !folder.is_dir() {
                return Err(AppError::FolderMissing { path: folder.clone() });
            }
        }
        if !(1e-4..=0.5).contains(&self.false_reject_limit) {
            return refuse(format!("false_reject_limit is {}, allowed is 0.0001 to 0.5", self.false_reject_limit));
        }
        if !(0.5..=0.9999).contains(&self.confidence) {
            return refuse(format!("confidence is {}, allowed is 0.5 to 0.9999", self.confidence));
        }
        let largest = if self.tile == Some(0) { Tiles::LARGEST } else { MAX_JUDGED_SIDE };
        if !(64..=largest).contains(&self.judged_side) {
            return refuse(format!("judged_side is {}, allowed is 64 to {largest}", self.judged_side));
        }
        self.watch_config()?;
        if self.tile.is_some_and(|side| side != 0 && !(Tiles::SMALLEST..=Tiles::LARGEST).contains(&side)) {
            let (smallest, largest) = (Tiles::SMALLEST, Tiles::LARGEST);
            return refuse(format!("tile is not 0 and not {smallest} to {largest}"));
        }
        self.learning.check().or_else(refuse)?;
        self.recipe.check(Path::new(SETTINGS))
    }

    /// How the watched folder is watched.
    ///
    /// # Errors
    /// When a pattern cannot be used, or health would be told to other machines without being meant to.
    pub fn watch_config(&self) -> Result<WatchConfig, AppError> {
        let refused = |detail| AppError::Settings { path: PathBuf::from(SETTINGS), detail };
        if let Some(address) = self.health.listen
            && !address.ip().is_loopback()
            && !self.health.beyond_loopback
        {
            let detail = format!("[health] listen is {address}, which others reach; say beyond_loopback = true");
            return Err(refused(detail));
        }
        self.arrivals.watch_config(&self.watch_folder).map_err(|wrong| refused(format!("[arrivals] {wrong}")))
    }
}

/// A line's folder and settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The folder.
    pub folder: PathBuf,
    /// What was set up.
    pub settings: LineSettings,
}

impl Line {
    /// Makes a line, or changes the settings of one. What it learned and recorded stays.
    ///
    /// # Errors
    /// When the settings are not valid or the folder cannot be written.
    pub fn init(folder: &Path, mut settings: LineSettings) -> Result<Self, AppError> {
        for path in [&mut settings.good_folder, &mut settings.watch_folder] {
            // Absolute, so that the line means the same folders wherever it is started from.
            *path = std::path::absolute(&path).map_err(|source| AppError::File {
                step: "resolving",
                path: path.clone(),
                source,
            })?;
        }
        settings.check()?;
        let not_writable = |source: std::io::Error| AppError::FolderNotWritable {
            path: folder.to_owned(),
            detail: source.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(not_writable)?;
        let mut text = toml::to_string_pretty(&settings)
            .map_err(|error| AppError::Settings { path: folder.join(SETTINGS), detail: error.to_string() })?;
        text.push_str(learning::EXPLAINED);
        let unfinished = folder.join(".line.toml.part");
        std::fs::write(&unfinished, text).map_err(not_writable)?;
        std::fs::rename(&unfinished, folder.join(SETTINGS)).map_err(not_writable)?;
        Ok(Self { folder: folder.to_owned(), settings })
    }

    /// Opens a line that was made before.
    ///
    /// # Errors
    /// When the folder is missing, is not a line, or its settings cannot be read.
    pub fn open(folder: &Path) -> Result<Self, AppError> {
        if !folder.is_dir() {
            return Err(AppError::FolderMissing { path: folder.to_owned() });
        }
        let path = folder.join(SETTINGS);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(AppError::NotALine { path: folder.to_owned() });
            }
            Err(source) => return Err(AppError::File { step: "reading", path, source }),
        };
        let refused = |detail: String| AppError::Settings { path: path.clone(), detail };
        let mut settings: LineSettings = toml::from_str(&text).map_err(|error| refused(error.to_string()))?;
        settings.learning.check().map_err(refused)?;
        if let Some(weights) = &mut settings.learning.weights {
            // A person who wrote a file's name there means one beside it.
            *weights = folder.join(&weights);
        }
        Ok(Self { folder: folder.to_owned(), settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_and_a_missing_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (good, watched) = (dir.path().join("gute Teile"), dir.path().join("相机 1"));
        let settings = LineSettings::new("Ring", &good, &watched);
        let missing = Line::init(&dir.path().join("line"), settings.clone()).unwrap_err();
        assert_eq!(missing.code(), sightline_core::Code::FolderMissing);
        assert!(missing.to_string().contains("gute Teile"));
        std::fs::create_dir_all(&good).unwrap();
        std::fs::create_dir_all(&watched).unwrap();
        let line = Line::init(&dir.path().join("line"), settings).unwrap();
        assert_eq!(Line::open(&line.folder).unwrap(), line);
    }

    #[test]
    fn tables_that_are_left_out_are_the_defaults_and_wrong_ones_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let line = Line::init(&dir.path().join("line"), LineSettings::new("Ring", dir.path(), dir.path())).unwrap();
        let path = line.folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, _) = text.split_once("[arrivals]").unwrap();
        std::fs::write(&path, before).unwrap();
        assert_eq!(Line::open(&line.folder).unwrap(), line);
        let refused = |tables: &str, said: &str| {
            std::fs::write(&path, format!("{before}{tables}")).unwrap();
            let error = Line::open(&line.folder).and_then(|line| line.settings.check()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        };
        refused("[arrivals]\npattern = \"{colour}\"", "{colour} is not known");
        refused("[health]\nlisten = \"0.0.0.0:9464\"", "beyond_loopback");
        refused("[keep]\nforever = true", "forever");
    }

    #[test]
    fn what_is_not_a_line_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Line::open(&dir.path().join("nowhere")), Err(AppError::FolderMissing { .. })));
        assert!(matches!(Line::open(dir.path()), Err(AppError::NotALine { .. })));
        std::fs::write(dir.path().join(SETTINGS), "name = 3").unwrap();
        assert!(matches!(Line::open(dir.path()), Err(AppError::Settings { .. })));
    }
}
