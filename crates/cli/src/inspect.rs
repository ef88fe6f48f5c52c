//! `sightline inspect`

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sightline_app::{Inspected, Line, Store, inspect_file, pictures_in, verdict_name};
use sightline_core::Verdict;

use crate::Outcome;
use crate::arguments::Inspect;
use crate::interrupt::Interrupt;
use crate::live_model::live_model;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Inspect) -> Result<Outcome> {
    let paths = match &arguments.path {
        path if path.is_dir() => pictures_in(path)?,
        path if path.exists() => vec![path.clone()],
        path => bail!("{} does not exist", path.display()),
    };
    let line = Line::open(&arguments.line)?;
    let model = live_model(&line, &Store::open(&line.folder)?)?;
    let interrupt = Interrupt::listen()?;
    let mut outcome = Outcome::Fine;
    for path in &paths {
        if interrupt.is_set() {
            bail!("stopped before all parts were judged");
        }
        let inspected = inspect_file(&model, path);
        if matches!(inspected.verdict, Verdict::Reject | Verdict::Unreadable) {
            outcome = Outcome::Rejected;
        }
        tell(path, &inspected, model.judge.limits().reject_above, arguments.json);
    }
    Ok(outcome)
}

fn tell(path: &Path, inspected: &Inspected, reject_above: f64, json: bool) {
    let score = inspected.scored.as_ref().map(|scored| scored.score);
    let detail = inspected.unreadable.as_ref().map(|(_, detail)| detail.as_str());
    if json {
        print_json(&serde_json::json!({
            "file": PathBuf::from(path),
            "verdict": verdict_name(inspected.verdict),
            "score": score,
            "reject_above": reject_above,
            "p_value": inspected.p_value,
            "detail": detail,
        }));
    } else {
        let evidence = match (score, detail) {
            (Some(score), _) => format!("score {score:.2}, limit {reject_above:.2}"),
            (None, detail) => detail.unwrap_or_default().to_owned(),
        };
        println!("{:<10} {}  {evidence}", verdict_name(inspected.verdict), path.display());
    }
}
