//! What to label next, which labels to look at again, and which labelled pictures are as good as the same: the rules are
//! in `core`, here the parts are looked at.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sightline_core::Record;
use sightline_core::teaching::{
    AlikeGroup, Candidate, Content, DoubtfulPart, Lesson, SaidPart, alike_groups, at_random, doubtful_parts, lessons,
};
use sightline_store::Store;
use sightline_train::TrainError;

use crate::capture::capture;
use crate::similar::part_cells;
use crate::{AppError, LoadedModel};

/// Unlabelled parts among which is chosen, the newest.
const MOST_UNLABELLED: usize = 100_000;
/// Of these, so many nearest to the limit are looked at, and as many drawn at random: looking takes a model's time.
const LOOKED_AT: usize = 120;
/// Labelled parts that are looked at, the newest.
const MOST_LABELLED: usize = 1000;

/// What the live model sees of pictures, by the hash of their file; kept from one question to the next.
#[derive(Debug, Default)]
pub struct Looks {
    model: String,
    seen: HashMap<String, Look>,
}

#[derive(Debug, Clone)]
struct Look {
    vector: Vec<f32>,
    score: f64,
    weaker: f64,
    disagreement: f64,
}

/// What there is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Teaching {
    /// The model that looked.
    pub model: String,
    /// What to label next, in this order.
    pub queue: Vec<Lesson>,
    /// Labels to look at again, the most doubtful first.
    pub doubtful: Vec<DoubtfulPart>,
    /// Labelled parts that are as good as the same.
    pub alike: Vec<AlikeGroup>,
    /// Pictures that are gone, changed or cannot be judged.
    pub left_out: usize,
}

/// Looks at labelled parts and at candidates for labelling. `count` is the length of the queue, `seed` draws its random
/// share; `report` gets how many pictures are done, of how many.
///
/// # Errors
/// When the database cannot be read or it is cancelled.
pub fn teach(
    store: &Store,
    model: &LoadedModel,
    (count, seed): (usize, u64),
    looks: &mut Looks,
    report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Teaching, AppError> {
    if looks.model != model.id {
        *looks = Looks { model: model.id.clone(), seen: HashMap::new() };
    }
    let mut unlabelled = store.unlabelled(MOST_UNLABELLED)?;
    unlabelled.sort_by(|a, b| {
        (a.score - a.reject_above).abs().total_cmp(&(b.score - b.reject_above).abs()).then(a.part.cmp(&b.part))
    });
    let all: Vec<i64> = unlabelled.iter().map(|part| part.part).collect();
    let drawn = at_random(&all, LOOKED_AT, seed);
    let mut wanted: Vec<i64> = all.iter().take(LOOKED_AT).chain(&drawn).copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut labelled = store.labelled(None)?;
    labelled.drain(..labelled.len().saturating_sub(MOST_LABELLED));

    let (mut done, total) = (0, wanted.len() + labelled.len());
    let mut left_out = 0;
    let mut look = |record: &Record, looks: &mut Looks| {
        let look = looks.look(model, record);
        left_out += usize::from(look.is_none());
        done += 1;
        if report(done, total).is_break() { Err(AppError::from(TrainError::Cancelled)) } else { Ok(look) }
    };
    let limit = model.judge.limits().reject_above;
    let mut candidates = Vec::new();
    for part in wanted {
        let Some(stored) = store.part(part)? else { continue };
        if let Some(Look { vector, score, disagreement, .. }) = look(&stored.record, looks)? {
            let drawn = drawn.iter().position(|other| *other == part);
            candidates.push(Candidate { part, from_limit: (score - limit).abs(), disagreement, drawn, vector });
        }
    }
    let mut said = Vec::new();
    for part in &labelled {
        if let Some(seen) = look(&part.record, looks)? {
            said.push((part, seen));
        }
    }
    let vectors: Vec<&[f32]> = said.iter().map(|(_, look)| look.vector.as_slice()).collect();
    let decided = said.iter().filter(|(part, _)| part.label.is_good() || part.label.is_defect());
    let decided: Vec<SaidPart<'_>> = decided
        .map(|(part, look)| SaidPart {
            part: part.record.id,
            is_defect: part.label.is_defect(),
            checked: part.label.checked,
            weaker: look.weaker,
            rejected: look.score.is_nan() || look.score > limit,
            vector: &look.vector,
        })
        .collect();
    let contents: Vec<Content<'_>> = said
        .iter()
        .map(|(part, look)| Content {
            part: part.record.id,
            hash: part.record.judged.content_hash.as_deref(),
            used: part.used,
            vector: &look.vector,
        })
        .collect();
    Ok(Teaching {
        model: model.id.clone(),
        queue: lessons(&candidates, &vectors, count),
        doubtful: doubtful_parts(&decided),
        alike: alike_groups(&contents),
        left_out,
    })
}

impl Looks {
    /// What the model sees of a part's picture; none when the picture is gone, changed or cannot be judged.
    fn look(&mut self, model: &LoadedModel, record: &Record) -> Option<Look> {
        let hash = record.judged.content_hash.as_ref()?;
        if let Some(known) = self.seen.get(hash) {
            return Some(known.clone());
        }
        let captured = capture(&record.judged.arrival.path);
        let frame = captured.frame.ok().filter(|_| captured.content_hash.as_ref() == Some(hash))?;
        let vector = part_cells(model, &frame).ok()?.whole()?;
        let input = model.judge.prepare(&frame).ok()?;
        let scored = model.judge.score(&[input]).ok()?.pop()?;
        // Where labels taught a second network, the limit compares its evidence with that for what nobody labelled.
        let disagreement = match &scored.known {
            Some(known) => known.evidence - known.novel_evidence,
            None => scored.bank - scored.synthetic,
        };
        let weaker = scored.bank.min(scored.synthetic);
        let look = Look { vector, score: scored.score, weaker, disagreement: disagreement.abs() };
        // What one question looks at fits twice.
        if self.seen.len() > 2 * (MOST_LABELLED + 2 * LOOKED_AT) {
            self.seen.clear();
        }
        self.seen.insert(hash.clone(), look.clone());
        Some(look)
    }
}

#[cfg(test)]
mod tests;
