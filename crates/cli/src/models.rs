//! `sightline retrain`, `models`, `promote` and `rollback`

use anyhow::Result;
use sightline_app::{
    FineTuneConfig, Line, LineModel, RetrainOutcome, Retrained, Store, import_bundle, line_models, not_left_out_name,
    person, promote_model, refusal_name, retrain_line, roll_back, use_threads,
};
use sightline_core::gate::{Compared, LeftOut, NotLeftOut};

use crate::Outcome;
use crate::arguments::{Models, Promote, Retrain, Rollback};
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};

pub(crate) fn retrain(arguments: &Retrain) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    use_threads(arguments.threads.unwrap_or(0))?;
    let config = FineTuneConfig { seed: line.settings.seed, ..FineTuneConfig::new(line.settings.effort) };
    let interrupt = Interrupt::listen()?;
    let mut shown = Shown::new(arguments.json);
    let outcome = retrain_line(&line, &arguments.fine_tuning.apply(config), &mut |progress| {
        shown.report(&progress);
        interrupt.flow()
    });
    shown.finish();
    match outcome? {
        RetrainOutcome::NothingNew if arguments.json => print_json(&serde_json::json!({ "outcome": "nothing-new" })),
        RetrainOutcome::NothingNew => {
            println!("nothing new: the live model was made of these labels, settings and good parts");
        }
        RetrainOutcome::TriedBefore { challenger, passed } if arguments.json => {
            print_json(&serde_json::json!({ "outcome": "tried-before", "challenger": challenger, "passed": passed }));
        }
        RetrainOutcome::TriedBefore { challenger, passed } => {
            println!("nothing new: {challenger} was made of these before, and tried against the live model");
            println!("{}", if passed { "it passed; `sightline promote` lets it judge" } else { "it did not pass" });
        }
        RetrainOutcome::Tried(tried) if arguments.json => print_json(&serde_json::json!({
            "outcome": match (tried.promoted, tried.refusals.is_empty()) {
                (true, _) => "promoted",
                (false, true) => "passed",
                (false, false) => "refused",
            },
            "challenger": tried.challenger,
            "champion": tried.champion,
            "pretrained_anew": tried.pretrained_anew,
            "left_out": left_out_json(&tried),
            "refusals": tried.refusals.iter().map(refusal_name).collect::<Vec<_>>(),
            "wrong_known": tried.wrong_known,
            "unreadable": tried.unreadable,
        })),
        RetrainOutcome::Tried(tried) => tell(&tried),
    }
    Ok(Outcome::Fine)
}

fn tell(tried: &Retrained) {
    for reason in &tried.unreadable {
        println!("left out: {reason}");
    }
    if tried.pretrained_anew {
        println!("the good parts had changed: they were learned from first");
    }
    row("defects found", tried.trial.detection);
    row("good parts kept", tried.trial.good_kept);
    row("found as novel alone", tried.trial.unknown);
    match &tried.trial.left_out {
        Ok(LeftOut { together, classes }) => {
            let without = |name: &str, compared: &Compared| {
                let Compared { champion, challenger, interval: (low, high), .. } = compared;
                println!(
                    "{name:<21} {champion:.3} by good parts alone, {challenger:.3} without its labels ({low:+.3} to {high:+.3})"
                );
            };
            without("classes left out", together);
            classes.iter().for_each(|(name, compared)| without(&format!("  {name}"), compared));
        }
        Err(NotLeftOut::OneClass) => println!("no class left out: the labels name fewer than two"),
        Err(NotLeftOut::TooFewLabels) => {
            println!("no class left out: too few labels of each, or too few of the others")
        }
    }
    match tried.refusals.as_slice() {
        [] if tried.promoted => {
            println!("promoted: {} judges; a running Sightline takes it up between two parts", tried.challenger);
        }
        [] => println!(
            "passed, not promoted: another model judges by now; `sightline promote` lets {} judge",
            tried.challenger
        ),
        refusals => {
            let reasons: Vec<&str> = refusals.iter().map(refusal_name).collect();
            println!("refused: {}; {} goes on judging", reasons.join(", "), tried.champion);
            tried.wrong_known.iter().for_each(|part| println!("  {part}"));
        }
    }
}

/// The classes that were left out, or why none was.
fn left_out_json(tried: &Retrained) -> serde_json::Value {
    let json = |compared: &Compared| {
        let Compared { champion, challenger, interval: (low, high), chance_worse } = compared;
        serde_json::json!({
            "good_alone": champion, "without": challenger, "low": low, "high": high, "chance_worse": chance_worse,
        })
    };
    match &tried.trial.left_out {
        Ok(LeftOut { together, classes }) => serde_json::json!({
            "together": json(together),
            "classes": classes.iter().map(|(name, compared)| (name.clone(), json(compared))).collect::<serde_json::Map<_, _>>(),
        }),
        Err(reason) => serde_json::json!({ "skipped": not_left_out_name(*reason) }),
    }
}

fn row(name: &str, compared: Option<Compared>) {
    if let Some(Compared { champion, challenger, interval: (low, high), .. }) = compared {
        println!("{name:<21} {champion:.3} before, {challenger:.3} now ({low:+.3} to {high:+.3})");
    }
}

pub(crate) fn list(arguments: &Models) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    if let Some(bundle) = &arguments.import {
        let id = import_bundle(&line, bundle)?;
        if !arguments.json {
            println!("{id} taken over; `sightline promote` lets it judge");
        }
    }
    let models = line_models(&Store::open(&line.folder)?)?;
    if arguments.json {
        let row = |LineModel { known, gone, .. }: &LineModel| {
            serde_json::json!({
                "id": known.row.id,
                "made_millis": known.row.made_millis,
                "live": known.live,
                "passed": known.trial.as_ref().map(|trial| trial.passed),
                "champion": known.trial.as_ref().map(|trial| &trial.champion),
                "file_gone": gone,
            })
        };
        print_json(&models.iter().map(row).collect::<Vec<_>>());
        return Ok(Outcome::Fine);
    }
    for LineModel { known, gone, .. } in &models {
        let state = match (known.live, known.trial.as_ref().map(|trial| trial.passed)) {
            (true, _) => "judges",
            (false, Some(false)) => "did not pass its trial",
            (false, Some(true)) => "passed its trial",
            (false, None) => "no trial",
        };
        let file = if *gone { "; its file is gone: it cannot judge" } else { "" };
        println!("{}  {state}{file}", known.row.id);
    }
    Ok(Outcome::Fine)
}

pub(crate) fn promote(arguments: &Promote) -> Result<Outcome> {
    let row = promote_model(&Line::open(&arguments.line)?, &arguments.model, &person())?;
    println!("{} judges; a running Sightline takes it up between two parts", row.id);
    Ok(Outcome::Fine)
}

pub(crate) fn rollback(arguments: &Rollback) -> Result<Outcome> {
    let row = roll_back(&Line::open(&arguments.line)?, &person())?;
    println!("{} judges again; a running Sightline takes it up between two parts", row.id);
    Ok(Outcome::Fine)
}
