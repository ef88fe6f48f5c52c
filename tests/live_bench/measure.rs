//! Parts of a line, timed one by one and in a burst.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use serde_json::{Value, json};
use sightline_app::live::{EVENTS_WAITING, HealthReport, LiveLine};
use sightline_app::{Line, Store, choose_device, load_live_model};
use sightline_core::Event;
use sightline_tests::drop_file;

use crate::line::Picture;

/// The first parts warm caches and threads.
const WARMING: usize = 5;

/// What was found, in milliseconds.
#[derive(Debug)]
pub(crate) struct Times {
    parts: usize,
    /// From the file's close to the stored record.
    latency: [f64; 3],
    /// The same without the time in which the network and the bank compute.
    rest: [f64; 3],
    /// Work on a part that comes alone, by stage, median.
    stages: BTreeMap<&'static str, f64>,
    /// Parts a second, when they come faster than they are judged.
    rate: f64,
}

impl Times {
    pub(crate) fn row(&self, name: &str, picture: Picture, beside_learning: bool) -> Value {
        json!({
            "name": name,
            "picture": picture.ending(),
            "beside_learning": beside_learning,
            "parts": self.parts,
            "latency": self.latency,
            "rest": self.rest,
            "stages": self.stages,
            "rate": self.rate,
        })
    }
}

/// Times `parts` parts that come one by one, then as many at once.
pub(crate) fn times(line: &Line, pictures: &[Vec<u8>], picture: Picture, parts: usize) -> Times {
    let (store, _) = Store::open_alone(&line.folder).unwrap();
    let device = choose_device(Some("cpu")).unwrap();
    let model = load_live_model(&store, &line.folder, &device).unwrap();
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(line, Arc::new(store), model, sender).unwrap();
    let unique = Instant::now();
    let drop_next = |number: usize| {
        let name = format!("{}-{number}.{}", unique.elapsed().as_nanos(), picture.ending());
        drop_file(&line.settings.watch_folder, &name, &pictures[number % pictures.len()]);
    };
    let (mut latency, mut rest, mut work) = (Vec::new(), Vec::new(), BTreeMap::<_, Vec<f64>>::new());
    for number in 0..WARMING + parts {
        let before = spent(&live.health());
        drop_next(number);
        let closed = Instant::now();
        wait(&events, 1);
        let took = 1e3 * closed.elapsed().as_secs_f64();
        // The outputs' work on it may come after the event.
        sleep(Duration::from_millis(30));
        let after = spent(&live.health());
        if number >= WARMING {
            latency.push(took);
            rest.push(took - (after["judge"] - before["judge"]));
            for (stage, millis) in after {
                work.entry(stage).or_default().push(millis - before[stage]);
            }
        }
    }
    let began = Instant::now();
    (0..parts).for_each(drop_next);
    wait(&events, parts);
    Times {
        parts,
        rate: parts as f64 / began.elapsed().as_secs_f64(),
        latency: quantiles(latency),
        rest: quantiles(rest),
        stages: work.into_iter().map(|(stage, millis)| (stage, quantiles(millis)[0])).collect(),
    }
}

/// Milliseconds that each stage has worked.
fn spent(health: &HealthReport) -> BTreeMap<&'static str, f64> {
    health.stages.iter().map(|stage| (stage.name, 1e3 * stage.spent_seconds)).collect()
}

fn wait(events: &Receiver<Event>, parts: usize) {
    let mut judged = 0;
    while judged < parts {
        if let Event::Judged { .. } = events.recv_timeout(Duration::from_secs(120)).unwrap() {
            judged += 1;
        }
    }
}

/// p50, p95 and p99: the smallest value that so large a share does not exceed.
fn quantiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.5, 0.95, 0.99].map(|share| values[((values.len() as f64 * share).ceil() as usize).max(1) - 1])
}
