//! What there is to learn from labels, and what is missing for it.

use sightline_core::LabelUse;
use sightline_store::{KnownModel, Store};
use sightline_train::{MIN_LABELS, MIN_PARTS};

use crate::{AppError, Line, TrialReport, pictures_in};

/// What a retraining run would learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Pictures in the folder of good parts.
    pub good_parts: usize,
    /// Labelled parts.
    pub labels: LabelledParts,
    /// Parts about which something was said since the live model was made.
    pub new_labels: u64,
    /// Labelled defects of each class.
    pub classes: Vec<(String, usize)>,
    /// What is missing, and how much of it.
    pub missing: Vec<(Missing, usize)>,
    /// The newest challenger.
    pub last: Option<KnownModel>,
}

/// Labelled parts by what is said of them, and by what they are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct LabelledParts {
    pub defects: usize,
    pub good: usize,
    pub training: usize,
    pub calibration: usize,
    pub test: usize,
}

/// Something of which a retraining run needs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Labelled defects to learn from.
    Defects,
    /// Pictures of good parts.
    Good,
    /// Labelled defects that are held out for the trial.
    Test,
    /// A model that judges.
    Model,
}

/// Looks at the line's labels and good parts.
///
/// # Errors
/// When the database cannot be read.
pub fn training_of(line: &Line, store: &Store) -> Result<Training, AppError> {
    let (classes, live) = (store.classes()?, store.live_model()?);
    let mut labels = LabelledParts::default();
    let mut counts = vec![0; classes.len()];
    let (mut to_learn, mut to_try) = (0, 0);
    let known = store.known_models()?;
    let labels_until = known.iter().find(|known| known.live).map_or(0, labels_until);
    for part in store.labelled(None)?.iter().filter(|part| part.label.is_good() || part.label.is_defect()) {
        let defect = part.label.is_defect();
        *(if defect { &mut labels.defects } else { &mut labels.good }) += 1;
        let (used, defects) = match part.used {
            LabelUse::Training => (&mut labels.training, Some(&mut to_learn)),
            LabelUse::Calibration => (&mut labels.calibration, None),
            LabelUse::Test => (&mut labels.test, Some(&mut to_try)),
        };
        *used += 1;
        if let Some(defects) = defects.filter(|_| defect) {
            *defects += 1;
        }
        let of_part = part.label.classes();
        classes.iter().zip(&mut counts).filter(|(class, _)| of_part.contains(&class.id)).for_each(|(_, n)| *n += 1);
    }
    // A folder that is gone or empty is one without good parts.
    let good_parts = pictures_in(&line.settings.good_folder).map_or(0, |pictures| pictures.len());
    let missing = [
        (Missing::Model, usize::from(live.is_none())),
        (Missing::Good, MIN_PARTS.saturating_sub(good_parts)),
        (Missing::Defects, MIN_LABELS.saturating_sub(to_learn)),
        (Missing::Test, 1_usize.saturating_sub(to_try)),
    ];
    Ok(Training {
        good_parts,
        labels,
        new_labels: store.labels_since(labels_until)?,
        classes: classes.into_iter().map(|class| class.name).zip(counts).collect(),
        missing: missing.into_iter().filter(|(_, count)| *count > 0).collect(),
        last: known.into_iter().find(|known| known.trial.is_some()),
    })
}

/// When the list of labels was frozen that a model has learned from, in milliseconds since 1970. One that has no trial on
/// this line has learned from none of its labels.
fn labels_until(known: &KnownModel) -> i64 {
    let report = known.trial.as_ref().map(|trial| TrialReport::from_json(&trial.report_json));
    // A report of earlier versions does not tell.
    let until = report.map(|report| report.map(|report| report.labels_until).filter(|until| *until > 0));
    until.map_or(0, |until| until.unwrap_or(known.row.made_millis))
}
