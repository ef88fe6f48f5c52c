//! `sightline export`

use anyhow::Result;
use sightline_app::{Line, export_live_model};

use crate::Outcome;
use crate::arguments::Export;

pub(crate) fn run(arguments: &Export) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let model = export_live_model(&line, &arguments.out)?;
    println!("model {} written to {}", &model[..12.min(model.len())], arguments.out.display());
    Ok(Outcome::Fine)
}
