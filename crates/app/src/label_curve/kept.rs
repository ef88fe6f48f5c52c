//! What a curve has measured so far: one that was stopped goes on, and one with more counts measures only those.

use std::path::{Path, PathBuf};

use sightline_core::Recipe;
use sightline_model::Artefact;

use super::{LabelCurveSettings, LabelPoint};
use crate::AppError;
use crate::folder::{hash_files, hash_sizes, write_whole};

/// The points and the model that all of them begin with, in files that are named by what they are of: those of other
/// settings, pictures or programs stay where they are and are not taken for these.
pub(super) struct Kept {
    base: PathBuf,
    points: PathBuf,
    written: Vec<LabelPoint>,
}

impl Kept {
    /// What an earlier call left in the folder.
    pub(super) fn open(folder: &Path, base_is_of: &str, points_are_of: &str) -> Self {
        let named = |what: &str, of: &str, ending: &str| folder.join(format!("{what}-{:.16}.{ending}", of));
        let points = named("points", points_are_of, "json");
        let written = std::fs::read(&points).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { base: named("good-alone", base_is_of, "sightline"), points, written: written.unwrap_or_default() }
    }

    /// The model that learned from good parts alone, if it is there.
    pub(super) fn base(&self) -> Option<Artefact> {
        Artefact::from_bytes(&std::fs::read(&self.base).ok()?).ok()
    }

    /// Keeps it.
    pub(super) fn keep_base(&self, base: &Artefact) -> Result<(), AppError> {
        write_whole(&self.base, &base.to_bytes()?)
    }

    /// A point that was measured: labels, pretrained or not, class left out.
    pub(super) fn point(&self, wanted: (usize, bool, Option<&str>)) -> Option<LabelPoint> {
        let is_it = |point: &&LabelPoint| (point.labelled, point.pretrained, point.left_out.as_deref()) == wanted;
        self.written.iter().find(is_it).cloned()
    }

    /// Keeps a point, and gives it back.
    pub(super) fn keep(&mut self, point: LabelPoint) -> Result<LabelPoint, AppError> {
        self.written.push(point.clone());
        let failed = |error: serde_json::Error| {
            let (step, path) = ("writing", self.points.clone());
            AppError::File { step, path, source: error.into() }
        };
        write_whole(&self.points, &serde_json::to_vec_pretty(&self.written).map_err(failed)?)?;
        Ok(point)
    }
}

/// What tells the models apart that curves begin with: settings, pictures, devices, and the program, which may have
/// changed since.
pub(super) fn base_identity<'a>(
    LabelCurveSettings { evaluation, .. }: &LabelCurveSettings,
    devices: &[&str],
    recipe: &Recipe,
    used: impl Iterator<Item = &'a PathBuf>,
) -> Result<String, AppError> {
    let mut hasher = blake3::Hasher::new();
    let settings = serde_json::json!([evaluation.config, devices, format!("{recipe:?}")]);
    hasher.update(settings.to_string().as_bytes());
    hash_files(&mut hasher, evaluation.config.start_weights.iter())?;
    hash_sizes(&mut hasher, used)?;
    if let Ok(program) = std::env::current_exe().and_then(std::fs::metadata) {
        hasher.update(format!("{} {:?}", program.len(), program.modified().ok()).as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}
