//! `sightline views`

use anyhow::Result;
use sightline_app::{Line, write_line_sheet};

use crate::Outcome;
use crate::arguments::Views;

pub(crate) fn run(arguments: &Views) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let mut settings = line.settings.clone();
    settings.seed = arguments.seed.unwrap_or(settings.seed);
    write_line_sheet(&line, &arguments.tuning.apply(settings.learn_config())?, &arguments.out)?;
    println!("written: {}", arguments.out.display());
    Ok(Outcome::Fine)
}
