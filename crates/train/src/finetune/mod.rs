//! Learning from labels: beside the network that knows good parts alone, a copy of it learns the labelled defects. The
//! first stays as it was, so what nobody labelled is found as before; the stronger of both decides, and the limit of the
//! promise is set anew on good parts that neither saw.

mod batches;
mod config;
mod confirmed;
mod examples;
mod labelled;
mod loss;
mod training;

use burn::module::Module;
use sightline_core::{HeatMap, LearnStage, Recipe, Scored, Tail};
use sightline_image::Input;
use sightline_model::{
    Artefact, Branch, CalibrationCard, DeviceInfo, Fusion, Judge, KnownCard, KnownMade, KnownNetwork, KnownScorer,
    ModelCard, RawJudge, RawKnown, Weights, drawn, guarded,
};

use crate::calibrate::held_out_scores;
use crate::learn::{CALIBRATE, LEARN, STANDARDISE, indices, normalised, split_good_parts};
use crate::pace::Pace;
use crate::reader::Reader;
use crate::{LearnConfig, Report, SampleSource, TrainError};
use batches::Drawer;
pub use config::{Beginning, FineTuneConfig};
pub use confirmed::label_hash;
use examples::Examples;
pub use labelled::{Labelled, LabelledSource, Mark, Marks, Truth};

/// With fewer labelled defects than this nothing is learned from them.
pub const MIN_LABELS: usize = 3;

/// Pictures that are scored at once.
const BATCH: usize = 8;

/// What to learn, from what, on what.
pub struct FineTuneRequest<'a> {
    /// The model whose novel half stays.
    pub base: &'a Artefact,
    /// Every setting.
    pub config: &'a FineTuneConfig,
    /// The good parts that the base model was made of: the very same, or the promise would be set on parts it has seen.
    pub source: &'a dyn SampleSource,
    /// The labels.
    pub labelled: &'a dyn LabelledSource,
    /// Parts of which those that were labelled good help to set the limit, beside the good parts that are held out for it.
    /// Nothing is learned from them.
    pub confirmed: Option<&'a dyn LabelledSource>,
    /// Where to train.
    pub device: &'a DeviceInfo,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct FineTuned {
    /// The model.
    pub artefact: Artefact,
    /// The good parts that the limit was set on, by their index in the source, each with its score.
    pub held_out: Vec<(usize, f64)>,
    /// Parts that were left out, each with the reason.
    pub unreadable: Vec<String>,
    /// How long each stage took.
    pub seconds: Vec<(String, f64)>,
}

/// Learns from labels.
///
/// # Errors
/// When a setting is out of range, there are too few labels, the good parts are not the base model's, the run is
/// cancelled, the loss diverges or the device fails.
pub fn fine_tune(request: &FineTuneRequest<'_>, report: Report<'_>) -> Result<FineTuned, TrainError> {
    let FineTuneRequest { base, config, source, labelled, confirmed, device } = *request;
    config.check()?;
    let card = &base.card;
    let recipe = Recipe::from(&card.recipe);
    if recipe.tiles.is_some() {
        let value = "judged in tiles".to_owned();
        return Err(TrainError::Setting { name: "parts", value, allowed: "shown whole to learn from labels" });
    }
    let preprocess = card.preprocess()?;
    let mut pace = Pace::fine_tuning(report);

    let examples = Examples::read(labelled, &preprocess, &mut pace)?;
    if examples.defects.len() < MIN_LABELS {
        return Err(TrainError::TooFewLabels { found: examples.defects.len(), needed: MIN_LABELS });
    }
    let mut reader = Reader::new(source, &preprocess);
    let GoodParts { learned, good, standardise, held_out } = GoodParts::read(base, &recipe, &mut reader, &mut pace)?;
    let normalise = card.normalise()?;
    pace.finish(LearnStage::Read);

    let policy = learned.views(&recipe);
    let drawer =
        Drawer { good: &good, examples: &examples, preprocess: &preprocess, normalise: &normalise, policy, config };
    let start = start(base, &examples, config, device)?;
    let room = (&card.network, learned.pretrain.memory_mib);
    let trained = training::train(start, room, &drawer, device, &mut pace)?;
    pace.finish(LearnStage::FineTune);

    let raw = Judge::load(
        &Artefact { known: None, card: ModelCard { known: None, ..card.clone() }, ..base.clone() },
        device,
    )?
    .into_raw();
    let scorer = KnownScorer::new(&card.network, &trained.network, preprocess.clone(), device)?;
    let made = KnownMade {
        config: serde_json::to_value(config).unwrap_or_default(),
        label_hash: confirmed.map_or_else(|| examples.hash.clone(), |parts| confirmed::hash(&examples.hash, parts)),
        defects: examples.defects.len(),
        good: examples.good.len(),
        final_loss: trained.final_loss,
    };
    let standardise = normalised(standardise, &normalise)?;
    let known = fit_known(&raw, &card.fusion, &scorer, &standardise, &examples.classes, (config, made))?;
    let both = |inputs: &[Input]| -> Result<Vec<f64>, TrainError> {
        let novel = raw.raw_scores(inputs)?.into_iter().map(|raw| card.fusion.fuse(&raw));
        Ok(novel.zip(scorer.raw(inputs)?).map(|(novel, raw)| known.join(novel, &raw).score).collect())
    };
    let held_out = held_out_scores(&raw, both, &held_out, &mut reader, 0, &mut pace)?;
    let mut scores: Vec<f64> = held_out.iter().map(|(_, score)| *score).collect();
    let mut left_out = Vec::new();
    if let Some(parts) = confirmed {
        let (confirmed, unreadable) = confirmed::scores(parts, &raw, both, &reader, &mut pace)?;
        scores.extend(confirmed);
        left_out = unreadable;
    }
    let calibration = sightline_core::Calibration::new(scores, recipe.false_reject_limit, recipe.confidence)?;
    pace.finish(LearnStage::Calibrate);

    let weights = guarded(&device.id, "reading the weights", || Weights::of(&trained.network.valid()))?;
    let calibration = CalibrationCard { scores: calibration.scores().to_vec() };
    let card = ModelCard { known: Some(known), calibration, ..card.clone() };
    let artefact = Artefact { card, known: Some(weights), ..base.clone() };
    let mut unreadable = reader.into_unreadable();
    unreadable.extend(examples.unreadable);
    unreadable.extend(left_out);
    Ok(FineTuned { artefact, held_out, unreadable, seconds: pace.seconds })
}

