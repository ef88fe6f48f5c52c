//! The drift monitor as a whole: its numbers against an independent implementation, how often it is wrong, and how fast
//! it is right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use sightline_core::drift::FALSE_ALARM_RATE;
use sightline_core::{Calibration, DriftMonitor, Limits, PartMark};

#[derive(Deserialize)]
struct Golden {
    model: String,
    calibration: Vec<f64>,
    limit: f64,
    scores: Vec<f64>,
    log_wealths: Vec<f64>,
    since: Option<i64>,
}

/// The part with a running number, stored at ten times that number.
fn part(number: usize) -> PartMark {
    PartMark { part: number as i64, stored_millis: 10 * number as i64 }
}

fn calibration(scores: Vec<f64>, false_reject_limit: f64) -> Calibration {
    Calibration::new(scores, false_reject_limit, 0.95).unwrap()
}

#[test]
fn wealth_agrees_with_plain_lists() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../goldens/drift.json")).unwrap();
    for golden in cases {
        let calibration = calibration(golden.calibration, 0.05);
        assert_eq!(Limits::from_calibration(&calibration).reject_above, golden.limit, "{}", golden.model);
        let mut monitor = DriftMonitor::new(&calibration, &golden.model);
        for (number, (&score, &expected)) in golden.scores.iter().zip(&golden.log_wealths).enumerate() {
            monitor.observe(part(number), score);
            let found = monitor.drift().log_wealth;
            assert!((found - expected).abs() < 1e-9, "{}, part {number}: {found}, not {expected}", golden.model);
        }
        assert_eq!(monitor.drift().alarm.map(|since| since.part), golden.since, "{}", golden.model);
    }
}

/// Scores from a seeded generator.
struct Line(ChaCha8Rng);

impl Line {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.0.random::<f64>(), self.0.random::<f64>());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    fn monitor(&mut self, parts: usize, limit: f64, score: impl Fn(&mut Self) -> f64) -> DriftMonitor {
        let scores = (0..parts).map(|_| score(self)).collect();
        DriftMonitor::new(&calibration(scores, limit), &self.0.random::<u64>().to_string())
    }
}

#[test]
fn lines_that_never_change_rarely_raise_the_alarm() {
    const STREAMS: u64 = 5000;
    const PARTS: usize = 600;
    type Score = fn(&mut Line) -> f64;
    // Continuous scores, a handful of values, and half of all parts at one value: the limit itself is often tied.
    let kinds: [(&str, Score); 3] = [
        ("continuous", Line::normal),
        ("tied", |line| line.normal().round()),
        ("half equal", |line| line.normal().max(0.0)),
    ];
    for (name, score) in kinds {
        for calibrated in [15, 200] {
            let highest: Vec<f64> = (0..STREAMS)
                .map(|stream| {
                    let mut line = Line::new(stream);
                    let mut monitor = line.monitor(calibrated, 0.05, score);
                    let mut highest = 0.0_f64;
                    for number in 0..PARTS {
                        monitor.observe(part(number), score(&mut line));
                        highest = highest.max(monitor.drift().log_wealth);
                    }
                    highest
                })
                .collect();
            // The wealth itself is held to Ville's inequality at every level, not the rare alarm alone.
            for epsilon in [0.2, 0.05, 0.01, FALSE_ALARM_RATE] {
                let reached = highest.iter().filter(|&&highest| highest >= -epsilon.ln()).count() as f64;
                let (expected, sigma) = (epsilon * STREAMS as f64, (epsilon * STREAMS as f64).sqrt());
                let what = format!("{name}, {calibrated} calibration parts, {epsilon}");
                assert!(reached <= expected + 3.0 * sigma, "{what}: {reached} of {STREAMS} streams");
            }
            // A monitor that never bets would pass all of that.
            assert!(highest.iter().any(|&highest| highest > 1.0), "{name}: never bets");
        }
    }
}

