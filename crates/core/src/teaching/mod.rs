//! What labels would teach most, and which labels and parts deserve a second look. All of it compares features of parts:
//! vectors of length one, whose distance is one minus their cosine (0 is the same direction, 2 the opposite).

mod alike;
mod doubt;
mod queue;

pub use alike::{AlikeGroup, Content, alike_distance, alike_groups};
pub use doubt::{Doubt, DoubtfulPart, SaidPart, doubtful_parts};
pub use queue::{Candidate, Lesson, Why, at_random, lessons};

/// One minus the cosine of two vectors of length one.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    (1.0 - a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()).max(0.0)
}

/// The distance to the nearest of `among`; none when there is none.
fn nearest<'v>(vector: &[f32], among: impl Iterator<Item = &'v [f32]>) -> Option<f32> {
    among.map(|other| distance(vector, other)).min_by(f32::total_cmp)
}

/// The median of each vector's distance to the nearest other one; 0 when there are fewer than two.
fn usual_distance(vectors: &[&[f32]]) -> f32 {
    let to_others = |at: usize| {
        let others = vectors.iter().enumerate().filter(move |(other, _)| *other != at);
        nearest(vectors[at], others.map(|(_, vector)| *vector))
    };
    let mut distances: Vec<f32> = (0..vectors.len()).filter_map(to_others).collect();
    distances.sort_by(f32::total_cmp);
    distances.get(distances.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
