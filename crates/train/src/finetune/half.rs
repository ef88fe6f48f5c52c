//! The half of a model that labels train: its first weights, its steps, and evidence on the scale of how seldom a good
//! part says as much.

use std::path::Path;

use burn::module::Module;
use sightline_core::{Recipe, Tail};
use sightline_image::{Normalise, Preprocess, ViewPolicy};
use sightline_model::{
    Artefact, Branch, DeviceInfo, KnownCard, KnownMade, KnownNetwork, KnownScorer, Weights, drawn, guarded,
};

use super::batches::Drawer;
use super::checkpoint::Checkpoint;
use super::config::{Beginning, FineTuneConfig};
use super::examples::Examples;
use super::training::{Beside, Steps, Trained, all_steps, train};
use super::usual::{Usual, UsualKnown};
use super::window::Window;
use crate::TrainError;
use crate::pace::Pace;

/// What all halves of a run stand on: one base model, one set of good parts.
pub(super) struct Ground<'a> {
    pub(super) base: &'a Artefact,
    pub(super) preprocess: &'a Preprocess,
    pub(super) normalise: &'a Normalise,
    pub(super) policy: ViewPolicy,
    pub(super) memory_mib: usize,
    pub(super) good: &'a [Window],
    pub(super) device: &'a DeviceInfo,
}

/// One of a run's trainings.
pub(super) struct Learning<'a> {
    /// Which, from 0.
    pub(super) number: usize,
    /// Where it stands among all of them.
    pub(super) steps: Steps,
    /// File for what people see of it.
    pub(super) glances: Option<&'a Path>,
    /// What the run goes on from.
    pub(super) checkpoint: Option<&'a mut Checkpoint>,
}

impl Ground<'_> {
    /// Learns from labels, and shows what is found meanwhile; or takes what an earlier process learned.
    pub(super) fn learn(
        &self,
        examples: &Examples,
        config: &FineTuneConfig,
        Learning { number, steps, glances, mut checkpoint }: Learning<'_>,
        pace: &mut Pace<'_>,
    ) -> Result<Trained, TrainError> {
        let Self { preprocess, normalise, policy, good, device, .. } = *self;
        let drawer = Drawer { good, examples, preprocess, normalise, policy, config };
        let start = self.start(examples, config)?;
        let all = all_steps(config);
        if let Some(done) = checkpoint.as_mut().and_then(|kept| kept.done((number, all), &start, device, pace)) {
            return Ok(done);
        }
        let glances = glances.map(|path| drawer.glances(path)).transpose()?.flatten();
        let beside = Beside { steps, glances, checkpoint };
        train(start, (&self.base.card.network, self.memory_mib), &drawer, device, beside, pace)
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

    /// Makes what was trained ready to be heard.
    pub(super) fn scorer(&self, trained: &Trained) -> Result<KnownScorer, TrainError> {
        let card = &self.base.card;
        let scorer = KnownScorer::new(&card.network, &trained.network, self.preprocess.clone(), self.device)?;
        Ok(if card.all_ways { scorer.in_all_ways(Recipe::from(&card.recipe).poses) } else { scorer })
    }
}

/// A trained half.
pub(super) struct Half {
    pub(super) card: KnownCard,
    pub(super) scorer: KnownScorer,
    network: KnownNetwork,
}

impl Half {
    /// Puts the run's `which`th training on the scale of good parts that neither half learned from.
    pub(super) fn new(
        (which, trained, scorer): (usize, Trained, KnownScorer),
        (classes, config, made): (&[String], &FineTuneConfig, KnownMade),
        usual: &[Usual],
    ) -> Self {
        let novel = |of: fn(&Usual) -> f64| Tail::by_moments(&usual.iter().map(of).collect::<Vec<_>>()).into();
        let said = || usual.iter().filter_map(|usual| usual.known.get(which));
        let known = |of: fn(&UsualKnown) -> f64| said().map(of).collect::<Vec<_>>();
        let mut card = KnownCard {
            classes: classes.to_vec(),
            hidden: config.hidden,
            peak: Branch::fit(&known(|said| said.peak), 1.0),
            decision: Branch::fit(&known(|said| said.decision), 1.0),
            known_tail: Tail::fit(&[]).into(),
            novel_tail: novel(|usual| usual.novel),
            map_tails: [novel(|usual| usual.novel_map_peak), Tail::fit(&known(|said| said.map_peak)).into()],
            share: config.known_share,
            together: config.together_share,
            all_ways: scorer.looks_in_all_ways(),
            made,
        };
        let evidence: Vec<f64> = said().map(|said| card.evidence(said.peak, said.decision)).collect();
        card.known_tail = Tail::fit(&evidence).into();
        Self { card, scorer, network: trained.network }
    }

    /// What a model file keeps of it.
    pub(super) fn into_parts(self, device: &DeviceInfo) -> Result<(KnownCard, Weights), TrainError> {
        let weights = guarded(&device.id, "reading the weights", || Weights::of(&self.network.valid()))?;
        Ok((self.card, weights))
    }
}