#[test]
fn a_shift_of_half_a_standard_deviation_is_found() {
    const STREAMS: u64 = 100;
    // Behind so many quiet parts, at least 95 of 100 shifts are found within so many parts.
    for (quiet, shift, within) in [(0, 0.5, 300), (0, -0.5, 300), (5000, 0.5, 300), (5000, -0.5, 300), (5000, 1.0, 120)]
    {
        let mut found = 0;
        let mut off = Vec::new();
        for stream in 0..STREAMS {
            let mut line = Line::new(1000 + stream);
            let mut monitor = line.monitor(300, 0.01, Line::normal);
            (0..quiet).for_each(|number| monitor.observe(part(number), line.normal()));
            assert_eq!(monitor.drift().alarm, None, "stream {stream}");
            (quiet..quiet + within).for_each(|number| monitor.observe(part(number), line.normal() + shift));
            if let Some(since) = monitor.drift().alarm {
                found += 1;
                off.push((since.part - quiet as i64).abs());
                assert_eq!(since.stored_millis, 10 * since.part);
            }
        }
        off.sort_unstable();
        assert!(found >= 95, "{quiet} quiet parts, shift {shift}: {found} of {STREAMS} found within {within}");
        // The part since which things look different is near the first that did.
        assert!(off[off.len() / 2] <= 40, "{quiet} quiet parts, shift {shift}: half are off by {}", off[off.len() / 2]);
    }
}

#[test]
fn a_slow_drift_is_found_before_it_is_a_standard_deviation() {
    for direction in [1.0, -1.0] {
        for stream in 0..20 {
            let mut line = Line::new(2000 + stream);
            let mut monitor = line.monitor(300, 0.01, Line::normal);
            (0..1000).for_each(|number| monitor.observe(part(number), line.normal()));
            (0..3000).for_each(|step| {
                monitor.observe(part(1000 + step), line.normal() + direction * step as f64 / 3000.0);
            });
            assert!(monitor.drift().alarm.is_some(), "stream {stream}, direction {direction}");
        }
    }
}

#[test]
fn defects_do_not_raise_the_alarm_by_themselves() {
    for stream in 0..20 {
        let mut line = Line::new(3000 + stream);
        let scores: Vec<f64> = (0..300).map(|_| line.normal()).collect();
        let calibration = calibration(scores, 0.01);
        let limit = Limits::from_calibration(&calibration).reject_above;
        let mut monitor = DriftMonitor::new(&calibration, "m");
        let mut without = monitor.clone();
        for number in 0..5000 {
            // Many are defects at or beyond the limit or have no score; three in a hundred escape just below it.
            if number % 3 == 0 {
                let beyond = [limit, limit + 1.0, f64::INFINITY, f64::NAN];
                beyond.into_iter().for_each(|score| monitor.observe(part(number), score));
            }
            let escapes = line.0.random_bool(0.03);
            let score = if escapes { limit - 1e-3 } else { line.normal() };
            monitor.observe(part(number), score);
            without.observe(part(number), score);
        }
        assert_eq!(monitor, without, "rejected parts leave no trace");
        assert_eq!(monitor.drift().alarm, None, "stream {stream}");
    }
}

#[test]
fn a_monitor_goes_on_where_it_was() {
    let mut line = Line::new(4000);
    let calibration = calibration((0..100).map(|_| line.normal()).collect(), 0.05);
    let mut never_stopped = DriftMonitor::new(&calibration, "m");
    let mut stopped = never_stopped.clone();
    for number in 0..900 {
        let score = line.normal() + if number < 500 { 0.0 } else { 1.0 };
        never_stopped.observe(part(number), score);
        if number % 97 == 0 {
            stopped = DriftMonitor::resume(&calibration, "m", &stopped.memory());
        }
        stopped.observe(part(number), score);
        assert_eq!(stopped, never_stopped, "part {number}");
    }
    assert!(stopped.drift().alarm.is_some());
    // What comes after an alarm changes nothing: it stays until a model is calibrated again.
    let alarmed = stopped.drift();
    (900..2000).for_each(|number| stopped.observe(part(number), line.normal()));
    assert_eq!(stopped.drift(), alarmed);
    // Another model draws otherwise.
    let draws = |model| {
        let mut monitor = DriftMonitor::new(&calibration, model);
        (0..9).for_each(|number| monitor.observe(part(number), 0.5));
        monitor.drift().log_wealth
    };
    assert_ne!(draws("m"), draws("n"));
}

#[test]
fn a_calibration_with_nothing_below_its_limit_still_gives_a_monitor() {
    for scores in [vec![1.0], vec![2.0; 50]] {
        let mut monitor = DriftMonitor::new(&calibration(scores, 0.05), "m");
        (0..100).for_each(|number| monitor.observe(part(number), 0.1));
        let drift = monitor.drift();
        assert_eq!((drift.parts_seen, drift.alarm), (100, None));
    }
}
