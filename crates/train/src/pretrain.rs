//! The pretraining run: steps until all are done, then the statistics of the network that judges.

use burn::module::Module;
use sightline_core::{LearnStage, LearnWarning, PictureSize};
use sightline_image::Input;
use sightline_model::{DeviceInfo, Network, Start, batch_tensor, guarded};

use crate::TrainError;
use crate::batches::Drawer;
use crate::checkpoint::{Checkpoints, Found};
use crate::glance::Glances;
use crate::hardware::{Hardware, learner_on};
use crate::memory::{Plan, plan};
use crate::pace::Pace;
use crate::precision;
use crate::training::Training;

/// A trained network and the loss it ended with.
pub(crate) struct Pretrained {
    pub(crate) network: Network,
    /// Mean over the last tenth of the steps.
    pub(crate) final_loss: f64,
    /// In which precision steps were computed at the end.
    pub(crate) precision: &'static str,
}

/// What a run leaves beside its model.
pub(crate) struct Kept<'a> {
    /// To go on from after a cancel or a crash.
    pub(crate) checkpoints: Option<&'a Checkpoints>,
    /// For people who watch it.
    pub(crate) glances: Option<Glances>,
}

/// Trains from the start, or goes on from a checkpoint of the same run.
pub(crate) fn pretrain(
    start: &Start,
    drawer: &Drawer<'_>,
    (device, beside): (&DeviceInfo, &[DeviceInfo]),
    Kept { checkpoints, mut glances }: Kept<'_>,
    pace: &mut Pace<'_>,
) -> Result<Pretrained, TrainError> {
    let Plan { at_once, recompute } = plan(&start.network, drawer, 1 + beside.len());
    let hardware = Hardware { main: device, beside, recompute };
    let mut training = Training::new(start, drawer, &hardware, at_once)?;
    let total = drawer.config.steps + SETTLING_PASSES;
    let found = checkpoints.map_or(Found::Nothing, |checkpoints| checkpoints.resume(&mut training, &hardware));
    // A checkpoint that was not taken up, or could not be written: a run does not end for that, but says so.
    let mut not_written = None;
    let refused = match found {
        Found::Refused(reason) => Some(LearnWarning::CheckpointRefused(reason)),
        Found::Resumed(done) => {
            pace.goes_on(LearnStage::Pretrain, done, total);
            None
        }
        Found::Nothing => None,
    };
    pace.warnings.extend(refused.clone());
    pace.begins(LearnStage::Pretrain, training.done(), total, device)?;
    training.choose_precision(drawer, &hardware)?;
    drawer.run(training.done(), |batches| {
        for batch in batches.iter() {
            let loss = training.step(&batch?, drawer, &hardware)?;
            let done = training.done();
            if let Some(glances) = &mut glances {
                pace.looks = glances.look(|| training.network().valid(), device);
            }
            pace.health = training.monitor.health.map(Into::into);
            pace.warnings = [&refused, &not_written].into_iter().flatten().cloned().collect();
            pace.warnings.extend(training.monitor.warning());
            pace.warnings.extend(training.left_half_at.map(|step| LearnWarning::SinglePrecision(step as u64 + 1)));
            let told = pace.report(LearnStage::Pretrain, done, total, Some(loss));
            let last = told.is_err() || done == drawer.config.steps;
            if let Some(checkpoints) = checkpoints.filter(|checkpoints| last || checkpoints.due(done)) {
                let written = checkpoints.write(&training, device);
                not_written = written.err().map(|error| LearnWarning::CheckpointNotWritten(error.to_string()));
            }
            told?;
        }
        Ok::<(), TrainError>(())
    })??;
    let final_loss = training.final_loss();
    // Whole parts take more memory than the pieces that a step may have learned from.
    let pieces = f64::from(drawer.config.drawn_share).powi(2);
    let whole_at_once = ((training.at_once as f64 * pieces) as usize).max(1);
    let trained = training.network().clone();
    // Without gradients: a graph that is never walked back would be kept, pass after pass.
    let trained = learner_on(&trained, &device.device.clone().autodiff()).no_grad();
    for pass in 0..SETTLING_PASSES {
        for parts in drawer.whole_parts(pass)?.chunks(whole_at_once) {
            settle_statistics(&trained, parts, drawer.preprocess.shown(), device)?;
        }
        pace.report(LearnStage::Pretrain, drawer.config.steps + pass + 1, total, None)?;
    }
    Ok(Pretrained { network: trained.valid(), final_loss, precision: precision::name(training.precision) })
}

/// Passes over good parts that settle the running statistics; with momentum 0.1 the views' share falls below 4 %.
const SETTLING_PASSES: usize = 32;

/// Lets batch norm's running statistics see whole good parts. During training they also saw the smaller views of the
/// contrastive term, but parts are judged whole (compare "Precise BN", arXiv 2105.07576).
fn settle_statistics(
    network: &Network,
    parts: &[Input],
    size: PictureSize,
    device: &DeviceInfo,
) -> Result<(), TrainError> {
    let training = device.device.clone().autodiff();
    guarded(&device.id, "settling the statistics", || network.defects(batch_tensor(parts, size, &training)))?;
    Ok(())
}
