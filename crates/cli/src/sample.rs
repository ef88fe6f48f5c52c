//! `sightline sample`: a line that needs no camera. Good parts are generated and learned, then a feeder writes new
//! parts, some with a defect, into the watched folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use sightline_app::{Effort, Line, LineSettings, Store};
use sightline_testkit::{Feeder, PartGenerator, write_dataset, write_good_parts};

use crate::Outcome;
use crate::arguments::Sample;
use crate::interrupt::Interrupt;
use crate::learn::learn_and_tell;
use crate::watch::watch_lines;

/// Good parts that are drawn: enough for the promise of 1 % with 95 % confidence, and some to learn from.
const GOOD_PARTS: usize = 460;

/// Side of a drawn part, pixels.
const SIDE: u32 = 256;

/// Side at which it is judged: learning stays within minutes on two cores.
const JUDGED_SIDE: u32 = 192;

/// Good parts of a labelled data set: as many to learn from as the sample line has, and some to test on.
const DATASET_GOOD: usize = 600;
/// Parts of each kind of defect in it.
const DATASET_PER_DEFECT: usize = 40;

pub(crate) fn run(arguments: &Sample) -> Result<Outcome> {
    let interrupt = Interrupt::listen()?;
    let generator = PartGenerator::new(arguments.seed, SIDE);
    if arguments.dataset {
        write_dataset(&arguments.line, &generator, DATASET_GOOD, DATASET_PER_DEFECT)?;
        println!(
            "written: {DATASET_GOOD} good parts and {DATASET_PER_DEFECT} of each defect into {}",
            arguments.line.display()
        );
        return Ok(Outcome::Fine);
    }
    if arguments.feed {
        feed(&generator, arguments, &interrupt, arguments.parts)?;
        return Ok(Outcome::Fine);
    }
    let line = prepare(&generator, &arguments.line, &interrupt)?;
    if arguments.prepare {
        return Ok(Outcome::Fine);
    }
    if Store::open(&line.folder)?.live_model()?.is_none() {
        let config = line.settings.learn_config();
        learn_and_tell(&line, &config, false, &interrupt)?;
    }
    std::thread::scope(|scope| {
        let feeding = std::thread::Builder::new()
            .name("feeder".to_owned())
            .spawn_scoped(scope, || feed(&generator, arguments, &interrupt, arguments.parts))
            .context("starting the feeder")?;
        let outcome = watch_lines(std::slice::from_ref(&line), arguments.parts, false, &interrupt);
        // The feeder writes as many parts as were waited for, or stops at the same Ctrl-C.
        feeding.join().unwrap_or(Ok(()))?;
        outcome
    })
}

/// Draws the good parts, once, and makes the line.
fn prepare(generator: &PartGenerator, folder: &Path, interrupt: &Interrupt) -> Result<Line> {
    let (good, watched) = (folder.join("good parts"), camera(folder));
    std::fs::create_dir_all(&watched).with_context(|| format!("making {}", watched.display()))?;
    let complete = good.join(format!("part-{:05}.png", GOOD_PARTS - 1));
    if !complete.is_file() {
        println!("drawing {GOOD_PARTS} good parts into {}", good.display());
        write_good_parts(&good, generator, GOOD_PARTS, |_| {})?;
    }
    if interrupt.is_set() {
        anyhow::bail!("stopped");
    }
    let settings = LineSettings {
        effort: Effort::Quick,
        judged_side: JUDGED_SIDE,
        lies_alike: true,
        ..LineSettings::new("Sample line", good, watched)
    };
    Ok(Line::init(folder, settings)?)
}

fn camera(folder: &Path) -> PathBuf {
    folder.join("camera")
}

/// Writes parts at the wished pace, going on where an earlier feeder stopped.
fn feed(generator: &PartGenerator, arguments: &Sample, interrupt: &Interrupt, parts: Option<u64>) -> Result<()> {
    let folder = camera(&arguments.line);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let already = std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?.count() as u64;
    let mut feeder = Feeder::new(generator.clone(), &folder, arguments.defects)?.starting_at(already);
    let mut written = 0;
    while !interrupt.is_set() && parts.is_none_or(|parts| written < parts) {
        feeder.write_next()?;
        written += 1;
        // In small steps, so that Ctrl-C ends it at once.
        let mut left = arguments.every;
        while left > 0 && !interrupt.is_set() {
            let step = left.min(100);
            std::thread::sleep(Duration::from_millis(step));
            left -= step;
        }
    }
    Ok(())
}
