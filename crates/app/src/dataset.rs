//! A labelled data set on disk: `good/`, `defect/<type>/`, `masks/<type>/<same stem>.png`, optional `groups.csv`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use sightline_core::split;

use crate::folder::{file_name, pictures_in};
use crate::{AppError, FolderSource};

/// Share of good parts that nothing learns from, when whole groups are divided.
const TEST_SHARE_BY_GROUP: f64 = 0.3;

/// Share of good parts that nothing learns from, when pictures are divided at random as papers do.
const TEST_SHARE_RANDOM: f64 = 0.2;

/// How good parts are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DatasetSplit {
    /// Whole groups, and groups that hold a defect are for testing only.
    Group,
    /// Pictures at random; only to compare with papers.
    Random,
}

/// A labelled defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefectFile {
    /// Its type, the folder's name.
    pub kind: String,
    /// The picture.
    pub path: PathBuf,
    /// Its mask, when there is one.
    pub mask: Option<PathBuf>,
}

/// What a data set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The folder.
    pub folder: PathBuf,
    /// Good parts.
    pub good: Vec<PathBuf>,
    /// Defective parts.
    pub defects: Vec<DefectFile>,
    /// Group of a file, by its path below `folder`; empty without `groups.csv`.
    pub groups: HashMap<PathBuf, String>,
}

impl Dataset {
    /// Lists a data set.
    ///
    /// # Errors
    /// When a folder is missing or empty, or `groups.csv` cannot be read.
    pub fn open(folder: &Path) -> Result<Self, AppError> {
        if !folder.is_dir() {
            return Err(AppError::FolderMissing { path: folder.to_owned() });
        }
        let good = pictures_in(&folder.join("good"))?;
        let mut defects = Vec::new();
        for kind_folder in folders_in(&folder.join("defect"))? {
            let kind = file_name(&kind_folder);
            for path in pictures_in(&kind_folder)? {
                let stem = path.file_stem().unwrap_or_default();
                let mask = folder.join("masks").join(&kind).join(stem).with_extension("png");
                defects.push(DefectFile { kind: kind.clone(), mask: mask.is_file().then_some(mask), path });
            }
        }
        let groups = read_groups(&folder.join("groups.csv"))?;
        Ok(Self { folder: folder.to_owned(), good, defects, groups })
    }

    /// The split that measures honestly: by group when there are groups.
    pub fn default_split(&self) -> DatasetSplit {
        if self.groups.is_empty() { DatasetSplit::Random } else { DatasetSplit::Group }
    }

    /// The group of a part: its own path where it has none, or where pictures are divided at random.
    pub fn group_of(&self, path: &Path, how: DatasetSplit) -> String {
        let below = path.strip_prefix(&self.folder).unwrap_or(path);
        let named = match how {
            DatasetSplit::Group => self.groups.get(below).cloned(),
            DatasetSplit::Random => None,
        };
        named.unwrap_or_else(|| below.to_string_lossy().into_owned())
    }

    /// Good parts to learn from, and good parts to test on.
    pub fn divide(&self, how: DatasetSplit, seed: u64) -> (FolderSource, Vec<PathBuf>) {
        let group_of = |path: &PathBuf| self.group_of(path, how);
        let with_defect: HashSet<String> = match how {
            DatasetSplit::Group => self.defects.iter().map(|defect| group_of(&defect.path)).collect(),
            DatasetSplit::Random => HashSet::new(),
        };
        let (tainted, clean): (Vec<PathBuf>, Vec<PathBuf>) =
            self.good.iter().cloned().partition(|path| with_defect.contains(&group_of(path)));
        let test_share = match how {
            // A small project's few good parts are halved: both sides need some.
            _ if clean.len() < 100 => 0.5,
            DatasetSplit::Group => TEST_SHARE_BY_GROUP,
            DatasetSplit::Random => TEST_SHARE_RANDOM,
        };
        let groups: Vec<String> = clean.iter().map(&group_of).collect();
        let sides = split::by_group(&groups, &[1.0 - test_share, test_share], seed);
        let (mut learn, mut test) = (Vec::new(), tainted);
        for (path, side) in clean.into_iter().zip(sides) {
            if side == 0 {
                let group = group_of(&path);
                learn.push((path, group));
            } else {
                test.push(path);
            }
        }
        (FolderSource::of(learn), test)
    }
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    let failed = |detail: String| AppError::Dataset { path: folder.to_owned(), detail };
    let entries =
        std::fs::read_dir(folder).map_err(|error| failed(format!("it needs good/ and defect/<type>/, but {error}")))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(error.to_string()))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() { Err(failed("it holds no folder of a defect type".to_owned())) } else { Ok(found) }
}

