//! `sightline teach`

use std::time::Instant;

use anyhow::Result;
use sightline_app::{Line, Looks, Store, Teaching, teach};
use sightline_core::teaching::{Doubt, Why};

use crate::Outcome;
use crate::arguments::Teach;
use crate::interrupt::Interrupt;
use crate::live_model::live_model;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Teach) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let store = Store::open(&line.folder)?;
    let model = live_model(&line, &store)?;
    let interrupt = Interrupt::listen()?;
    let (mut shown, started) = (Shown::new(false), Instant::now());
    let queue = (usize::from(arguments.count), line.settings.seed);
    let told = teach(&store, &model, queue, &mut Looks::default(), &mut |done, total| {
        let seconds_left = started.elapsed().as_secs_f64() / done as f64 * (total - done) as f64;
        shown.step("looking", done, total, Some(seconds_left));
        interrupt.flow()
    });
    shown.finish();
    let told = told?;
    let name = |part: i64| -> Result<String> {
        let stored = store.part(part)?;
        Ok(stored.map_or_else(String::new, |stored| stored.record.judged.arrival.path.display().to_string()))
    };
    if arguments.json {
        print_json(&as_json(&told));
    } else if arguments.duplicates {
        for group in &told.alike {
            println!("as good as the same{}:", if group.leaks { ", and used on two sides" } else { "" });
            for &part in &group.parts {
                println!("  {part:>8}  {}", name(part)?);
            }
        }
        let leaks = told.alike.iter().filter(|group| group.leaks).count();
        println!("{} groups; {leaks} of them on two sides of training, calibration and test", told.alike.len());
    } else if arguments.mislabels {
        for part in &told.doubtful {
            let why = match part.doubt {
                Doubt::LooksDefective => "called good; both branches call it bad",
                Doubt::LooksGood => "called defective; looks good, as do the labelled parts like it",
            };
            println!("{:>8}  {:.2}  {why}  {}", part.part, part.strength, name(part.part)?);
        }
        println!("{} labels to look at again; none was changed", told.doubtful.len());
    } else {
        for lesson in &told.queue {
            let why = match lesson.why {
                Why::NearLimit => "near the limit",
                Why::BranchesDisagree => "branches disagree",
                Why::Novel => "like no labelled part",
                Why::Random => "drawn at random",
            };
            println!("{:>8}  {why:<22}  {}", lesson.part, name(lesson.part)?);
        }
    }
    if told.left_out > 0 {
        eprintln!("{} pictures are gone, changed or cannot be judged and were left out", told.left_out);
    }
    Ok(Outcome::Fine)
}

fn as_json(told: &Teaching) -> serde_json::Value {
    let queue = told.queue.iter().map(|lesson| {
        let why = match lesson.why {
            Why::NearLimit => "near-limit",
            Why::BranchesDisagree => "branches-disagree",
            Why::Novel => "novel",
            Why::Random => "random",
        };
        serde_json::json!({ "part": lesson.part, "why": why })
    });
    let doubtful = told.doubtful.iter().map(|part| {
        let why = match part.doubt {
            Doubt::LooksDefective => "looks-defective",
            Doubt::LooksGood => "looks-good",
        };
        serde_json::json!({ "part": part.part, "why": why, "strength": part.strength })
    });
    let alike = told.alike.iter().map(|group| serde_json::json!({ "parts": group.parts, "leaks": group.leaks }));
    serde_json::json!({
        "model": told.model,
        "queue": queue.collect::<Vec<_>>(),
        "mislabels": doubtful.collect::<Vec<_>>(),
        "duplicates": alike.collect::<Vec<_>>(),
        "left_out": told.left_out,
    })
}
