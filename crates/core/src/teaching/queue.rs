//! The order in which unlabelled parts teach most.
//!
//! A part's worth is the mean of three ranks among the candidates, each from 0 to 1 so that units do not matter:
//! nearness of its score to the limit (uncertainty sampling; Lewis, Gale, 1994), disagreement of the branches (query by
//! committee; Seung, Opper, Sompolinsky, 1992), and distance to the nearest labelled part (core-set; Sener, Savarese,
//! 2018, arXiv 1708.00489). The queue is greedy: worth counts times `d / (d + u)`, where `d` is the distance to the
//! nearest part that is already in the queue and `u` what is usual between neighbours.
//!
//! Every fifth place goes to a part drawn at random: labels that are all chosen for being difficult say nothing about
//! how often the model is right.

use std::cmp::Reverse;

use super::{alike_distance, distance, nearest, usual_distance};
use crate::split::split_mix;

/// Every so many places one is drawn at random: a share of 20 %.
const RANDOM_EVERY: usize = 5;

/// An unlabelled part that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of its record.
    pub part: i64,
    /// How far its score lies from the limit, in units of the score.
    pub from_limit: f64,
    /// How much the branches differ, in their common units.
    pub disagreement: f64,
    /// Place among those that were drawn at random; none for one that was chosen.
    pub drawn: Option<usize>,
    /// Its features, of length one.
    pub vector: Vec<f32>,
}

/// Why a part is in the queue: what speaks for it most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its score is near the limit.
    NearLimit,
    /// The branches disagree.
    BranchesDisagree,
    /// No labelled part is like it.
    Novel,
    /// It was drawn, so that labels speak for all parts.
    Random,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    /// Number of the part's record.
    pub part: i64,
    /// What speaks for it.
    pub why: Why,
}

/// `count` of the parts, drawn without replacement. The order in which they are given does not matter.
pub fn at_random(parts: &[i64], count: usize, seed: u64) -> Vec<i64> {
    let mut drawn: Vec<i64> = parts.to_vec();
    drawn.sort_by_key(|part| (split_mix(split_mix(seed) ^ part.unsigned_abs()), *part));
    drawn.truncate(count);
    drawn
}

/// The first `count` places of the queue. Of parts that are as good as the same only one has a place.
pub fn lessons(candidates: &[Candidate], labelled: &[&[f32]], count: usize) -> Vec<Lesson> {
    let mut candidates: Vec<&Candidate> = candidates.iter().collect();
    candidates.sort_by_key(|candidate| candidate.part);
    let vectors: Vec<&[f32]> = candidates.iter().map(|candidate| candidate.vector.as_slice()).collect();
    let novelty = |vector: &&[f32]| nearest(vector, labelled.iter().copied()).map_or(0.0, f64::from);
    let ranks = [
        (Why::NearLimit, ranks(candidates.iter().map(|candidate| -candidate.from_limit).collect())),
        (Why::BranchesDisagree, ranks(candidates.iter().map(|candidate| candidate.disagreement).collect())),
        (Why::Novel, ranks(vectors.iter().map(novelty).collect())),
    ];
    let worth = |at: usize| ranks.iter().map(|(_, ranks)| ranks[at]).sum::<f64>() / ranks.len() as f64;
    let reason = |at: usize| {
        let most = ranks.iter().rev().max_by(|(_, a), (_, b)| a[at].total_cmp(&b[at]));
        most.map_or(Why::Random, |(why, _)| *why)
    };
    let (usual, same) = (usual_distance(&vectors), alike_distance(&vectors));

    let mut queue = Vec::new();
    let mut to_queue = vec![f32::INFINITY; candidates.len()];
    while queue.len() < count {
        let open = (0..candidates.len()).filter(|at| to_queue[*at] > same);
        let gain = |at: usize| match to_queue[at] {
            apart if apart.is_finite() => worth(at) * f64::from(apart / (apart + usual)),
            _ => worth(at),
        };
        let drawn = if queue.len() % RANDOM_EVERY == RANDOM_EVERY - 1 {
            open.clone().filter(|at| candidates[*at].drawn.is_some()).min_by_key(|at| candidates[*at].drawn)
        } else {
            None
        };
        let best = || open.max_by(|a, b| gain(*a).total_cmp(&gain(*b)).then(Reverse(a).cmp(&Reverse(b))));
        let why = if drawn.is_some() { Some(Why::Random) } else { None };
        let Some(next) = drawn.or_else(best) else { break };
        queue.push(Lesson { part: candidates[next].part, why: why.unwrap_or_else(|| reason(next)) });
        for (at, vector) in vectors.iter().enumerate() {
            to_queue[at] = to_queue[at].min(distance(vectors[next], vector));
        }
        // Its distance to itself is nothing but for rounding.
        to_queue[next] = f32::NEG_INFINITY;
    }
    queue
}

/// Each value's place in their order as a share: 0 for the smallest, 1 for the largest, equals in their middle.
fn ranks(values: Vec<f64>) -> Vec<f64> {
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1).max(1) as f64;
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other.total_cmp(value).is_lt());
        let upto = sorted.partition_point(|other| other.total_cmp(value).is_le());
        (below + upto).saturating_sub(1) as f64 / 2.0 / last
    };
    values.iter().map(rank).collect()
}
