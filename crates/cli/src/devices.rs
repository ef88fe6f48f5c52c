//! `sightline devices`

use anyhow::Result;
use sightline_app::available_devices;

use crate::Outcome;
use crate::arguments::Devices;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Devices) -> Result<Outcome> {
    let devices = available_devices();
    if arguments.json {
        let rows: Vec<_> =
            devices.iter().map(|device| serde_json::json!({ "id": device.id, "name": device.name })).collect();
        print_json(&rows);
    } else {
        for (place, device) in devices.iter().enumerate() {
            println!("{:<8} {}{}", device.id, device.name, if place == 0 { "  (chosen unless pinned)" } else { "" });
        }
    }
    Ok(Outcome::Fine)
}
