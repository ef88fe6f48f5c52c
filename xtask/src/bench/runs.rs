//! One evaluation as a command, and the report that it leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;
use crate::workspace::Workspace;

/// An evaluation to be run.
pub(super) struct Run {
    group: String,
    /// Which data set, where runs on several share a group.
    of: Option<String>,
    dataset: PathBuf,
    arguments: Vec<String>,
    seed: u64,
}

/// What an evaluation left.
pub(super) struct Finished {
    /// Runs that differ by their seed alone share it.
    pub(super) name: String,
    /// `report.json`.
    pub(super) report: Value,
    /// Score of each test part, and whether it is defective.
    pub(super) scores: Vec<(f64, bool)>,
}

impl Run {
    pub(super) fn new(name: &str, dataset: &Path, arguments: &[&str]) -> Self {
        let (group, dataset) = (name.to_owned(), dataset.to_owned());
        Self { group, of: None, dataset, arguments: Vec::new(), seed: 1 }.with(arguments)
    }

    pub(super) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    pub(super) fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Told apart from other runs of its group by the data set.
    pub(super) fn of(self, dataset: &str) -> Self {
        Self { of: Some(dataset.to_owned()), ..self }
    }

    pub(super) fn name(&self) -> String {
        let of = self.of.as_ref().map_or_else(String::new, |of| format!(", {of}"));
        format!("{}{of}, seed {}", self.group, self.seed)
    }

    fn folder(&self) -> String {
        self.name().replace(", ", "-").replace(' ', "-")
    }

    fn command(&self, workspace: &Workspace, out: &Path) -> Command {
        let mut command = Command::new(workspace.program("sightline"));
        command.arg("evaluate").arg(&self.dataset).arg("--out").arg(out);
        command.args(&self.arguments).args(["--seed", &self.seed.to_string()]);
        command
    }
}

/// The run's report: the one that is there when the same command made it, else a new one. None when nothing may be run
/// and nothing is there.
pub(super) fn report(workspace: &Workspace, out: &Path, run: &Run, only_gather: bool) -> Result<Option<Finished>> {
    let folder = out.join(run.folder());
    let command = run.command(workspace, &folder);
    if !is_made(workspace, &folder, "report.json", command, only_gather)? {
        return Ok(None);
    }
    let report = read_json(&folder.join("report.json"))?;
    Ok(Some(Finished { name: run.group.clone(), report, scores: read_scores(&folder)? }))
}

/// Whether a folder holds the report that a command leaves there; runs the command when it does not and that is allowed.
pub(super) fn is_made(
    workspace: &Workspace,
    folder: &Path,
    report: &str,
    mut command: Command,
    only_gather: bool,
) -> Result<bool> {
    // The report is written last; the lines beside it tell whose it is: the command, and the build that ran it.
    let (line, told) = (format!("{}\n", command::line(&command)), folder.join("command.txt"));
    let made_by = format!("{line}{}\n", build_of(&workspace.program("sightline")));
    let says = fs::read_to_string(&told).unwrap_or_default();
    let is_same = if only_gather { says.starts_with(&line) } else { says == made_by };
    if folder.join(report).is_file() && is_same {
        return Ok(true);
    }
    if only_gather {
        return Ok(false);
    }
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    command::run(&mut command)?;
    fs::write(&told, made_by).with_context(|| format!("could not write {}", told.display()))?;
    Ok(true)
}

/// What tells one build of a program from the next.
fn build_of(program: &Path) -> String {
    fs::metadata(program)
        .map_or_else(|_| "no build".to_owned(), |file| format!("{} bytes of {:?}", file.len(), file.modified().ok()))
}

pub(super) fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
}

/// Parts that could not be scored are left out, as they are in the report's figures.
fn read_scores(folder: &Path) -> Result<Vec<(f64, bool)>> {
    let path = folder.join("scores.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| format!("could not read {}", path.display()))?;
    let mut scores = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("{} is damaged", path.display()))?;
        if let (Some(kind), Some(Ok(score))) = (row.get(1), row.get(2).map(str::parse)) {
            scores.push((score, kind != "good"));
        }
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_what_a_person_would_type() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let run = Run::new("tiles, by group", Path::new("/data/tiles"), &["--side", "288"]).seed(2);
        let line = command::line(&run.command(&workspace, Path::new("/out")));
        assert!(line.ends_with("evaluate /data/tiles --out /out --side 288 --seed 2"), "{line}");
        assert_eq!(run.folder(), "tiles-by-group-seed-2");
        assert_eq!(run.of("PA_1").folder(), "tiles-by-group-PA_1-seed-2");
    }

    #[test]
    fn a_report_counts_only_for_the_command_that_made_it() {
        let out = tempfile::tempdir().unwrap();
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        let run = Run::new("tiles", Path::new("/data/tiles"), &[]);
        let folder = out.path().join(run.folder());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("report.json"), r#"{"good": 1}"#).unwrap();
        fs::write(folder.join("scores.csv"), "file,type,score\na,good,0.5\nb,pit,2\nc,pit,\n").unwrap();
        fs::write(folder.join("command.txt"), "another").unwrap();
        assert!(report(&workspace, out.path(), &run, true).unwrap().is_none());
        fs::write(
            folder.join("command.txt"),
            format!("{}\nof a build\n", command::line(&run.command(&workspace, &folder))),
        )
        .unwrap();
        let finished = report(&workspace, out.path(), &run, true).unwrap().unwrap();
        assert_eq!((finished.report["good"].as_u64(), finished.scores), (Some(1), vec![(0.5, false), (2.0, true)]));
    }
}
