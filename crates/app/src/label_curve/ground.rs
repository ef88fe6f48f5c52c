//! What the points of a curve are made of and measured on.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sightline_core::Recipe;
use sightline_model::{Artefact, DeviceInfo, Judge};
use sightline_train::{
    Beginning, Evaluated, FineTuneConfig, FineTuneRequest, LabelledSource, TrainError, fine_tune,
    remove_fine_tune_checkpoint,
};

use super::files::LabelledFiles;
use super::{LabelCurveProgress, LabelPoint};
use crate::dataset::DefectFile;
use crate::evaluation::Tested;
use crate::learning::{LoadedModel, now_millis};
use crate::{AppError, Dataset, FolderSource};

/// What every point is made of and measured on.
pub(super) struct Ground<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) source: &'a FolderSource,
    pub(super) test_good: Vec<PathBuf>,
    pub(super) tested: Vec<&'a DefectFile>,
    pub(super) recipe: &'a Recipe,
    pub(super) device: DeviceInfo,
    pub(super) out: &'a Path,
}

impl Ground<'_> {
    /// The first of the defects that may be labelled, a class left out.
    pub(super) fn labelled(&self, to_label: &[&DefectFile], labels: usize, left_out: Option<&str>) -> LabelledFiles {
        let files = to_label.iter().filter(|defect| Some(defect.kind.as_str()) != left_out).take(labels);
        LabelledFiles { folder: self.dataset.folder.clone(), files: files.copied().cloned().collect() }
    }

    /// Learns from labels, and measures what came of it. The `run` is the which of how many.
    pub(super) fn taught(
        &self,
        base: &Artefact,
        (labels, labelled, left_out): (usize, LabelledFiles, Option<String>),
        config: &FineTuneConfig,
        (number, runs): (usize, usize),
        report: &mut dyn FnMut(LabelCurveProgress) -> ControlFlow<()>,
    ) -> Result<LabelPoint, AppError> {
        let started = std::time::Instant::now();
        let pretrained = config.beginning == Beginning::Pretrained;
        let begun = if pretrained { "" } else { "-random" };
        let without = left_out.as_ref().map_or_else(String::new, |class| format!("-without-{class}"));
        let name = format!("labels-{labels}{begun}{without}");
        let checkpoint = self.out.join(&name);
        let request = FineTuneRequest {
            base,
            config,
            source: self.source,
            labelled: &labelled,
            confirmed: None,
            device: &self.device,
            checkpoint: Some(&checkpoint),
            glances: None,
        };
        let tuned = fine_tune(&request, &mut |progress| report(LabelCurveProgress::Run(number, runs, progress)))?;
        let seconds = started.elapsed().as_secs_f64();
        if report(LabelCurveProgress::Testing(number, runs)).is_break() {
            return Err(TrainError::Cancelled.into());
        }
        let figures = self.test(&tuned.artefact, &name)?;
        // It goes on inside a training that was stopped; where the file stays, it is only in the way.
        let _ = remove_fine_tune_checkpoint(&checkpoint);
        let learned = tuned.artefact.card.known.as_ref().map_or(0, |known| known.made.defects);
        Ok(LabelPoint { labelled: labelled.count(), learned, pretrained, left_out, figures, seconds })
    }

    /// A model's figures on the parts for testing; their scores go into a folder of this name.
    pub(super) fn test(&self, artefact: &Artefact, name: &str) -> Result<Evaluated, AppError> {
        let model = loaded(artefact, &self.device)?;
        let folder = self.out.join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| AppError::FolderNotWritable { path: folder.clone(), detail: error.to_string() })?;
        let mut counted = Tested::new(self.recipe.input, self.recipe.region, &folder)?;
        for path in &self.test_good {
            counted.part(&model, &self.dataset.folder, path, None)?;
        }
        for defect in &self.tested {
            counted.part(&model, &self.dataset.folder, &defect.path, Some(defect))?;
        }
        counted.finish()
    }
}

fn loaded(artefact: &Artefact, device: &DeviceInfo) -> Result<LoadedModel, AppError> {
    let judge = Judge::load(artefact, device)?;
    let id = blake3::hash(&artefact.to_bytes()?).to_hex().to_string();
    let card = artefact.card.clone();
    Ok(LoadedModel { id, made_millis: now_millis(), card, judge, spare: None, lost: None })
}
