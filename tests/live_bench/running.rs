//! A line that judges while its camera is this program.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use sightline_app::live::{EVENTS_WAITING, HealthReport, LiveLine};
use sightline_app::{DeviceInfo, Line, Store, load_live_model};
use sightline_core::Event;
use sightline_model::Runtime;

/// The first parts warm caches and threads.
const WARM_UP: usize = 3;

/// After a verdict, until the outputs are done with it, too.
const PAUSE: Duration = Duration::from_millis(30);

/// No part takes as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Milliseconds of one part by what took them; `latency` is all of it.
pub(crate) type Part = BTreeMap<&'static str, f64>;

pub(crate) struct Running<'a> {
    live: LiveLine,
    events: Receiver<Event>,
    camera: PathBuf,
    pictures: &'a [Vec<u8>],
    ending: &'static str,
    written: Cell<usize>,
}

impl<'a> Running<'a> {
    pub(crate) fn start(line: &Line, device: &DeviceInfo, pictures: &'a [Vec<u8>], ending: &'static str) -> Self {
        let camera = line.settings.watch_folder.clone();
        fs::remove_dir_all(&camera).unwrap();
        fs::create_dir(&camera).unwrap();
        let (store, _) = Store::open_alone(&line.folder).unwrap();
        let model = load_live_model(&store, &line.folder, device).unwrap();
        let (sender, events) = bounded(EVENTS_WAITING);
        let live = LiveLine::start(line, Arc::new(store), model, sender).unwrap();
        Self { live, events, camera, pictures, ending, written: Cell::new(0) }
    }

    /// What computes the network's maps.
    pub(crate) fn runtime(&self) -> Runtime {
        self.live.model().judge.runtime().clone()
    }

    /// Parts of which each comes when the one before has its record and has been told.
    pub(crate) fn one_by_one(&self, parts: usize) -> Vec<Part> {
        let mut before = spent(&self.live.health());
        let part = |_| {
            let (_, closed) = self.deliver();
            self.wait();
            let latency = closed.elapsed().as_secs_f64();
            sleep(PAUSE);
            let after = spent(&self.live.health());
            let mut part: Part = after.iter().map(|(name, seconds)| (*name, 1e3 * (seconds - before[name]))).collect();
            part.insert("latency", 1e3 * latency);
            before = after;
            part
        };
        (0..WARM_UP + parts).map(part).skip(WARM_UP).collect()
    }

    /// Parts that all come at once. Gives how many a second are judged.
    pub(crate) fn burst(&self, parts: usize) -> f64 {
        let began = Instant::now();
        for _ in 0..parts {
            self.deliver();
        }
        for _ in 0..parts {
            self.wait();
        }
        parts as f64 / began.elapsed().as_secs_f64()
    }

    /// Parts that come at a steady rate, whatever waits. Gives the milliseconds of each.
    pub(crate) fn steadily(&self, parts: usize, per_second: f64) -> Vec<f64> {
        let (began, mut closed, mut latencies) = (Instant::now(), HashMap::new(), Vec::new());
        while latencies.len() < parts {
            let due = Duration::from_secs_f64(closed.len() as f64 / per_second).saturating_sub(began.elapsed());
            let to_come = closed.len() < parts;
            if to_come && due.is_zero() {
                closed.extend([self.deliver()]);
                continue;
            }
            match self.events.recv_timeout(if to_come { due } else { PATIENCE }) {
                Ok(Event::Judged { record, .. }) => {
                    let since: &Instant = &closed[&record.judged.arrival.key.relative_path];
                    latencies.push(1e3 * since.elapsed().as_secs_f64());
                }
                Err(RecvTimeoutError::Timeout) if to_come => {}
                told => _ = told.unwrap(),
            }
        }
        latencies
    }

    /// Writes the next part as a careful camera does; gives its name and when it was complete.
    fn deliver(&self) -> (PathBuf, Instant) {
        let number = self.written.replace(self.written.get() + 1);
        let name = format!("{number:06}.{}", self.ending);
        let unfinished = self.camera.join(format!(".{name}.part"));
        fs::write(&unfinished, &self.pictures[number % self.pictures.len()]).unwrap();
        let closed = Instant::now();
        fs::rename(unfinished, self.camera.join(&name)).unwrap();
        (name.into(), closed)
    }

    fn wait(&self) {
        while !matches!(self.events.recv_timeout(PATIENCE).unwrap(), Event::Judged { .. }) {}
    }
}

/// Seconds that each stage, and each step within one, has taken so far.
fn spent(health: &HealthReport) -> BTreeMap<&'static str, f64> {
    let steps = health.stages.iter().flat_map(|stage| &stage.steps).map(|step| (step.name, step.spent_seconds));
    health.stages.iter().map(|stage| (stage.name, stage.spent_seconds)).chain(steps).collect()
}
