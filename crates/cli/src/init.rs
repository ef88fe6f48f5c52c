//! `sightline init`

use anyhow::Result;
use sightline_app::{Line, LineSettings, look_at_folder};

use crate::Outcome;
use crate::arguments::Init;

pub(crate) fn run(arguments: &Init) -> Result<Outcome> {
    let name = arguments.name.clone().unwrap_or_else(|| {
        arguments.line.file_name().map_or_else(|| "line".to_owned(), |name| name.to_string_lossy().into_owned())
    });
    let settings = LineSettings {
        false_reject_limit: arguments.promise.false_rejects,
        confidence: arguments.promise.confidence,
        may_turn: arguments.poses.may_turn,
        may_flip: arguments.poses.may_flip,
        lies_alike: arguments.lies_alike,
        effort: arguments.effort.into(),
        judged_side: arguments.side,
        tile: arguments.tile,
        device: arguments.device.clone(),
        seed: arguments.seed,
        recipe: arguments.recipe.settings(),
        ..LineSettings::new(name, &arguments.good, &arguments.watch)
    };
    settings.check()?;
    let look = look_at_folder(&settings.good_folder, settings.false_reject_limit, settings.confidence)?;
    let line = Line::init(&arguments.line, settings)?;
    println!("line {} is ready: {} pictures of good parts", line.folder.display(), look.pictures.len());
    if look.pictures.len() < look.minimum {
        println!("at least {} are needed before anything can be learned", look.minimum);
    } else if look.pictures.len() < look.needed_for_promise {
        println!(
            "for the promise \"at most {} % of good parts rejected, with {} % confidence\" {} more are needed",
            100.0 * line.settings.false_reject_limit,
            100.0 * line.settings.confidence,
            look.needed_for_promise - look.pictures.len()
        );
    }
    println!("next: sightline learn {}", line.folder.display());
    Ok(Outcome::Fine)
}