/// `file,group` with a header, files as paths below the data set; other columns are left alone.
fn read_groups(path: &Path) -> Result<HashMap<PathBuf, String>, AppError> {
    if !path.is_file() {
        return Ok(HashMap::new());
    }
    let failed = |detail: String| AppError::Dataset { path: path.to_owned(), detail };
    let mut reader = csv::Reader::from_path(path).map_err(|error| failed(error.to_string()))?;
    let headers = reader.headers().map_err(|error| failed(error.to_string()))?.clone();
    let column = |names: &[&str]| headers.iter().position(|header| names.contains(&header.trim()));
    let file = column(&["file", "path", "name"]).ok_or_else(|| failed("it has no column `file`".to_owned()))?;
    let group = column(&["group"]).ok_or_else(|| failed("it has no column `group`".to_owned()))?;
    let mut groups = HashMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| failed(error.to_string()))?;
        if let (Some(file), Some(group)) = (row.get(file), row.get(group)) {
            groups.insert(PathBuf::from(file), group.to_owned());
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_set(groups: &str) -> (tempfile::TempDir, Dataset) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["good", "defect/pit", "masks/pit"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for i in 0..200 {
            std::fs::write(dir.path().join(format!("good/{i:03}.png")), b"x").unwrap();
        }
        std::fs::write(dir.path().join("defect/pit/000.png"), b"x").unwrap();
        std::fs::write(dir.path().join("masks/pit/000.png"), b"x").unwrap();
        if !groups.is_empty() {
            std::fs::write(dir.path().join("groups.csv"), groups).unwrap();
        }
        let data = Dataset::open(dir.path()).unwrap();
        (dir, data)
    }

    #[test]
    fn groups_stay_on_one_side_and_groups_with_a_defect_are_tested() {
        let mut csv = "file,exposure,group\ndefect/pit/000.png,0,7\n".to_owned();
        (0..200).for_each(|i| csv.push_str(&format!("good/{i:03}.png,0,{}\n", i / 4)));
        let (_dir, data) = data_set(&csv);
        assert_eq!(data.default_split(), DatasetSplit::Group);
        let (learn, test) = data.divide(DatasetSplit::Group, 1);
        assert_eq!(learn.paths().len() + test.len(), 200);
        let group = |path: &Path| path.file_stem().unwrap().to_str().unwrap().parse::<u32>().unwrap() / 4;
        let learned: HashSet<u32> = learn.paths().iter().map(|path| group(path)).collect();
        let tested: HashSet<u32> = test.iter().map(|path| group(path)).collect();
        assert!(learned.is_disjoint(&tested));
        assert!(tested.contains(&7), "the same tile has a defect");
    }

    #[test]
    fn without_groups_the_split_is_random_and_masks_are_found() {
        let (_dir, data) = data_set("");
        assert_eq!(data.default_split(), DatasetSplit::Random);
        assert_eq!(data.divide(DatasetSplit::Random, 1).1.len(), 40);
        assert!(data.defects[0].mask.is_some());
    }

    #[test]
    fn a_folder_that_is_no_data_set_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Dataset::open(dir.path()), Err(AppError::FolderMissing { .. })));
        std::fs::create_dir(dir.path().join("good")).unwrap();
        std::fs::write(dir.path().join("good/a.png"), b"x").unwrap();
        let error = Dataset::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("defect/<type>/"), "{error}");
    }
}
