//! Curves as SVG.

use std::ops::Range;
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
    let lines: Vec<(String, Vec<(f64, f64)>)> =
        runs.iter().map(|run| (format!("seed {}", run.report["seed"]), curve(&run.scores))).collect();
    draw(path, 0.0..SHOWN, ("good parts rejected", &percent), &lines)
}

fn percent(share: &f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Lines of the share of defects found, each with its name, against something with a name and a way to be written.
fn draw(
    path: &Path,
    across: Range<f64>,
    (name, written): (&str, &dyn Fn(&f64) -> String),
    lines: &[(String, Vec<(f64, f64)>)],
) -> Result<()> {
    let failed = |error: String| anyhow!("could not draw {}: {error}", path.display());
    let area = SVGBackend::new(path, (720, 420)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(error.to_string()))?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(across, 0.0..1.0_f64)
        .map_err(|error| failed(error.to_string()))?;
    chart
        .configure_mesh()
        .x_desc(name)
        .y_desc("defects found")
        .x_label_formatter(&written)
        .y_label_formatter(&percent)
        .draw()
        .map_err(|error| failed(error.to_string()))?;
    for ((name, points), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))
            .map_err(|error| failed(error.to_string()))?
            .label(name)
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

/// Share of defects found against the number of labels, after pretraining and from random weights.
pub(super) fn found_against_labels(path: &Path, pretrained: &[(f64, f64)], random: &[(f64, f64)]) -> Result<()> {
    let most = pretrained.iter().chain(random).map(|(labels, _)| *labels).fold(1.0, f64::max);
    let lines = [("after pretraining", pretrained), ("from random weights", random)];
    let lines = lines.map(|(name, points)| (name.to_owned(), points.to_vec()));
    draw(path, 0.0..most, ("labelled defects", &|labels| format!("{labels:.0}")), &lines)
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
