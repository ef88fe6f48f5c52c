//! `sightline export`

use anyhow::Result;
use sightline_app::{Line, export_bundle, export_onnx};

use crate::Outcome;
use crate::arguments;

/// Writes a model of a line into a file.
type Export = fn(&Line, Option<&str>, &std::path::Path) -> Result<String, sightline_app::AppError>;

pub(crate) fn run(arguments: &arguments::Export) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let id = arguments.model.as_deref();
    for (out, write) in [(&arguments.out, export_onnx as Export), (&arguments.bundle, export_bundle)] {
        let Some(out) = out else { continue };
        let model = write(&line, id, out)?;
        println!("model {} written to {}", &model[..12.min(model.len())], out.display());
    }
    Ok(Outcome::Fine)
}
