//! `sightline similar`

use std::time::Instant;

use anyhow::Result;
use sightline_app::{Line, PixelRegion, Store, find_similar};

use crate::Outcome;
use crate::arguments::Similar;
use crate::interrupt::Interrupt;
use crate::live_model::live_model;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Similar) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let model = live_model(&line, &Store::open(&line.folder)?)?;
    let among = arguments.among.as_ref().unwrap_or(&line.settings.watch_folder);
    let interrupt = Interrupt::listen()?;
    // Progress goes to standard error, so that what was found is alone on standard output.
    let (mut shown, started) = (Shown::new(false), Instant::now());
    let report =
        find_similar(&model, &arguments.picture, arguments.region, among, arguments.count, &mut |done, total| {
            let seconds_left = started.elapsed().as_secs_f64() / done as f64 * (total - done) as f64;
            shown.step("comparing", done, total, Some(seconds_left));
            interrupt.flow()
        });
    shown.finish();
    let report = report?;
    for reason in &report.unreadable {
        eprintln!("left out: {reason}");
    }
    if arguments.json {
        let found = report.found.iter().map(|part| {
            let region = part.region.map(|PixelRegion { x, y, width, height }| [x, y, width, height]);
            serde_json::json!({ "file": part.path, "cosine": part.cosine, "region": region })
        });
        print_json(&serde_json::json!({
            "model": report.model,
            "dimensions": report.dimensions,
            "found": found.collect::<Vec<_>>(),
            "unreadable": report.unreadable,
        }));
        return Ok(Outcome::Fine);
    }
    for part in &report.found {
        let place = part
            .region
            .map_or_else(String::new, |PixelRegion { x, y, width, height }| format!("  at {x},{y},{width},{height}"));
        println!("{:.3}  {}{place}", part.cosine, part.path.display());
    }
    Ok(Outcome::Fine)
}
