//! Defective files of a data set as labels.

use std::path::{Path, PathBuf};

use sightline_core::Channels;
use sightline_image::{DecodeLimits, Preprocess, decode, read_file};
use sightline_train::{Labelled, LabelledSource, Mark, Marks, Sample, Truth};

use crate::capture::capture;
use crate::dataset::DefectFile;
use crate::evaluation::{MASK_THRESHOLD, MAX_MASK_BYTES};

/// Defects of a data set as labels: the folder is the class, the mask says where.
pub(super) struct LabelledFiles {
    pub(super) folder: PathBuf,
    pub(super) files: Vec<DefectFile>,
}

impl LabelledSource for LabelledFiles {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn name(&self, index: usize) -> String {
        let path = &self.files[index].path;
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        let DefectFile { kind, path, mask } = &self.files[index];
        let captured = capture(path);
        let frame = captured.frame.map_err(|(_, detail)| format!("{}: {detail}", path.display()))?;
        let marks = mask.as_deref().map(read_marks).transpose()?;
        let sample = Sample { frame, content_hash: captured.content_hash.unwrap_or_default() };
        Ok(Labelled { sample, truth: Truth::Defective { class: Some(kind.clone()), marks } })
    }
}

/// A mask picture as marks: bright is defective.
fn read_marks(path: &Path) -> Result<Marks, String> {
    let failed = |detail: String| format!("{}: {detail}", path.display());
    let bytes = read_file(path, MAX_MASK_BYTES).map_err(|error| failed(error.to_string()))?;
    let frame = decode(&bytes, &DecodeLimits::default()).map_err(|error| failed(error.to_string()))?;
    let size = frame.size();
    let preprocess = Preprocess::whole(size, Channels::Grey);
    let mark = |&value: &f32| if value > MASK_THRESHOLD { Mark::Defect } else { Mark::Good };
    Ok(Marks { size, values: preprocess.apply_as(&frame, None).values.iter().map(mark).collect() })
}
