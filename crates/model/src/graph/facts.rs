//! What another program has to know to prepare a picture and to read the maps: the metadata of an exported file.

use crate::{CELL, ModelCard, ModelError};

/// Keys and values; numbers, lists and rectangles are JSON.
pub(super) fn of(card: &ModelCard, id: &str) -> Result<Vec<(&'static str, String)>, ModelError> {
    let recipe = &card.recipe;
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| ModelError::Damaged { what: "model card", detail: error.to_string() })
    };
    let mut facts = vec![
        ("sightline.version", card.made.version.clone()),
        ("sightline.model", id.to_owned()),
        ("sightline.recipe", recipe.name.clone()),
        ("sightline.width", recipe.width.to_string()),
        ("sightline.height", recipe.height.to_string()),
        ("sightline.channels", if recipe.colour { "rgb" } else { "grey" }.to_owned()),
        // Brightness 0..=1 becomes (brightness - mean) / std, channel by channel.
        ("sightline.mean", json(serde_json::to_string(&card.normalise.mean))?),
        ("sightline.std", json(serde_json::to_string(&card.normalise.std))?),
        ("sightline.region", json(serde_json::to_string(&recipe.region))?),
        ("sightline.ignore", json(serde_json::to_string(&recipe.ignore))?),
        ("sightline.stride.defect", CELL.to_string()),
        ("sightline.stride.cells", (2 * CELL).to_string()),
    ];
    if let Some(window) = card.normalise.local_window {
        // Behind the channels as many planes again: each one's local contrast over squares of this side.
        facts.push(("sightline.local_contrast.window", window.to_string()));
    }
    if !recipe.ignore_outlines.is_empty() {
        facts.push(("sightline.ignore.outlines", json(serde_json::to_string(&recipe.ignore_outlines))?));
    }
    if let Some(tiles) = recipe.tiles {
        // The file is for tiles of the judged size, and a cell's place is told in its tile.
        facts.push(("sightline.tiles", json(serde_json::to_string(&tiles))?));
    }
    match recipe.keep_shape_scale {
        None => facts.push(("sightline.fit", "fill".to_owned())),
        // Smaller pictures lie at the upper left, and 0 fills the rest after normalising.
        Some(scale) => facts.extend([
            ("sightline.fit", "keep".to_owned()),
            ("sightline.fit.scale", json(serde_json::to_string(&scale))?),
        ]),
    }
    Ok(facts)
}
