//! Curves as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor, SVGBackend, WHITE,
};

use crate::bench::runs::Finished;

/// Beyond this share of false rejects no line would be run.
const SHOWN: f64 = 0.2;

/// Told apart without colour vision, too (Okabe and Ito).
const COLOURS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];

/// Share of defects found against share of good parts rejected, a curve for each run.
pub(super) fn found_against_false_rejects(path: &Path, runs: &[&Finished]) -> Result<()> {
    let failed = |error: String| anyhow!("could not draw {}: {error}", path.display());
    let area = SVGBackend::new(path, (720, 420)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(error.to_string()))?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..SHOWN, 0.0..1.0_f64)
        .map_err(|error| failed(error.to_string()))?;
    chart
        .configure_mesh()
        .x_desc("good parts rejected")
        .y_desc("defects found")
        .x_label_formatter(&|share| format!("{:.0} %", 100.0 * share))
        .y_label_formatter(&|share| format!("{:.0} %", 100.0 * share))
        .draw()
        .map_err(|error| failed(error.to_string()))?;
    for (run, colour) in runs.iter().zip(COLOURS.iter().cycle()) {
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(curve(&run.scores), colour.stroke_width(2)))
            .map_err(|error| failed(error.to_string()))?
            .label(format!("seed {}", run.report["seed"]))
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()
        .map_err(|error| failed(error.to_string()))?;
    area.present().map_err(|error| failed(error.to_string()))
}

/// Corners of the curve, from nothing rejected on. Equal scores are taken together.
fn curve(scores: &[(f64, bool)]) -> Vec<(f64, f64)> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let defects = sorted.iter().filter(|(_, defect)| *defect).count().max(1) as f64;
    let good = (sorted.len() as f64 - defects).max(1.0);
    let (mut points, mut rejected, mut found) = (vec![(0.0, 0.0)], 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        for (_, defect) in tied {
            if *defect {
                found += 1.0;
            } else {
                rejected += 1.0;
            }
        }
        points.push((rejected / good, found / defects));
    }
    points.retain(|(rejected, _)| *rejected <= SHOWN);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_takes_ties_together() {
        let scores = [(3.0, true), (2.0, false), (2.0, true), (1.0, false)];
        let check = |scores: &[(f64, bool)], expected: &[(f64, f64)]| assert_eq!(curve(scores), expected);
        check(&scores, &[(0.0, 0.0), (0.0, 0.5)]);
        check(&[(3.0, true), (2.0, true)], &[(0.0, 0.0), (0.0, 0.5), (0.0, 1.0)]);
    }

    #[test]
    fn a_picture_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curve.svg");
        let run = Finished {
            name: "tiles".to_owned(),
            report: serde_json::json!({ "seed": 4 }),
            scores: vec![(1.0, false), (2.0, true)],
        };
        found_against_false_rejects(&path, &[&run]).unwrap();
        let drawn = std::fs::read_to_string(path).unwrap();
        assert!(drawn.contains("polyline") && drawn.contains("seed 4"), "{drawn}");
    }
}
