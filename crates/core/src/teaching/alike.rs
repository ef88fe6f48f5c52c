//! Pictures that are as good as the same: of one part taken twice, or copies of one file.

use super::{distance, usual_distance};
use crate::LabelUse;

/// Two pictures are as good as the same when they are nearer than this share of what is usual between nearest
/// neighbours: camera noise moves features far less than one part differs from the next.
const SHARE_OF_USUAL: f32 = 0.1;
/// Rounding alone moves the cosine of equal vectors so far.
const ROUNDING: f32 = 1e-6;

/// A labelled part's picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Content<'v> {
    /// Number of its record.
    pub part: i64,
    /// Hash of the file; none when it is not known.
    pub hash: Option<&'v str>,
    /// What its label is used for.
    pub used: LabelUse,
    /// Its features, of length one.
    pub vector: &'v [f32],
}

/// Parts that are as good as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlikeGroup {
    /// Numbers of their records, the first two or more.
    pub parts: Vec<i64>,
    /// They do not all have the same use: what is measured on one of them was learned from another.
    pub leaks: bool,
}

/// The distance up to which two pictures are as good as the same, set from the pictures themselves.
pub fn alike_distance(vectors: &[&[f32]]) -> f32 {
    (SHARE_OF_USUAL * usual_distance(vectors)).max(ROUNDING)
}

/// All groups of two and more, those that leak first, then by their first part. A group holds everything that a chain of
/// like pictures connects.
pub fn alike_groups(contents: &[Content<'_>]) -> Vec<AlikeGroup> {
    let mut contents = contents.to_vec();
    contents.sort_by_key(|content| content.part);
    let vectors: Vec<&[f32]> = contents.iter().map(|content| content.vector).collect();
    let near = alike_distance(&vectors);
    // Each part's smallest known one of its group.
    let mut first: Vec<usize> = (0..contents.len()).collect();
    for (at, content) in contents.iter().enumerate() {
        for other in 0..at {
            let same_file = content.hash.is_some() && content.hash == contents[other].hash;
            let (mine, theirs) = (first[at], first[other]);
            if mine != theirs && (same_file || distance(content.vector, contents[other].vector) <= near) {
                let (low, high) = (mine.min(theirs), mine.max(theirs));
                first[..=at].iter_mut().filter(|first| **first == high).for_each(|first| *first = low);
            }
        }
    }
    let group = |low: usize| {
        let members =
            || contents.iter().zip(&first).filter(move |(_, first)| **first == low).map(|(content, _)| content);
        let parts: Vec<i64> = members().map(|content| content.part).collect();
        let leaks = members().any(|content| content.used != contents[low].used);
        (parts.len() > 1).then_some(AlikeGroup { parts, leaks })
    };
    let mut groups: Vec<AlikeGroup> = (0..contents.len()).filter(|at| first[*at] == *at).filter_map(group).collect();
    groups.sort_by_key(|group| !group.leaks);
    groups
}
