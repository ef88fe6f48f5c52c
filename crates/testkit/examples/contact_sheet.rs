//! Draws a contact sheet to look at: a row of good parts, then a row for each kind of defect from subtle to gross, with
//! the masks below each row. Usage: `contact_sheet OUTPUT.png [SIZE] [SEED]`.

use std::error::Error;
use std::time::Instant;

use image::{DynamicImage, GenericImage, RgbImage};
use sightline_testkit::{DefectKind, PartGenerator};

const COLUMNS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("usage: contact_sheet OUTPUT.png [SIZE] [SEED]")?;
    let size = arguments.get(1).map_or(Ok(256), |size| size.parse())?;
    let seed = arguments.get(2).map_or(Ok(1), |seed| seed.parse())?;
    let generator = PartGenerator::new(seed, size);
    let size = generator.size();
    let mut sheet = RgbImage::new(COLUMNS * size, (1 + 2 * DefectKind::ALL.len() as u32) * size);
    let started = Instant::now();
    for column in 0..COLUMNS {
        sheet.copy_from(&generator.good(u64::from(column)), column * size, 0)?;
    }
    println!("{:.1} ms per good part", started.elapsed().as_secs_f64() * 1000.0 / f64::from(COLUMNS));
    for (row, kind) in (0..).zip(DefectKind::ALL) {
        let mut parts: Vec<_> = (0..u64::from(COLUMNS)).map(|index| generator.defective(100 + index, kind)).collect();
        parts.sort_by(|a, b| a.severity.total_cmp(&b.severity));
        let severities: Vec<String> = parts.iter().map(|part| format!("{:.2}", part.severity)).collect();
        println!("{:>13}: severity {}", kind.name(), severities.join(" "));
        for (column, part) in (0..).zip(parts) {
            sheet.copy_from(&part.picture, column * size, (1 + 2 * row) * size)?;
            let mask = DynamicImage::from(part.mask).into_rgb8();
            sheet.copy_from(&mask, column * size, (2 + 2 * row) * size)?;
        }
    }
    sheet.save(path)?;
    Ok(())
}
