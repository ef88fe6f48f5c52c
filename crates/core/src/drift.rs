//! Whether live parts still look like those that the limit was set on: a conformal test martingale over their scores.
//!
//! The promise holds while live good parts come as the calibration parts came (they are exchangeable). The monitor bets
//! against that, starting with a wealth of 1:
//!
//! - *Rank.* Among the m scores of the pool (calibration parts and all parts counted before) the next score s gets
//!   p = (#{above s} + θ·(1 + #{equal to s})) / (m + 1), with θ drawn uniformly from 0..1. Such p-values are independent
//!   and uniform while parts are exchangeable, ties or not (Fedorova, Gammerman, Nouretdinov, Vovk, *Plug-in martingales
//!   for testing exchangeability on-line*, arXiv 1204.3251, theorem 1). Against the calibration parts alone they would
//!   not be independent, which is why the pool grows.
//! - *Bet.* One share of the wealth is on higher scores and gains the factor f(p) = 1 + (½ − p), one is on lower scores
//!   and gains f(1 − p), the rest sleeps. Both factors average 1 over uniform p, so the wealth S is a martingale. These
//!   are the bets of the Simple Jumper (Vovk et al., *Retrain or not retrain: conformal test martingales for
//!   change-point detection*, arXiv 2102.10439). Unlike there, the t-th part wakes only a share of 1 / (4t) of what
//!   sleeps and nothing falls asleep again: the wealth of a quiet line falls as t^(−1/4) instead of exponentially, so a
//!   change is found about as fast after a million parts as after a thousand.
//! - *Alarm* when S ≥ 1/ε. Ville's inequality: P[S ever reaches 1/ε] ≤ ε while parts are exchangeable, for all time.
//!
//! **Defects.** Only parts that score *below the reject limit* are counted, and of the calibration parts only those
//! below it, so a rejected part neither raises nor calms anything. This keeps the guarantee. The limit is an order
//! statistic of the calibration scores; given its value and which calibration parts reached it, it says nothing about
//! how the scores below it lie, nor about live scores. So calibration scores below it and live good scores below it are
//! exchangeable again. A score equal to the limit is not counted on either side, which makes this exact with ties too.
//! Defects that escape below the limit are counted, and do not raise the alarm while they are few: a bet wins in the
//! long run only when the mean of p is off ½ by more than about 1/24. The price: a change that lifts every part beyond
//! the limit shows as rejects, not as drift.
//!
//! **Memory** is bounded for ever: the pool is a histogram with fixed cells (`drift/pool.rs`).

mod pool;

use crate::split::{mix, split_mix};
use crate::{Calibration, Limits};
use pool::{Pool, cell_of};

/// ε: the chance that a line whose parts never change ever raises the alarm.
pub const FALSE_ALARM_RATE: f64 = 0.001;

/// What the monitor has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Live parts that were counted: those below the reject limit, up to an alarm.
    pub parts_seen: u64,
    /// Natural logarithm of the wealth; the alarm is raised at ln(1/ε).
    pub log_wealth: f64,
    /// Since which part parts look different: the first after the wealth was at its lowest. Set when the alarm was raised;
    /// the promise is suspended from then on, until a model is calibrated again.
    pub alarm: Option<PartMark>,
}

/// A part, and when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartMark {
    /// Running number of the part on its line.
    pub part: i64,
    /// When its record was stored, in milliseconds since 1970.
    pub stored_millis: i64,
}

/// The bets as they stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftBets {
    /// Parts counted.
    pub parts_seen: u64,
    /// Wealth that does not bet yet.
    pub asleep: f64,
    /// Wealth on higher scores.
    pub on_higher: f64,
    /// Wealth on lower scores.
    pub on_lower: f64,
    /// The lowest wealth so far.
    pub lowest: f64,
    /// The part that came after it.
    pub since: PartMark,
    /// Whether the alarm was raised. Nothing is counted afterwards.
    pub alarmed: bool,
}

/// All that a monitor must remember to go on exactly where it was.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftMemory {
    /// The bets.
    pub bets: DriftBets,
    /// The pool: cells that hold scores, from the lowest, with their counts.
    pub pool: Vec<(u32, u64)>,
}

/// Watches the parts that one model judges.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftMonitor {
    limit: f64,
    seed: u64,
    bets: DriftBets,
    pool: Pool,
}

impl DriftMonitor {
    /// A monitor that has seen no live part. The draws that break ties follow from `model`, the model's id.
    pub fn new(calibration: &Calibration, model: &str) -> Self {
        let limit = Limits::from_calibration(calibration).reject_above;
        let mut pool = Pool::new();
        let below = calibration.scores().iter().filter(|&&score| score < limit);
        below.for_each(|&score| pool.add(cell_of(score), 1));
        Self { limit, seed: mix(model, 0), bets: DriftBets::new(), pool }
    }

    /// The monitor that remembered `memory`, for the same calibration and model.
    pub fn resume(calibration: &Calibration, model: &str, memory: &DriftMemory) -> Self {
        let mut pool = Pool::new();
        memory.pool.iter().for_each(|&(cell, count)| pool.add(cell, count));
        Self { bets: memory.bets, pool, ..Self::new(calibration, model) }
    }

    /// Counts the score of a live part, unless it reaches the reject limit or the alarm was raised before. O(log cells).
    pub fn observe(&mut self, part: PartMark, score: f64) {
        if self.bets.alarmed || score.is_nan() || score >= self.limit {
            return;
        }
        let cell = cell_of(score);
        let (above, equal) = self.pool.above_and_equal(cell);
        let p = (above as f64 + self.draw() * (equal + 1) as f64) / (self.pool.total() + 1) as f64;
        self.pool.add(cell, 1);
        self.bets.place(p, part);
    }

    /// What was found so far.
    pub fn drift(&self) -> Drift {
        let bets = &self.bets;
        Drift { parts_seen: bets.parts_seen, log_wealth: bets.wealth().ln(), alarm: bets.alarmed.then_some(bets.since) }
    }

    /// What must be kept to go on from here.
    pub fn memory(&self) -> DriftMemory {
        DriftMemory { bets: self.bets, pool: self.pool.cells() }
    }

    /// θ of the next part, in 0..1: the draws of SplitMix64, so that a restart repeats none and skips none.
    fn draw(&self) -> f64 {
        (split_mix(self.seed.wrapping_add(split_mix(self.bets.parts_seen))) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl DriftBets {
    fn new() -> Self {
        let since = PartMark::default();
        Self { parts_seen: 0, asleep: 1.0, on_higher: 0.0, on_lower: 0.0, lowest: f64::INFINITY, since, alarmed: false }
    }

    /// The wealth S. It never leaves the range of a float: at 1/ε all bets end, and what sleeps falls slowly.
    fn wealth(&self) -> f64 {
        self.asleep + self.on_higher + self.on_lower
    }

    /// Settles the bets on the p-value of one part.
    fn place(&mut self, p: f64, part: PartMark) {
        if self.wealth() <= self.lowest {
            (self.lowest, self.since) = (self.wealth(), part);
        }
        self.parts_seen += 1;
        let waking = self.asleep / (4.0 * self.parts_seen as f64);
        self.asleep -= waking;
        self.on_higher = (self.on_higher + waking / 2.0) * (1.0 + (0.5 - p));
        self.on_lower = (self.on_lower + waking / 2.0) * (1.0 - (0.5 - p));
        self.alarmed = self.wealth() * FALSE_ALARM_RATE >= 1.0;
    }
}
