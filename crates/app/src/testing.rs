//! Pictures and the smallest learning run for the tests of this crate.

use std::path::Path;

use sightline_train::{Effort, LearnConfig};

/// Side of the written parts.
const SIDE: u32 = 64;

/// Writes a binary PPM; `colour` gives red, green and blue at a column and a row.
pub(crate) fn write_ppm(path: &Path, (width, height): (u32, u32), colour: impl Fn(u32, u32) -> [u8; 3]) {
    let mut bytes = format!("P6\n{width} {height}\n255\n").into_bytes();
    for y in 0..height {
        (0..width).for_each(|x| bytes.extend(colour(x, y)));
    }
    std::fs::write(path, bytes).unwrap();
}

/// Writes a brushed grey plate; each number has its own light and grain.
pub(crate) fn write_plate(path: &Path, number: u32) {
    write_ppm(path, (SIDE, SIDE), |x, y| {
        let grain = ((y * 7 + number * 13) % 31) as u8;
        let noise = ((x * 31 + y * 17 + number * 101) % 11) as u8;
        [100 + (number % 9) as u8 + grain + noise; 3]
    });
}

/// Settings with which a run takes a second.
pub(crate) fn config() -> LearnConfig {
    let mut config = LearnConfig::new(Effort::Quick);
    (config.width, config.projection, config.head) = (4, 8, 4);
    (config.bank_cells, config.bank_candidates) = (40, 400);
    (config.pretrain.steps, config.pretrain.batch) = (4, 4);
    config
}
