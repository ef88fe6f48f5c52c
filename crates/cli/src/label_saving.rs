//! `sightline label-saving`

use anyhow::Result;
use sightline_app::{LabelSaving, Line, measure_label_saving, use_threads};

use crate::Outcome;
use crate::arguments::Saving;
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Saving) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    use_threads(arguments.threads.unwrap_or(0))?;
    let interrupt = Interrupt::listen()?;
    // Progress goes to standard error, so that the outcome alone is on standard output.
    let mut shown = Shown::new(false);
    let measured = measure_label_saving(&line, &mut |progress| {
        shown.report(&progress);
        interrupt.flow()
    });
    shown.finish();
    let measured = measured?;
    if arguments.json {
        print_json(&measured);
    } else {
        tell(&measured);
    }
    Ok(Outcome::Fine)
}

fn tell(measured: &LabelSaving) {
    let LabelSaving { labels, needed, interval: (low, high), tested, points, .. } = measured;
    println!(
        "with pretraining {needed:.0} labelled defects ({low:.0} to {high:.0}, 95 %) do what all {labels} do without it"
    );
    println!("found of {tested} held-out defects when 5 % of good parts may be rejected:");
    for point in points {
        let (begun, (low, high)) = (if point.pretrained { "pretrained" } else { "from random" }, point.interval);
        println!("{:>5} labels, {begun:<11}  {:.3} ({low:.3} to {high:.3})", point.labels, point.detection);
    }
}
