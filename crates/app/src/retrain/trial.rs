//! Champion and challenger, and what was learned without a class, on labelled parts that none of them learned from.

use sightline_core::gate::{LeftOut, LeftOutVerdict, NotLeftOut, PairedVerdict, Trial};
use sightline_core::{LearnProgress, LearnStage, Verdict};
use sightline_image::{Frame, Input};
use sightline_model::{Artefact, DeviceInfo, Judge, ModelError};
use sightline_train::{Labelled, LabelledSource, Report, TrainError, Truth};

use crate::AppError;
use crate::labelled::LineLabels;

/// Labelled parts that nothing learned from, and where they are judged.
pub(super) struct Bench<'a> {
    pub(super) test: &'a LineLabels,
    pub(super) device: &'a DeviceInfo,
    pub(super) seed: u64,
}

impl Bench<'_> {
    /// Both models on all of the parts, and how many of these are defective and good.
    pub(super) fn try_out(
        &self,
        [champion, challenger]: [&Artefact; 2],
        left_out: Result<LeftOut, NotLeftOut>,
        report: Report<'_>,
    ) -> Result<(Trial, [usize; 2]), AppError> {
        let judges = [Judge::load(champion, self.device)?, Judge::load(challenger, self.device)?];
        let mut verdicts = Vec::new();
        for index in 0..self.test.count() {
            trying(index + 1, self.test.count(), report)?;
            // A picture that is gone or damaged can be judged by neither.
            let Ok(labelled) = self.test.load(index) else { continue };
            let score = |judge: &Judge| -> Result<_, AppError> {
                let Some(input) = prepared(judge, &labelled.sample.frame)? else { return Ok(None) };
                Ok(judge.score(&[input])?.pop())
            };
            let (Some(old), Some(new)) = (score(&judges[0])?, score(&judges[1])?) else { continue };
            let as_novel = new.known.as_ref().map_or(new.novel, |known| known.novel_evidence);
            verdicts.push(PairedVerdict {
                defective: labelled.truth != Truth::Good,
                champion_rejects: rejects(&judges[0], old.score),
                challenger_rejects: rejects(&judges[1], new.score),
                challenger_rejects_as_novel: rejects(&judges[1], as_novel),
            });
        }
        let promises = [0, 1].map(|which: usize| judges[which].calibration().promise().is_some());
        let defects = verdicts.iter().filter(|part| part.defective).count();
        Ok((Trial::of(&verdicts, left_out, promises, self.seed), [defects, verdicts.len() - defects]))
    }

    /// What was learned without each class on the defects of that class, beside what was learned from good parts alone.
    pub(super) fn try_without(
        &self,
        base: &Artefact,
        left_out: &sightline_train::LeftOut,
        report: Report<'_>,
    ) -> Result<Result<LeftOut, NotLeftOut>, AppError> {
        let good_alone = Judge::load(&left_out.good_alone(base), self.device)?;
        let of_classes = self.test.parts_of_one_class();
        let mut classes = Vec::with_capacity(left_out.without.len());
        for without in &left_out.without {
            let judge = Judge::load(&without.artefact(base), self.device)?;
            let parts = of_classes.get(&without.class).map_or(&[][..], Vec::as_slice);
            let mut verdicts = Vec::with_capacity(parts.len());
            for (done, &index) in parts.iter().enumerate() {
                trying(done + 1, parts.len(), report)?;
                let Ok(Labelled { sample, .. }) = self.test.load(index) else { continue };
                let found = |judge: &Judge| -> Result<_, AppError> {
                    let Some(input) = prepared(judge, &sample.frame)? else { return Ok(None) };
                    let scored = judge.score(&[input])?.pop();
                    Ok(scored.map(|scored| rejects(judge, scored.score)))
                };
                if let (Some(good_alone_rejects), Some(without_class_rejects)) = (found(&good_alone)?, found(&judge)?) {
                    verdicts.push(LeftOutVerdict { good_alone_rejects, without_class_rejects });
                }
            }
            classes.push((without.class.clone(), verdicts));
        }
        Ok(LeftOut::of(&classes, self.seed).ok_or(NotLeftOut::TooFewLabels))
    }
}

/// A part as a judge sees it; none when it cannot be aligned, which is no verdict of either model.
pub(crate) fn prepared(judge: &Judge, frame: &Frame) -> Result<Option<Input>, AppError> {
    match judge.prepare(frame) {
        Err(ModelError::NotAligned(_)) => Ok(None),
        prepared => Ok(Some(prepared?)),
    }
}

fn rejects(judge: &Judge, score: f64) -> bool {
    judge.limits().decide(score) == Verdict::Reject
}

/// Reports that a part is tried.
pub(crate) fn trying(done: usize, total: usize, report: Report<'_>) -> Result<(), TrainError> {
    let trying = LearnProgress {
        stage: LearnStage::Calibrate,
        done: done as u64,
        total: total as u64,
        seconds_left: None,
        loss: None,
        health: None,
        looks: 0,
        warnings: Vec::new(),
    };
    if report(trying).is_break() { Err(TrainError::Cancelled) } else { Ok(()) }
}
