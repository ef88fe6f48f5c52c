//! `sightline shadow`: a challenger beside the live model.

use anyhow::{Context, Result, bail};
use sightline_app::{Line, Store};

use crate::Outcome;
use crate::arguments::Shadow;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Shadow) -> Result<Outcome> {
    let line = Line::open(&arguments.line)?;
    let store = Store::open(&line.folder)?;
    let live = store.live_model()?.context("the line has no model yet; learn one with `sightline learn`")?;
    if arguments.off {
        store.set_challenger(None)?;
    }
    if let Some(wanted) = &arguments.model {
        let models = store.models()?;
        let found: Vec<_> = models.iter().filter(|model| model.id.starts_with(wanted)).collect();
        let [challenger] = found.as_slice() else {
            let known: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
            bail!("{} models begin with {wanted:?}; the line has {}", found.len(), known.join(", "));
        };
        if challenger.id == live.id {
            bail!("{} is the live model", challenger.id);
        }
        store.set_challenger(Some(&challenger.id))?;
    }
    let Some(challenger) = store.challenger()? else {
        if arguments.json {
            print_json(&serde_json::json!({ "live": live.id, "challenger": null }));
        } else {
            println!("no model judges beside the live one; choose one with --model");
        }
        return Ok(Outcome::Fine);
    };
    let compared = store.compare_shadow(&challenger.id, &live.id)?;
    if arguments.json {
        print_json(&serde_json::json!({
            "live": live.id,
            "challenger": challenger.id,
            "parts": compared.parts,
            "both_bad": compared.both_bad,
            "only_live_bad": compared.only_live_bad,
            "only_challenger_bad": compared.only_challenger_bad,
        }));
    } else {
        println!("live {}, challenger {}: {} parts judged by both", live.id, challenger.id, compared.parts);
        println!("rejected by both {}", compared.both_bad);
        println!("rejected by the live model alone {}", compared.only_live_bad);
        println!("rejected by the challenger alone {}", compared.only_challenger_bad);
    }
    Ok(Outcome::Fine)
}
