//! Champion and challenger, and what was learned without a class, on labelled parts that none of them learned from.

use std::collections::HashSet;

use sightline_core::gate::{LeftOut, LeftOutVerdict, NotLeftOut, PairedVerdict, Trial};
use sightline_core::{LearnProgress, LearnStage, Scored, Verdict};
use sightline_image::{Frame, Input};
use sightline_model::{Artefact, DeviceInfo, Judge, ModelError};
use sightline_train::{Labelled, LabelledSource, Report, TrainError, Truth};

use crate::AppError;
use crate::labelled::LineLabels;

/// Labelled parts that nothing learned from, and where they are judged.
pub(super) struct Bench<'a> {
    pub(super) test: &'a LineLabels,
    /// Contents of the folder of good parts: a part whose very picture lies there was learned from after all.
    pub(super) learned: &'a HashSet<String>,
    pub(super) device: &'a DeviceInfo,
    pub(super) seed: u64,
}

impl Bench<'_> {
    /// Both models on all of the parts, and how many of these are defective and good. A part that one of them cannot align is
    /// not judged by it, as on the line: neither found nor kept. A good part with an ignored area is no test of the whole.
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
            let Some(Labelled { sample, truth }) = self.unlearned(index) else { continue };
            let defective = match truth {
                Truth::Good { ignored: Some(_) } => continue,
                Truth::Good { ignored: None } => false,
                Truth::Defective { .. } => true,
            };
            let said = |judge: &Judge| -> Result<_, AppError> {
                let Some(input) = prepared(judge, &sample.frame)? else { return Ok(None) };
                Ok(judge
                    .score(&[input])?
                    .pop()
                    .map(|scored| [scored.score, as_novel(&scored)].map(|of| rejects(judge, of))))
            };
            let (old, new) = (said(&judges[0])?, said(&judges[1])?);
            if old.is_none() && new.is_none() {
                continue;
            }
            let [champion_rejects, champion_rejects_as_novel] = old.unwrap_or([!defective; 2]);
            let [challenger_rejects, challenger_rejects_as_novel] = new.unwrap_or([!defective; 2]);
            verdicts.push(PairedVerdict {
                defective,
                champion_rejects,
                challenger_rejects,
                champion_rejects_as_novel,
                challenger_rejects_as_novel,
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
                let Some(Labelled { sample, .. }) = self.unlearned(index) else { continue };
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

    /// A part of the test. None when its picture is gone or damaged, which neither model can judge, or was learned from.
    fn unlearned(&self, index: usize) -> Option<Labelled> {
        self.test.load(index).ok().filter(|labelled| !self.learned.contains(&labelled.sample.content_hash))
    }
}

/// What a model's novel half alone says: all of the model where it never saw a label.
fn as_novel(scored: &Scored) -> f64 {
    scored.known.as_ref().map_or(scored.novel, |known| known.novel_evidence)
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
