//! `sightline arrivals`: what file names tell, before anything is judged by them.

use anyhow::Result;
use sightline_app::{Line, preview_arrivals};

use crate::Outcome;
use crate::arguments::Arrivals;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Arrivals) -> Result<Outcome> {
    let mut line = Line::open(&arguments.line)?;
    let said = |said: &Option<String>| said.clone().map(|said| Some(said).filter(|said| !said.is_empty()));
    let settings = &mut line.settings.arrivals;
    settings.pattern = said(&arguments.pattern).unwrap_or(settings.pattern.take());
    settings.subfolders = said(&arguments.subfolders).unwrap_or(settings.subfolders.take());
    let config = line.settings.watch_config()?;
    let files = preview_arrivals(&config)?;
    let unfit = files.iter().filter(|(_, name)| name.is_none()).count();
    for (path, name) in files.iter().take(arguments.limit) {
        let fits = name.is_some();
        let name = name.clone().unwrap_or_default();
        if arguments.json {
            print_json(&serde_json::json!({
                "file": path, "fits": fits, "part": name.part, "lot": name.lot, "view": name.view,
            }));
        } else {
            let field = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
            let remark = if fits { "" } else { "  (does not fit the pattern)" };
            let (part, lot, view) = (field(name.part), field(name.lot), field(name.view));
            println!("{:<40} part {part:<16} lot {lot:<12} view {view}{remark}", path.display());
        }
    }
    if !arguments.json {
        let shown = files.len().min(arguments.limit);
        println!("{} files, {shown} shown; {unfit} do not fit the pattern and keep their file's name", files.len());
    }
    if arguments.set {
        Line::init(&arguments.line, line.settings)?;
    }
    Ok(Outcome::Fine)
}
