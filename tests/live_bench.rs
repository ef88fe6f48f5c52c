//! How long a part waits for its verdict: from the moment its file is closed until its record is stored, with the line
//! at rest, with parts as fast as they are judged, and beside a learning run. `cargo xtask bench live` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a program that cannot go on says where")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use sightline_app::live::{EVENTS_WAITING, HealthReport, LiveLine};
use sightline_app::{Effort, LearnChild, Line, LineSettings, Store, choose_device, learn_line, load_live_model};
use sightline_core::{Event, LearnStage};
use sightline_testkit::PartGenerator;
use sightline_tests::{drop_file, program};

/// Good parts that the line learns from; how well it learns does not matter here.
const GOOD_PARTS: usize = 40;

/// Parts that are timed one by one, and in a burst.
const TIMED: usize = 60;
const BURST: usize = 60;

/// Sides of square pictures of 0.3, 1 and 5 million pixels.
const SIDES: [u32; 3] = [548, 1000, 2236];

fn main() {
    // What builds all targets may start them too.
    if std::env::args().any(|argument| argument == "time") {
        for side in SIDES {
            time(side);
        }
    }
}

fn time(side: u32) {
    let dir = tempfile::tempdir().unwrap();
    let pictures: Vec<Vec<u8>> = (0..6).map(|number| png(side, 9000 + number, dir.path())).collect();
    let line = learned(dir.path(), side);
    let megapixels = f64::from(side * side) / 1e6;
    let alone = run(&line, &pictures, &format!("{megapixels:.1} MP, alone"));
    let learning = start_learning(dir.path(), side);
    let beside = run(&line, &pictures, &format!("{megapixels:.1} MP, beside a learning run"));
    drop(learning);
    println!("{megapixels:.1} MP: a learning run makes the median {:+.0} %", 100.0 * (beside / alone - 1.0));
}

/// Times parts that come one by one, then a burst; gives the median of the first in seconds.
fn run(line: &Line, pictures: &[Vec<u8>], what: &str) -> f64 {
    let (store, _) = Store::open_alone(&line.folder).unwrap();
    let device = choose_device(Some("cpu")).unwrap();
    let model = load_live_model(&store, &line.folder, &device).unwrap();
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(line, Arc::new(store), model, sender).unwrap();
    let camera = &line.settings.watch_folder;
    let unique = Instant::now();
    let name = |number: usize| format!("{}-{number}.png", unique.elapsed().as_nanos());
    // The first parts warm caches and threads.
    let mut seconds = Vec::new();
    for number in 0..TIMED + 5 {
        drop_file(camera, &name(number), &pictures[number % pictures.len()]);
        let closed = Instant::now();
        wait(&events, 1);
        if number >= 5 {
            seconds.push(closed.elapsed().as_secs_f64());
        }
        sleep(Duration::from_millis(30));
    }
    let before = live.health();
    let began = Instant::now();
    for number in 0..BURST {
        drop_file(camera, &name(number), &pictures[number % pictures.len()]);
    }
    wait(&events, BURST);
    let rate = BURST as f64 / began.elapsed().as_secs_f64();
    seconds.sort_by(f64::total_cmp);
    let quantile = |share: f64| seconds[((seconds.len() as f64 * share).ceil() as usize - 1).min(seconds.len() - 1)];
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| 1000.0 * quantile(share));
    println!("{what}: p50 {p50:.0} ms, p95 {p95:.0} ms, p99 {p99:.0} ms; a burst at {rate:.1} parts/s");
    println!("    share of each stage in the burst: {}", shares(&before, &live.health()));
    quantile(0.5)
}

fn shares(before: &HealthReport, after: &HealthReport) -> String {
    let spent: BTreeMap<&str, f64> = before.stages.iter().map(|stage| (stage.name, stage.spent_seconds)).collect();
    let work: Vec<(&str, f64)> =
        after.stages.iter().map(|stage| (stage.name, stage.spent_seconds - spent[stage.name])).collect();
    let total: f64 = work.iter().map(|(_, seconds)| seconds).sum();
    work.iter().map(|(name, seconds)| format!("{name} {:.0} %", 100.0 * seconds / total)).collect::<Vec<_>>().join(", ")
}

fn wait(events: &Receiver<Event>, parts: usize) {
    let mut judged = 0;
    while judged < parts {
        if let Event::Judged { .. } = events.recv_timeout(Duration::from_secs(120)).unwrap() {
            judged += 1;
        }
    }
}

/// A line with a model of the default size, hardly trained: it takes as long to judge as any.
fn learned(dir: &Path, side: u32) -> Line {
    let line = set_up(dir, "line", side, GOOD_PARTS);
    let mut config = line.settings.learn_config();
    config.pretrain.steps = 2;
    learn_line(&line, &config, &mut |_| ControlFlow::Continue(())).unwrap();
    line
}

/// A learning run that trains until it is dropped.
fn start_learning(dir: &Path, side: u32) -> LearnChild {
    let line = set_up(dir, "other line", side, GOOD_PARTS);
    let (sender, training) = bounded(1);
    let told = move |progress: sightline_core::LearnProgress| {
        if progress.stage == LearnStage::Pretrain {
            let _ = sender.try_send(());
        }
    };
    let run = LearnChild::start(&program("sightline"), &line.folder, told, |_| ()).unwrap();
    training.recv_timeout(Duration::from_secs(300)).expect("learning did not begin");
    run
}

fn set_up(dir: &Path, name: &str, side: u32, parts: usize) -> Line {
    let [good, camera] = ["good", "camera"].map(|folder| dir.join(format!("{name} {folder}")));
    for folder in [&good, &camera] {
        fs::create_dir_all(folder).unwrap();
    }
    for number in 0..parts {
        fs::write(good.join(format!("{number:03}.png")), png(side, number as u64, dir)).unwrap();
    }
    let settings = LineSettings {
        effort: Effort::Standard,
        device: Some("cpu".to_owned()),
        ..LineSettings::new(name, good, camera)
    };
    Line::init(&dir.join(name), settings).unwrap()
}

fn png(side: u32, number: u64, dir: &Path) -> Vec<u8> {
    let path: PathBuf = dir.join("drawn.png");
    PartGenerator::new(3, side).good(number).save(&path).unwrap();
    fs::read(path).unwrap()
}
