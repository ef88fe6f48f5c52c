//! `sightline check`: known parts, as at the start of a shift.

use anyhow::Result;
use sightline_app::{CheckedPart, KnownPart, Line, Store, check_line, verdict_name};

use crate::Outcome;
use crate::arguments::Check;
use crate::interrupt::Interrupt;
use crate::live_model::live_model;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Check) -> Result<Outcome> {
    let mut line = Line::open(&arguments.line)?;
    let settings = &mut line.settings.check;
    for (folder, said) in [(&mut settings.good, &arguments.good), (&mut settings.bad, &arguments.bad)] {
        if let Some(said) = said {
            // Absolute, so that it means the same folder wherever the line is started from.
            *folder = Some(std::path::absolute(said)?);
        }
    }
    if arguments.set {
        settings.required = arguments.required;
        line = Line::init(&arguments.line, line.settings)?;
    }
    let store = Store::open(&line.folder)?;
    let model = live_model(&line, &store)?;
    let interrupt = Interrupt::listen()?;
    let check = check_line(&line, &store, &model, &|| interrupt.is_set(), &mut |part| {
        tell(part, arguments.json);
        interrupt.flow()
    })?;
    let passed = check.passed();
    if arguments.json {
        print_json(&serde_json::json!({ "parts": check.parts, "passed": passed, "model": check.model }));
    } else {
        let wrong = check.wrong.lines().count();
        println!("{}: {wrong} of {} known parts came out wrong", if passed { "passed" } else { "FAILED" }, check.parts);
    }
    Ok(if passed { Outcome::Fine } else { Outcome::Rejected })
}

fn tell(part: &CheckedPart, json: bool) {
    let known = match part.known {
        KnownPart::Good => "good",
        KnownPart::Bad => "bad",
    };
    if json {
        print_json(&serde_json::json!({
            "file": part.path,
            "known": known,
            "verdict": verdict_name(part.verdict),
            "score": part.score,
            "right": part.is_right(),
        }));
    } else {
        let mark = if part.is_right() { "right" } else { "WRONG" };
        println!("{mark}  {known:<4} {:<10} {}", verdict_name(part.verdict), part.path.display());
    }
}
