//! The good parts that a base model was made of, on the sides that they were on then.

use sightline_core::{LearnStage, Recipe};
use sightline_model::ModelCard;

use super::window::Window;
use crate::calibrate::StandardiseOn;
use crate::learn::{CALIBRATE, LEARN, STANDARDISE, indices, normalised, split_good_parts};
use crate::pace::Pace;
use crate::reader::{GoodInputs, Reader};
use crate::{LearnConfig, Report, SampleSource, TrainError};

/// Whether the model with this card was made of these good parts, names and contents. Reads all of them.
///
/// # Errors
/// When the reading is cancelled.
pub fn is_made_of(card: &ModelCard, source: &dyn SampleSource, report: Report<'_>) -> Result<bool, TrainError> {
    let recipe = Recipe::from(&card.recipe);
    let preprocess = card.preprocess()?;
    let mut reader = Reader::new(source, &preprocess);
    match GoodParts::read(card, &recipe, &mut reader, &mut Pace::fine_tuning(report)) {
        Ok(_) => Ok(true),
        Err(TrainError::OtherParts { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The good parts of a model, on the sides that they were on when it was made.
pub(super) struct GoodParts {
    /// The settings that it was made with, as its card says: its branches were weighed by them.
    pub(super) learned: LearnConfig,
    pub(super) good: Vec<Window>,
    pub(super) standardise: StandardiseOn,
    pub(super) held_out: Vec<usize>,
}

impl GoodParts {
    pub(super) fn read(
        card: &ModelCard,
        recipe: &Recipe,
        reader: &mut Reader<'_>,
        pace: &mut Pace<'_>,
    ) -> Result<Self, TrainError> {
        let made = &card.made;
        let learned: LearnConfig = serde_json::from_value(made.config.clone())
            .map_err(|error| TrainError::OtherParts { detail: format!("its settings cannot be read: {error}") })?;
        let sides = split_good_parts(recipe, &learned, reader.source());
        let (good, standardise) = match recipe.tiles {
            Some(_) => {
                let read = reader.read(indices(&sides, LEARN), Vec::new(), &learned, pace)?;
                (read.learn, StandardiseOn::source(&indices(&sides, STANDARDISE)))
            }
            None => {
                let GoodInputs { learn, standardise, standardised } =
                    reader.read(indices(&sides, LEARN), indices(&sides, STANDARDISE), &learned, pace)?;
                let standardise = normalised(standardise, &card.normalise()?)?;
                (learn, StandardiseOn::Prepared(standardised, standardise))
            }
        };
        let good = good.into_iter().map(|part| Window::whole(part, None)).collect();
        let held_out = indices(&sides, CALIBRATE);
        // Read for their hashes: the promise is worth nothing on parts that the base model has learned.
        let total = standardise.streamed().len() + held_out.len();
        for (done, &index) in standardise.streamed().iter().chain(&held_out).enumerate() {
            drop(reader.frame(index));
            pace.report(LearnStage::Read, done + 1, total, None)?;
        }
        match reader.data_hash() == made.data_hash {
            true => Ok(Self { learned, good, standardise, held_out }),
            false => Err(TrainError::OtherParts { detail: "the folder of good parts has changed since".to_owned() }),
        }
    }
}
