//! What labels are worth: `sightline label-curve` on magnetic tile with several seeds, gathered into tables and a plot.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::bench::{page, plot, runs};
use crate::workspace::Workspace;
use crate::{cargo, command, npm};

/// How tiles are learned and labelled: they are ground, may lie any way round, and are judged so.
const TILE: &[&str] =
    &["--side", "192", "--may-turn", "--may-flip", "--all-ways", "--grain", "--from-random", "--leave-out"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with `magnetic_tile`
    #[arg(long)]
    data: PathBuf,
    /// Runs with different seeds; each draws its own split and its own labels
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Only gather what earlier runs left
    #[arg(long)]
    gather: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let tile = std::path::absolute(&arguments.data)?.join("magnetic_tile");
    if !tile.is_dir() {
        bail!("there is no folder {}: name the pictures by --data", tile.display());
    }
    let page = workspace.root.join("docs").join("results.md");
    page::check(&page, "labels")?;
    if !arguments.gather {
        npm::build(workspace)?;
        command::run(&mut cargo::build_programs(workspace))?;
    }
    let out = workspace.target.join("bench").join("labels");
    let mut curves = Vec::new();
    for seed in 1..=arguments.seeds {
        eprintln!("\n== seed {seed} of {}", arguments.seeds);
        let folder = out.join(format!("seed-{seed}"));
        let mut command = Command::new(workspace.program("sightline"));
        command.arg("label-curve").arg(&tile).arg("--out").arg(&folder);
        command.args(TILE).args(["--seed", &seed.to_string()]);
        match runs::is_made(workspace, &folder, "labels.json", command, arguments.gather)? {
            true => curves.push(runs::read_json(&folder.join("labels.json"))?),
            false => eprintln!("not there, left out"),
        }
    }
    if curves.is_empty() {
        bail!("no run has left labels.json in {}", out.display());
    }
    let found = |pretrained| found_at_2_percent(&curves, pretrained);
    plot::found_against_labels(&workspace.root.join("docs").join("labels.svg"), &found(true), &found(false))?;
    page::replace(&page, "labels", &text(&curves)?)
}

/// Number of labels and mean share of defects found at 2 % false rejects; from random weights by the labels alone.
fn found_at_2_percent(curves: &[Value], pretrained: bool) -> Vec<(f64, f64)> {
    let of = |point: &Value| match pretrained {
        true => point["all"]["detected_at_2_percent"].as_f64(),
        false => point["labels"]["known"]["detected_at_2_percent"].as_f64(),
    };
    let counts: BTreeSet<u64> = points(curves, pretrained).filter_map(count).collect();
    let mean = |labels: u64| {
        let found: Vec<f64> = points(curves, pretrained).filter(|p| count(p) == Some(labels)).filter_map(of).collect();
        (labels as f64, found.iter().sum::<f64>() / found.len().max(1) as f64)
    };
    counts.into_iter().map(mean).collect()
}

fn points(curves: &[Value], pretrained: bool) -> impl Iterator<Item = &Value> {
    let all = curves.iter().filter_map(|curve| curve["points"].as_array()).flatten();
    all.filter(move |point| point["pretrained"] == pretrained && point["left_out"].is_null())
}

/// Labels of a point. Figures of `Evaluated` carry `labels`, too, so the number stands under its own name.
fn count(point: &Value) -> Option<u64> {
    point["labelled"].as_u64()
}

/// Share of the labels that pretraining saves: how many fewer find as many defects as so many from random weights. Below 0
/// where it takes more.
fn saved(pretrained: &[(f64, f64)], labels: f64, found: f64) -> Option<f64> {
    let reached = pretrained.windows(2).find(|pair| pair[0].1 < found && pair[1].1 >= found);
    let needed = match (pretrained.first(), reached) {
        (Some(first), _) if first.1 >= found => first.0,
        (_, Some([(few, below), (many, above)])) => few + (many - few) * (found - below) / (above - below),
        _ => return None,
    };
    Some(1.0 - needed / labels)
}

