//! The half of a model that labels train: its first weights, its steps, and evidence on the scale of how seldom a good
//! part says as much.

use burn::module::Module;
use sightline_core::{HeatMap, Scored, Tail};
use sightline_image::{Input, Normalise, Preprocess, ViewPolicy};
use sightline_model::{
    Artefact, Branch, DeviceInfo, KnownCard, KnownMade, KnownNetwork, KnownScorer, RawKnown, Weights, drawn, guarded,
};

use super::BATCH;
use super::batches::Drawer;
use super::config::{Beginning, FineTuneConfig};
use super::examples::Examples;
use super::training::{Steps, Trained, train};
use crate::TrainError;
use crate::pace::Pace;

/// What all halves of a run stand on: one base model, one set of good parts.
pub(super) struct Ground<'a> {
    pub(super) base: &'a Artefact,
    pub(super) preprocess: &'a Preprocess,
    pub(super) normalise: &'a Normalise,
    pub(super) policy: ViewPolicy,
    pub(super) memory_mib: usize,
    pub(super) good: &'a [Input],
    pub(super) device: &'a DeviceInfo,
}

impl Ground<'_> {
    /// Learns from labels.
    pub(super) fn learn(
        &self,
        examples: &Examples,
        config: &FineTuneConfig,
        steps: Steps,
        pace: &mut Pace<'_>,
    ) -> Result<Trained, TrainError> {
        let Self { preprocess, normalise, policy, good, device, .. } = *self;
        let drawer = Drawer { good, examples, preprocess, normalise, policy, config };
        let start = self.start(examples, config)?;
        train(start, (&self.base.card.network, self.memory_mib), &drawer, device, steps, pace)
    }

    /// The network that labels will train, on the device.
    fn start(&self, examples: &Examples, config: &FineTuneConfig) -> Result<KnownNetwork, TrainError> {
        let Self { base, device, .. } = *self;
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

    /// Puts what was trained on the scale of good parts that neither half learned from: `parts`, of which the novel half
    /// says `novel`.
    pub(super) fn fit(
        &self,
        trained: Trained,
        (classes, config, made): (&[String], &FineTuneConfig, KnownMade),
        parts: &[Input],
        novel: &[Scored],
    ) -> Result<Half, TrainError> {
        let scorer = KnownScorer::new(&self.base.card.network, &trained.network, self.preprocess.clone(), self.device)?;
        let mut known = Vec::new();
        for batch in parts.chunks(BATCH) {
            known.extend(scorer.raw(batch)?);
        }
        let card = known_card(novel, &known, classes, (config, made));
        Ok(Half { card, scorer, network: trained.network })
    }
}

/// A trained half.
pub(super) struct Half {
    pub(super) card: KnownCard,
    pub(super) scorer: KnownScorer,
    network: KnownNetwork,
}

impl Half {
    /// What a model file keeps of it.
    pub(super) fn into_parts(self, device: &DeviceInfo) -> Result<(KnownCard, Weights), TrainError> {
        let weights = guarded(&device.id, "reading the weights", || Weights::of(&self.network.valid()))?;
        Ok((self.card, weights))
    }
}

/// How evidence is read, from good parts that neither half learned from.
fn known_card(
    novel: &[Scored],
    known: &[RawKnown],
    classes: &[String],
    (config, made): (&FineTuneConfig, KnownMade),
) -> KnownCard {
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
    card
}
