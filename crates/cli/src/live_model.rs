//! The model that judges a line, for commands that ask it something.

use anyhow::Result;
use sightline_app::{Line, LoadedModel, Store, choose_device, load_live_model};

/// Loads it onto the line's device. Where that is not possible the CPU judges, which standard error tells.
pub(crate) fn live_model(line: &Line, store: &Store) -> Result<LoadedModel> {
    let device = choose_device(line.settings.device.as_deref())?;
    let model = load_live_model(store, &line.folder, &device)?;
    if let Some(lost) = &model.lost {
        eprintln!("the CPU judges, not {} ({}): {}", lost.device.id, lost.device.name, lost.detail);
    }
    Ok(model)
}
