//! The model that judges a line, for commands that ask it something.

use anyhow::Result;
use sightline_app::{Line, LoadedModel, Store, choose_device, load_live_model};

/// Loads it onto the line's device. Where the CPU has to stand in, standard error tells why.
pub(crate) fn live_model(line: &Line, store: &Store) -> Result<LoadedModel> {
    let pinned = line.settings.device.as_deref();
    let model = load_live_model(store, &line.folder, &choose_device(pinned)?)?;
    if let Some(why) = model.why_on_cpu(pinned) {
        eprintln!("the CPU judges: {why}");
    }
    Ok(model)
}
