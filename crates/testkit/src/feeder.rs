//! The feeder stands for the camera: it puts one part after another into the watched folder, each under a hidden name
//! until it is whole, as a careful camera driver does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::dataset::{create_folder, write_png};
use crate::defect::DefectKind;
use crate::error::TestkitError;
use crate::generator::PartGenerator;

/// Writes the parts of a generator's stream into a folder.
#[derive(Debug, Clone)]
pub struct Feeder {
    generator: PartGenerator,
    dir: PathBuf,
    defect_rate: f64,
    next: u64,
}

/// A part that the feeder wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FedPart {
    /// Its number in the stream.
    pub index: u64,
    /// The file.
    pub path: PathBuf,
    /// The defect on it; none when it is good.
    pub truth: Option<DefectKind>,
}

impl Feeder {
    /// A feeder into `dir`, which is made when it is missing. The first part has number 0.
    pub fn new(generator: PartGenerator, dir: &Path, defect_rate: f64) -> Result<Self, TestkitError> {
        create_folder(dir)?;
        Ok(Self { generator, dir: dir.into(), defect_rate, next: 0 })
    }

    /// The same feeder, but its next part has number `index`: a restarted line goes on where it stopped.
    pub fn starting_at(self, index: u64) -> Self {
        Self { next: index, ..self }
    }

    /// Writes the next part as `fed-00000000.png` and on.
    pub fn write_next(&mut self) -> Result<FedPart, TestkitError> {
        let index = self.next;
        let part = self.generator.stream_part(index, self.defect_rate);
        let name = format!("fed-{index:08}.png");
        let (path, unfinished) = (self.dir.join(&name), self.dir.join(format!(".{name}.part")));
        write_png(&unfinished, part.picture.into())?;
        fs::rename(&unfinished, &path).map_err(|source| TestkitError::Rename {
            from: unfinished,
            to: path.clone(),
            source,
        })?;
        self.next += 1;
        Ok(FedPart { index, path, truth: part.truth })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_the_stream_and_leave_no_unfinished_file() {
        let dir = tempfile::tempdir().unwrap();
        let generator = PartGenerator::new(8, 64);
        let watched = dir.path().join("watched");
        let mut feeder = Feeder::new(generator.clone(), &watched, 0.5).unwrap().starting_at(40);
        let fed: Vec<FedPart> = (0..6).map(|_| feeder.write_next().unwrap()).collect();
        for (part, index) in fed.iter().zip(40..) {
            let expected = generator.stream_part(index, 0.5);
            assert_eq!((part.index, part.truth), (index, expected.truth));
            assert_eq!(image::open(&part.path).unwrap().into_rgb8(), expected.picture);
        }
        assert_eq!(fs::read_dir(&watched).unwrap().count(), 6);
    }

    #[test]
    fn a_vanished_folder_is_an_error_and_the_part_is_not_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let watched = dir.path().join("watched");
        let mut feeder = Feeder::new(PartGenerator::new(8, 64), &watched, 0.0).unwrap();
        fs::remove_dir(&watched).unwrap();
        assert!(matches!(feeder.write_next(), Err(TestkitError::Write { .. })));
        fs::create_dir(&watched).unwrap();
        assert_eq!(feeder.write_next().unwrap().index, 0);
    }
}
