//! Reports → Markdown tables: the mean over seeds and, where there are several, the range.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use serde_json::Value;

use crate::bench::runs::Finished;

/// Figures of a row and their headings.
const FIGURES: &[(&str, &str)] = &[
    ("image_auroc", "AUROC"),
    ("average_precision", "AP"),
    ("detected_at_1_percent", "found at 1 %"),
    ("detected_at_2_percent", "at 2 %"),
    ("detected_at_5_percent", "at 5 %"),
    ("pixel_auroc", "pixel AUROC"),
    ("pro", "PRO"),
    ("bank_auroc", "bank alone"),
    ("synthetic_auroc", "head alone"),
];

/// Names of runs that go into tables of their own.
pub(super) struct Ablations {
    /// The set that those on magnetic tile start from.
    pub(super) of: &'static str,
    /// On magnetic tile by group.
    pub(super) tile: Vec<&'static str>,
    /// On all printed papers.
    pub(super) papers: Vec<&'static str>,
}

/// Everything that the runs say.
pub(super) fn all(runs: &[Finished], ablations: &Ablations) -> Result<String> {
    let mut by_name: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for run in runs {
        by_name.entry(&run.name).or_default().push(&run.report);
    }
    let mut text = machine(runs)?;
    let (compared, datasets): (Vec<_>, Vec<_>) =
        by_name.into_iter().partition(|(name, _)| ablations.tile.contains(name) || ablations.papers.contains(name));
    writeln!(text, "\n{}", heading("set", &["seeds"]))?;
    for (name, reports) in &datasets {
        writeln!(text, "| {name} | {} |{}", reports.len(), figures(reports, |report| Some(&report["all"])))?;
    }
    let papers: Vec<&Value> = datasets
        .iter()
        .filter(|(name, _)| name.starts_with("paper "))
        .flat_map(|(_, reports)| reports)
        .copied()
        .collect();
    if !papers.is_empty() {
        writeln!(text, "| **all papers** | {} |{}", papers.len(), figures(&papers, |report| Some(&report["all"])))?;
    }
    for (name, reports) in datasets.iter().filter(|(name, _)| name.starts_with("magnetic tile")) {
        writeln!(text, "\nDefect types, {name}:\n\n{}", heading("type", &["parts"]))?;
        for kind in kinds(reports) {
            let of_kind = |report: &'_ Value| -> Option<usize> {
                report["by_type"].as_array()?.iter().position(|one| one["kind"] == *kind)
            };
            let parts = reports.iter().find_map(|report| report["by_type"][of_kind(report)?]["defects"].as_u64());
            let row = figures(reports, |report| of_kind(report).map(|place| &report["by_type"][place]));
            writeln!(text, "| {kind} | {} |{row}", parts.unwrap_or(0))?;
        }
    }
    writeln!(text, "\n{}", promises(&datasets)?)?;
    text.push_str(&alike(&datasets)?);
    for (title, names, start) in
        [(ablations.of, &ablations.tile, ablations.of), ("all printed papers", &ablations.papers, "paper ")]
    {
        let whole = datasets.iter().filter(|(name, _)| name.starts_with(start)).flat_map(|(_, reports)| reports);
        let whole: Vec<&Value> = whole.filter(|report| report["seed"] == 1).copied().collect();
        let changed: Vec<_> = compared.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        if changed.is_empty() {
            continue;
        }
        writeln!(text, "\nOne thing changed at a time, {title}, first seed:\n\n{}", heading("run", &[]))?;
        let whole = (!whole.is_empty()).then_some(("as it is", whole));
        for (name, reports) in whole.into_iter().chain(changed) {
            writeln!(text, "| {name} |{}", figures(&reports, |report| Some(&report["all"])))?;
        }
    }
    Ok(text)
}

/// How well parts of the same type are found by what they look like. Nothing where no report says.
fn alike(datasets: &[(&str, Vec<&Value>)]) -> Result<String> {
    let told: Vec<_> =
        datasets.iter().filter(|(_, reports)| reports.iter().any(|report| report["alike"].is_object())).collect();
    let mut text = String::new();
    if told.is_empty() {
        return Ok(text);
    }
    writeln!(
        text,
        "\nFinding defective parts of the same type by what they look like, each test part asked for once; recall at 10 is \
         found of the type / min(10, others of the type):\n\n| set | whole parts | by chance | regions | by chance |\n{}",
        "|---".repeat(5) + "|"
    )?;
    for (name, reports) in told {
        let cell = |by: &str, figure: &str| {
            let values: Vec<f64> = reports.iter().filter_map(|report| report["alike"][by][figure].as_f64()).collect();
            mean_and_range(&values)
        };
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} |",
            cell("whole", "recall_at_10"),
            cell("whole", "recall_by_chance"),
            cell("region", "recall_at_10"),
            cell("region", "recall_by_chance")
        )?;
    }
    Ok(text)
}

