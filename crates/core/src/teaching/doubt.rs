//! Labels that are probably wrong: what the model and the nearest labelled parts say against them. In the spirit of
//! confident learning (Northcutt, Jiang, Chuang, 2021, arXiv 1911.00068), with neighbours in feature space as the second
//! opinion. Nothing is ever changed by this: a person looks.

use super::distance;

/// Labelled neighbours that are asked.
const NEIGHBOURS: usize = 5;
/// Standard deviations of good parts beyond which a branch calls a part bad.
const BAD: f64 = 3.0;

/// A labelled part with what the model says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SaidPart<'v> {
    /// Number of its record.
    pub part: i64,
    /// A person called it defective; otherwise good.
    pub is_defect: bool,
    /// A person called the label complete as it stands: others are compared with it, it is not doubted.
    pub checked: bool,
    /// The weaker of the branches' evidences, in standard deviations of good parts.
    pub weaker: f64,
    /// The model rejects it.
    pub rejected: bool,
    /// Its features, of length one.
    pub vector: &'v [f32],
}

/// What is odd about a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Called good, and both branches call it bad.
    LooksDefective,
    /// Called defective, not rejected, and most of the labelled parts that it resembles are good.
    LooksGood,
}

/// A label that a person should look at again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoubtfulPart {
    /// Number of the part's record.
    pub part: i64,
    /// What is odd.
    pub doubt: Doubt,
    /// How much speaks against the label, from 0 to 1.
    pub strength: f64,
}

/// Labels that are probably wrong, the most doubtful first. The neighbours' share speaks, and for a part called good also
/// the evidence `e` of its weaker branch, as `e / (e + 3)`.
pub fn doubtful_parts(parts: &[SaidPart<'_>]) -> Vec<DoubtfulPart> {
    let doubtful = |said: &SaidPart<'_>| {
        let against = against(said, parts);
        if said.is_defect {
            let looks_good = !said.rejected && against? > 0.5;
            looks_good.then_some(DoubtfulPart { part: said.part, doubt: Doubt::LooksGood, strength: against? })
        } else {
            let evidence = said.weaker / (said.weaker + BAD);
            let strength = (evidence + against.unwrap_or(0.0)) / 2.0;
            let looks_bad = said.rejected && said.weaker > BAD;
            looks_bad.then_some(DoubtfulPart { part: said.part, doubt: Doubt::LooksDefective, strength })
        }
    };
    let mut found: Vec<DoubtfulPart> = parts.iter().filter(|said| !said.checked).filter_map(doubtful).collect();
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.part.cmp(&b.part)));
    found
}

/// The share of the nearest labelled parts that are called otherwise; none where there are too few to ask.
fn against(said: &SaidPart<'_>, parts: &[SaidPart<'_>]) -> Option<f64> {
    let others = parts.iter().filter(|other| other.part != said.part);
    let mut others: Vec<_> = others.map(|other| (distance(said.vector, other.vector), other)).collect();
    others.sort_by(|(a, one), (b, other)| a.total_cmp(b).then(one.part.cmp(&other.part)));
    let nearest = others.get(..NEIGHBOURS)?;
    let otherwise = nearest.iter().filter(|(_, other)| other.is_defect != said.is_defect).count();
    Some(otherwise as f64 / NEIGHBOURS as f64)
}