/// Whether a model was made of these good parts, names and contents. Reads all of them.
///
/// # Errors
/// When the reading is cancelled.
pub fn is_made_of(base: &Artefact, source: &dyn SampleSource, report: Report<'_>) -> Result<bool, TrainError> {
    let recipe = Recipe::from(&base.card.recipe);
    let preprocess = base.card.preprocess()?;
    let mut reader = Reader::new(source, &preprocess);
    match GoodParts::read(base, &recipe, &mut reader, &mut Pace::fine_tuning(report)) {
        Ok(_) => Ok(true),
        Err(TrainError::OtherParts { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The good parts of a model, on the sides that they were on when it was made.
struct GoodParts {
    learned: LearnConfig,
    good: Vec<Input>,
    standardise: Vec<Input>,
    held_out: Vec<usize>,
}

impl GoodParts {
    fn read(
        base: &Artefact,
        recipe: &Recipe,
        reader: &mut Reader<'_>,
        pace: &mut Pace<'_>,
    ) -> Result<Self, TrainError> {
        let made = &base.card.made;
        let learned: LearnConfig = serde_json::from_value(made.config.clone())
            .map_err(|error| TrainError::OtherParts { detail: format!("its settings cannot be read: {error}") })?;
        let sides = split_good_parts(recipe, &learned, reader.source());
        let (good, standardise) = reader.read(indices(&sides, LEARN), indices(&sides, STANDARDISE), &learned, pace)?;
        let held_out = indices(&sides, CALIBRATE);
        // Read for their hashes: the promise is worth nothing on parts that the base model has learned.
        held_out.iter().for_each(|&index| drop(reader.frame(index)));
        match reader.data_hash() == made.data_hash {
            true => Ok(Self { learned, good, standardise, held_out }),
            false => Err(TrainError::OtherParts { detail: "the folder of good parts has changed since".to_owned() }),
        }
    }
}

/// The network that labels will train, on the device.
fn start(
    base: &Artefact,
    examples: &Examples,
    config: &FineTuneConfig,
    device: &DeviceInfo,
) -> Result<KnownNetwork, TrainError> {
    let training = device.device.clone().autodiff();
    guarded(&device.id, "making the network", || {
        let fresh = base.card.network.init(&training);
        let network = match config.beginning {
            Beginning::Pretrained => base.weights.fill_all(fresh)?,
            Beginning::Random => fresh,
        };
        Ok::<_, TrainError>(drawn(config.seed, &training, || {
            KnownNetwork::new(network, &base.card.network, config.hidden, examples.classes.len(), &training)
        }))
    })?
}

/// How evidence is read, from good parts that neither half learned from.
fn fit_known(
    judge: &RawJudge,
    fusion: &Fusion,
    scorer: &KnownScorer,
    parts: &[Input],
    classes: &[String],
    (config, made): (&FineTuneConfig, KnownMade),
) -> Result<KnownCard, TrainError> {
    let (mut novel, mut known): (Vec<Scored>, Vec<RawKnown>) = (Vec::new(), Vec::new());
    for batch in parts.chunks(BATCH) {
        novel.extend(judge.raw_scores(batch)?.iter().map(|raw| fusion.fuse(raw)));
        known.extend(scorer.raw(batch)?);
    }
    let tail = |scores: Vec<f64>| Tail::fit(&scores).into();
    let peaks = |maps: &mut dyn Iterator<Item = &HeatMap>| tail(maps.map(|map| f64::from(map.peak())).collect());
    let branch = |of: fn(&RawKnown) -> f64| Branch::fit(&known.iter().map(of).collect::<Vec<_>>(), 1.0);
    let mut card = KnownCard {
        classes: classes.to_vec(),
        hidden: config.hidden,
        peak: branch(|raw| raw.peak),
        decision: branch(|raw| raw.decision),
        known_tail: Tail::fit(&[]).into(),
        novel_tail: tail(novel.iter().map(|scored| scored.novel).collect()),
        map_tails: [peaks(&mut novel.iter().map(|scored| &scored.map)), peaks(&mut known.iter().map(|raw| &raw.map))],
        share: config.known_share,
        made,
    };
    card.known_tail = tail(known.iter().map(|raw| card.evidence(raw)).collect());
    Ok(card)
}

#[cfg(test)]
mod tests;