/// What it was measured on; every report says it of itself.
fn machine(runs: &[Finished]) -> Result<String> {
    let mut text = String::new();
    let mut devices: Vec<String> =
        runs.iter().map(|run| run.report["device"].as_str().unwrap_or("unknown").to_owned()).collect();
    devices.sort_unstable();
    devices.dedup();
    let seconds = |run: &Finished| {
        let stages = run.report["seconds"].as_array()?;
        Some(stages.iter().filter_map(|stage| stage[1].as_f64()).sum::<f64>())
    };
    let total: f64 = runs.iter().filter_map(seconds).sum();
    writeln!(
        text,
        "Written by `cargo xtask bench accuracy` on {}; {:.0} minutes in all.",
        devices.join(", "),
        total / 60.0
    )?;
    Ok(text)
}

fn heading(first: &str, more: &[&str]) -> String {
    let names: Vec<&str> = [first].iter().chain(more).copied().chain(FIGURES.iter().map(|(_, name)| *name)).collect();
    format!("| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))
}

/// A cell for each figure.
fn figures<'a>(reports: &[&'a Value], of: impl Fn(&'a Value) -> Option<&'a Value>) -> String {
    let cell = |(name, _): &(&str, &str)| {
        let values: Vec<f64> = reports.iter().filter_map(|report| of(report)?[*name].as_f64()).collect();
        format!(" {} |", mean_and_range(&values))
    };
    FIGURES.iter().map(cell).collect()
}

fn mean_and_range(values: &[f64]) -> String {
    let Some(least) = values.iter().copied().reduce(f64::min) else { return "–".to_owned() };
    let most = values.iter().copied().fold(least, f64::max);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match values.len() {
        1 => format!("{mean:.3}"),
        _ => format!("{mean:.3} ({least:.3}–{most:.3})"),
    }
}

fn kinds<'a>(reports: &[&'a Value]) -> Vec<&'a str> {
    let all = reports.iter().filter_map(|report| report["by_type"].as_array()).flatten();
    let mut kinds: Vec<&str> = all.filter_map(|one| one["kind"].as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Promised and achieved false rejects.
fn promises(datasets: &[(&str, Vec<&Value>)]) -> Result<String> {
    let mut text = "False rejects, promised and achieved on the good test parts:\n\n| set | seed | promised | achieved | good test parts | defects rejected | divided anew: mean | 95 % of divisions at most |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    for (name, reports) in datasets {
        for report in reports {
            let percent = |value: &Value| {
                value.as_f64().map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share))
            };
            writeln!(
                text,
                "| {name} | {} | {} | {} | {} | {} | {} | {} |",
                report["seed"],
                percent(&report["promised_false_rejects"]),
                percent(&report["achieved_false_rejects"]),
                report["good"],
                percent(&report["all"]["rejected_by_limit"]),
                percent(&report["promise_tried"]["mean_achieved"]),
                percent(&report["promise_tried"]["nineteen_of_twenty_below"]),
            )?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finished(name: &str, seed: u64, auroc: f64) -> Finished {
        let figures = json!({ "defects": 3, "image_auroc": auroc, "rejected_by_limit": 0.5 });
        let mut kind = figures.clone();
        kind["kind"] = json!("pit");
        let report = json!({
            "seed": seed, "device": "cpu (test)", "good": 7, "all": figures, "by_type": [kind],
            "alike": { "whole": null, "region": { "recall_at_10": 0.75, "recall_by_chance": 0.25 } },
            "promised_false_rejects": 0.01, "achieved_false_rejects": null, "seconds": [["read", 60.0]],
        });
        Finished { name: name.to_owned(), report, scores: Vec::new() }
    }

    #[test]
    fn seeds_are_gathered_and_ablations_stand_apart() {
        let runs = [
            finished("magnetic tile, by group", 1, 0.8),
            finished("magnetic tile, by group", 2, 0.9),
            finished("paper A", 1, 0.99),
            finished("without it", 1, 0.7),
            finished("papers without it", 1, 0.95),
            finished("papers without it", 1, 0.97),
        ];
        let ablations =
            Ablations { of: "magnetic tile, by group", tile: vec!["without it"], papers: vec!["papers without it"] };
        let text = all(&runs, &ablations).unwrap();
        for line in [
            "Written by `cargo xtask bench accuracy` on cpu (test); 6 minutes in all.",
            "| magnetic tile, by group | 2 | 0.850 (0.800–0.900) | – |",
            "| **all papers** | 1 | 0.990 |",
            "| pit | 3 | 0.850 (0.800–0.900) |",
            "| paper A | 1 | 1.0 % | – | 7 | 50.0 % | – | – |",
            "| as it is | 0.800 |",
            "| without it | 0.700 |",
            "| as it is | 0.990 |",
            "| papers without it | 0.960 (0.950–0.970) |",
            "| paper A | – | – | 0.750 | 0.250 |",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert_eq!(text.matches("| without it").count(), 1, "an ablation is no data set");
    }
}
