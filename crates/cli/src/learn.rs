//! `sightline learn`

use anyhow::Result;
use sightline_app::{LearnConfig, LearnedLine, Line, WorkerMessage, forget_checkpoints, learn_line, use_threads};

use crate::Outcome;
use crate::arguments::Learn;
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};
use crate::table::promise_in_words;

pub(crate) fn run(arguments: &Learn) -> Result<Outcome> {
    let mut line = Line::open(&arguments.line)?;
    line.settings.device = arguments.device.clone().or(line.settings.device);
    use_threads(arguments.tuning.threads.or(line.settings.learning.threads).unwrap_or(0))?;
    let mut settings = line.settings.clone();
    if let Some(effort) = arguments.effort {
        settings.effort = effort.into();
    }
    settings.seed = arguments.seed.unwrap_or(settings.seed);
    let config = arguments.tuning.apply(settings.learn_config())?;
    if arguments.fresh {
        forget_checkpoints(&line)?;
    }
    learn_and_tell(&line, &config, arguments.json, &Interrupt::listen()?)
}

/// Learns with progress and says what came out.
pub(crate) fn learn_and_tell(line: &Line, config: &LearnConfig, json: bool, interrupt: &Interrupt) -> Result<Outcome> {
    let mut shown = Shown::new(json);
    let learned = learn_line(line, config, &mut |progress| {
        shown.report(&progress);
        interrupt.flow()
    });
    shown.finish();
    let learned = learned?;
    for reason in &learned.unreadable {
        eprintln!("left out: {reason}");
    }
    if json {
        print_json(&WorkerMessage::from(&learned));
    } else {
        tell(&learned)?;
    }
    Ok(if learned.is_live() { Outcome::Fine } else { Outcome::Rejected })
}

fn tell(learned: &LearnedLine) -> Result<()> {
    let LearnedLine { model, card, wrong_known, seconds, .. } = learned;
    let seconds: f64 = seconds.iter().map(|(_, seconds)| seconds).sum();
    println!(
        "model {} learned from {} good parts in {seconds:.0} s",
        &model[..12.min(model.len())],
        card.made.parts_learned
    );
    if let Some(start) = &card.made.start {
        println!("{start}");
    }
    println!("{}", promise_in_words(&card.calibration()?, card.parts_missing()));
    if !learned.is_live() {
        println!("not promoted: known parts do not come out right, and what judged before goes on");
        wrong_known.iter().for_each(|part| println!("  {part}"));
        println!("it is kept: `sightline shadow` tries it beside, and `sightline promote` asks the known parts again");
    }
    Ok(())
}
