//! How long a part waits for its verdict: from the moment its file is closed until its record is stored, with the line
//! at rest, with parts nearly as fast as they can be judged, and beside a learning run. Prints JSON; `cargo xtask bench
//! live` runs it and makes the tables.
//!
//! ```text
//! cargo bench --bench live -- time FOLDER PARTS    FOLDER gets the lines, and `jpegs`: what anomalib is timed on
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a program that cannot go on says where")]

mod lines;
mod running;

use std::path::Path;

use serde_json::{Value, json};
use sightline_app::{DeviceInfo, Line, Store, choose_device, forget_checkpoints};
use sightline_model::{Artefact, Good, Runtime};

use lines::{Picture, camera_pictures, learned, set_up, start_learning, write_parts};
use running::Running;

/// Good parts that a line learns from; how well it learns does not matter here.
const GOOD_PARTS: usize = 40;

/// Of parts that are judged in tiles: each takes seconds, and this is as few as a line learns from.
const GOOD_LARGE_PARTS: usize = 12;

/// Files that anomalib judges.
const FOLDER_PARTS: usize = 60;

/// Sides of square pictures of 0.3, 1, 5 and 20 million pixels.
const SIDES: [u32; 4] = [548, 1000, 2236, 4472];

/// The largest of them is judged in tiles at half its resolution, a multiple of 32: learning at the whole of it would take
/// longer than all measurements.
const LARGE_JUDGED_SIDE: u32 = 2240;

/// The encoder's width that anomalib's ResNet-18 has.
const FULL_WIDTH: usize = 64;

/// What is timed of one kind of part.
struct Plan<'a> {
    line: &'a Line,
    picture: Picture,
    /// Parts that come one by one.
    parts: usize,
    /// Parts that come at once.
    burst: usize,
    /// Whether it is timed at load and beside a learning run, too.
    whole: bool,
}

fn main() {
    // What builds all targets may start them too.
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "time") {
        time(Path::new(&arguments[at + 1]), arguments[at + 2].parse().unwrap());
    }
}

fn time(folder: &Path, parts: usize) {
    let ([small, medium, large, huge], jpeg) = (SIDES, |side| Picture { side, jpeg: true });
    let medium_png = Picture { side: medium, jpeg: false };
    write_parts(&folder.join("good"), jpeg(medium), GOOD_PARTS);
    write_parts(&folder.join("large good"), jpeg(huge), GOOD_LARGE_PARTS);
    write_parts(&folder.join("jpegs"), jpeg(medium), FOLDER_PARTS);
    let default = learned(set_up(folder, "default", "good", |_| ()));
    let full = learned(set_up(folder, "full width", "good", |settings| settings.learning.width = Some(FULL_WIDTH)));
    let tiled = learned(set_up(folder, "tiled", "large good", |settings| settings.judged_side = LARGE_JUDGED_SIDE));
    let learning = set_up(folder, "learning", "good", |_| ());

    let plan = |line, picture, whole| Plan { line, picture, parts, burst: parts.min(60), whole };
    let plans = [
        plan(&default, jpeg(small), true),
        plan(&default, jpeg(medium), true),
        plan(&default, medium_png, false),
        plan(&default, jpeg(large), true),
        plan(&full, jpeg(medium), false),
        Plan { parts: (parts / 30).max(3), burst: 3, ..plan(&tiled, jpeg(huge), true) },
    ];
    let cpu = choose_device(Some("cpu")).unwrap();
    let best = choose_device(None).unwrap();
    let devices: Vec<&DeviceInfo> = std::iter::once(&cpu).chain((best.id != cpu.id).then_some(&best)).collect();
    let on_each = |plan| devices.iter().map(|device| timed(plan, device, &learning)).collect::<Vec<_>>();
    let rows: Vec<Value> = plans.iter().flat_map(on_each).collect();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{:#}", json!({ "processors": processors, "device": cpu.name, "rows": rows }));
}

/// One kind of part on one device, as JSON: milliseconds of each part.
fn timed(plan: &Plan<'_>, device: &DeviceInfo, learning: &Line) -> Value {
    let Plan { line, picture, parts, burst, whole } = *plan;
    let facts = facts(line);
    let pictures = camera_pictures(picture, 6.min(parts));
    let running = Running::start(line, device, &pictures, picture.ending());
    let alone = running.one_by_one(parts);
    let rate = running.burst(burst);
    let busy = whole.then(|| running.steadily(parts, BUSY * rate));
    let beside = (whole && device.id == "cpu").then(|| {
        forget_checkpoints(learning).unwrap();
        let child = start_learning(learning);
        let beside = running.one_by_one(parts);
        assert!(!child.is_finished(), "learning ended before the last part");
        beside
    });
    let threads = match running.runtime() {
        Runtime::Graph { threads } => Some(threads),
        Runtime::Burn { .. } => None,
    };
    let megapixels = f64::from(picture.side * picture.side) / 1e6;
    eprintln!("{megapixels:.1} MP, {}, {}: {rate:.2} parts/s in a burst", picture.ending(), device.id);
    json!({
        "megapixels": megapixels, "format": picture.ending(), "kib": pictures[0].len() / 1024, "device": device.id,
        "device_name": device.name, "threads": threads, "model": facts, "alone": alone, "burst": burst, "rate": rate,
        "busy": busy, "beside": beside,
    })
}

/// Share of the burst's rate at which parts come to a busy line.
const BUSY: f64 = 0.8;

/// What the line's model is.
fn facts(line: &Line) -> Value {
    let store = Store::open(&line.folder).unwrap();
    let id = store.live_model().unwrap().unwrap().id;
    let Artefact { card, bank, .. } = Artefact::from_bytes(&store.read_model_file(&id).unwrap()).unwrap();
    let dimensions = bank.reduction.reduced();
    let kept = match bank.good {
        Good::Coreset { rows } => rows.len() / dimensions,
        Good::Gaussians { .. } => 0,
    };
    json!({
        "width": card.network.encoder.channels()[0], "bank": kept, "dimensions": dimensions,
        "judged": [card.recipe.width, card.recipe.height], "tile": card.recipe.tiles.map(|tiles| tiles.side),
        "colour": card.recipe.colour,
    })
}
