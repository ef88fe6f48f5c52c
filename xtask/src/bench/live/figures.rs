//! Figures of many parts, and whether an aim is reached.

use anyhow::{Context, Result};
use serde_json::Value;

/// Milliseconds of many parts, least first.
pub(super) struct Millis(Vec<f64>);

impl Millis {
    /// # Errors
    /// When there are none.
    pub(super) fn new(mut millis: Vec<f64>) -> Result<Self> {
        anyhow::ensure!(!millis.is_empty(), "no part was timed");
        millis.sort_by(f64::total_cmp);
        Ok(Self(millis))
    }

    /// What a key says of each part; of the parts themselves without one.
    ///
    /// # Errors
    /// When there are no parts, or one does not say.
    pub(super) fn of(parts: &Value, millis: impl Fn(&Value) -> Option<f64>) -> Result<Self> {
        let parts = parts.as_array().context("parts are missing")?;
        Self::new(parts.iter().map(|part| millis(part).context("a part lacks a figure")).collect::<Result<_>>()?)
    }

    /// The least of them that so large a share does not exceed.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    pub(super) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// Median, 95th and 99th percentile.
    pub(super) fn cells(&self) -> String {
        [0.5, 0.95, 0.99].map(|share| millis(self.quantile(share))).join(" | ")
    }
}

/// Three digits are worth reading.
pub(super) fn millis(value: f64) -> String {
    let digits = if value.abs() < 9.995 { 2 } else { usize::from(value.abs() < 99.95) };
    format!("{value:.digits$}")
}

/// How much more the second is than the first.
pub(super) fn more(first: f64, second: f64) -> f64 {
    100.0 * (second / first - 1.0)
}

/// An aim, and that it is not reached where it is not.
pub(super) fn aim(reached: bool, aim: &str) -> String {
    format!("aim {aim}: {}", if reached { "reached" } else { "**not reached**" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_quantile_is_one_of_the_parts() {
        let check = |count: u32, share: f64, expected: f64| {
            let millis = Millis::new((1..=count).rev().map(f64::from).collect()).unwrap();
            assert_eq!(millis.quantile(share), expected, "{share} of {count}");
        };
        check(1, 0.5, 1.0);
        check(1, 0.99, 1.0);
        check(4, 0.5, 2.0);
        check(100, 0.95, 95.0);
        check(200, 0.99, 198.0);
        check(60, 0.99, 60.0);
        check(3, 0.0, 1.0);
        assert!(Millis::new(Vec::new()).is_err());
    }

    #[test]
    fn a_part_that_does_not_say_is_no_zero() {
        let parts = json!([{ "latency": 3.0 }, { "latency": 1.0 }]);
        let read = |key: &'static str| Millis::of(&parts, move |part| part[key].as_f64());
        assert_eq!(read("latency").unwrap().mean(), 2.0);
        assert!(read("network").is_err());
    }

    #[test]
    fn figures_have_three_digits_and_aims_say_when_they_are_missed() {
        assert_eq!([0.123, 9.994, 9.996, 99.94, 1234.5].map(millis), ["0.12", "9.99", "10.0", "99.9", "1234"]);
        assert_eq!(more(50.0, 60.0).round(), 20.0);
        assert_eq!(aim(true, "≤ 5 ms"), "aim ≤ 5 ms: reached");
        assert_eq!(aim(false, "≤ 5 ms"), "aim ≤ 5 ms: **not reached**");
    }
}