fn text(curves: &[Value]) -> Result<String> {
    let mut text = String::new();
    let device = curves[0]["device"].as_str().unwrap_or("unknown");
    writeln!(
        text,
        "Written by `cargo xtask bench labels` on {device}, {} seeds. Labels are taken from {} defects, figures are of {} \
         others; mean over the seeds and, where there are several, the range.\n",
        curves.len(),
        curves[0]["defects_to_label"],
        curves[0]["defects_tested"]
    )?;
    writeln!(
        text,
        "| labels | begun | AUROC | found at 1 % | at 2 % | at 5 % | false rejects for 98.6 % | known half alone at 2 % | class | pixel AUROC | PRO |"
    )?;
    writeln!(text, "|{}", "---|".repeat(11))?;
    for pretrained in [true, false] {
        let counts: BTreeSet<u64> = points(curves, pretrained).filter_map(count).collect();
        for labels in counts {
            let of: Vec<&Value> = points(curves, pretrained).filter(|point| count(point) == Some(labels)).collect();
            let cell = |path: &[&str]| mean_and_range(&of, path);
            let begun = if pretrained { "pretrained" } else { "at random" };
            let cells = [
                cell(&["all", "image_auroc"]),
                cell(&["all", "detected_at_1_percent"]),
                cell(&["all", "detected_at_2_percent"]),
                cell(&["all", "detected_at_5_percent"]),
                cell(&["labels", "together", "false_rejects_at_98_6_percent"]),
                cell(&["labels", "known", "detected_at_2_percent"]),
                cell(&["labels", "class_accuracy"]),
                cell(&["all", "pixel_auroc"]),
                cell(&["all", "pro"]),
            ];
            writeln!(text, "| {labels} | {begun} | {} |", cells.join(" | "))?;
        }
    }
    writeln!(text, "\n![Defects found against labels](labels.svg)\n")?;
    let pretrained = found_at_2_percent(curves, true);
    for (labels, found) in found_at_2_percent(curves, false) {
        match saved(&pretrained, labels, found) {
            Some(share) => writeln!(
                text,
                "- As many defects as {labels:.0} labels find from random weights are found with {:.0} % {} after \
                 pretraining.",
                100.0 * share.abs(),
                if share < 0.0 { "more labels" } else { "fewer" }
            )?,
            None => {
                writeln!(text, "- What {labels:.0} labels find from random weights was not reached after pretraining.")?
            }
        }
    }
    writeln!(text, "\n{}", left_out(curves)?)?;
    Ok(text)
}

/// Recall on a class that nobody labelled, before labels and after labelling all others.
fn left_out(curves: &[Value]) -> Result<String> {
    let all = || curves.iter().filter_map(|curve| curve["points"].as_array()).flatten();
    let kinds: BTreeSet<&str> = all().filter_map(|point| point["left_out"].as_str()).collect();
    let mut text = String::new();
    if kinds.is_empty() {
        return Ok(text);
    }
    writeln!(
        text,
        "Share found of a class that nobody labelled, before any label and after the others were labelled:\n"
    )?;
    writeln!(text, "| class | at 2 % before | after | at 5 % before | after |\n|---|---|---|---|---|")?;
    for kind in kinds {
        let of_kind = |points: Vec<&Value>, figure: &str| {
            let rows: Vec<&Value> = points
                .into_iter()
                .filter_map(|point| point["by_type"].as_array()?.iter().find(|row| row["kind"] == kind))
                .collect();
            mean_and_range(&rows, &[figure])
        };
        let before = || all().filter(|point| count(point) == Some(0)).collect();
        let after = || all().filter(|point| point["left_out"] == kind).collect();
        let cells = ["detected_at_2_percent", "detected_at_5_percent"]
            .map(|figure| format!("{} | {}", of_kind(before(), figure), of_kind(after(), figure)));
        writeln!(text, "| {kind} | {} |", cells.join(" | "))?;
    }
    Ok(text)
}

fn mean_and_range(values: &[&Value], path: &[&str]) -> String {
    let at = |value: &&Value| path.iter().fold(*value, |value, key| &value[*key]).as_f64();
    let found: Vec<f64> = values.iter().filter_map(at).collect();
    if found.is_empty() {
        return "–".to_owned();
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    let (low, high) = found.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    if found.len() == 1 { format!("{mean:.3}") } else { format!("{mean:.3} ({low:.3}–{high:.3})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn point(labelled: u64, pretrained: bool, left_out: Option<&str>, found: f64) -> Value {
        json!({
            "labelled": labelled, "pretrained": pretrained, "left_out": left_out,
            "all": { "image_auroc": 0.9, "detected_at_2_percent": found },
            "labels": { "known": { "detected_at_2_percent": found } },
            "by_type": [{ "kind": "pit", "detected_at_2_percent": found / 2.0 }],
        })
    }

    #[test]
    fn tables_say_what_labels_saved_and_what_became_of_the_unknown() {
        let points = [
            point(0, true, None, 0.2),
            point(10, true, None, 0.4),
            point(50, true, None, 0.8),
            point(10, false, None, 0.1),
            point(30, false, None, 0.7),
            point(50, false, None, 0.6),
            point(50, true, Some("pit"), 0.7),
        ];
        let curves = [json!({ "points": points, "device": "cpu", "defects_to_label": 60, "defects_tested": 40 })];
        let text = text(&curves).unwrap();
        assert!(text.contains("| 50 | pretrained | 0.900 | – | 0.800 |"), "{text}");
        assert!(text.contains("50 labels find from random weights are found with 40 % fewer"), "{text}");
        assert!(text.contains("10 labels find from random weights are found with 100 % fewer"), "{text}");
        assert!(text.contains("30 labels find from random weights are found with 33 % more labels after"), "{text}");
        assert!(text.contains("| pit | 0.100 | 0.350 |"), "{text}");
        assert_eq!(saved(&[(0.0, 0.1), (10.0, 0.2)], 50.0, 0.3), None);
    }
}
