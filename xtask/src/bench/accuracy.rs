//! How good: the same commands that a person types, on pictures that lie beside the repository, their reports gathered
//! into tables. A run whose report is there is not repeated.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bench::runs::{self, Finished, Run};
use crate::bench::{page, plot, tables};
use crate::workspace::Workspace;
use crate::{cargo, command, npm};

/// How magnetic tiles are learned: they are ground, may lie any way round, and are judged so.
const TILE: &[&str] = &["--side", "192", "--may-turn", "--may-flip", "--all-ways", "--grain"];

/// The same, but each is looked at as it lies alone.
const AS_IT_LIES: &[&str] = &["--side", "192", "--may-turn", "--may-flip", "--grain"];

/// The same as [`TILE`], but the grain does not count.
const WITHOUT_GRAIN: &[&str] = &["--side", "192", "--may-turn", "--may-flip", "--all-ways"];

/// What that is called beside the ablations.
const NO_GRAIN: &str = "without the grain";

/// What that is called beside the ablations.
const ONE_LOOK: &str = "judged as a tile lies alone";

/// The set that ablations on magnetic tile are compared with.
const BY_GROUP: &str = "magnetic tile at 192 pixels, by group";

/// The same at the pictures' own resolution, in three times the time.
const LARGE_TILE: &[&str] = &["--side", "288", "--may-turn", "--may-flip", "--all-ways", "--grain"];

/// How printed papers are learned: few pictures, all alike.
const PAPER: &[&str] = &["--effort", "quick", "--steps", "200", "--batch", "8"];

/// What is left out, or put in another's place, one at a time; on magnetic tiles by group with the first seed.
const ABLATIONS: &[(&str, &[&str])] = &[
    ("without the contrastive term", &["--contrastive-weight", "0"]),
    ("without the synthetic-defect term", &["--synthetic-weight", "0"]),
    ("random start, nothing learned", &["--steps", "1"]),
    ("MoCo", &["--method", "moco"]),
    ("with the dense term", &["--dense-weight", "0.1"]),
    ("with the moving average of the weights", &["--ema", "0.99"]),
    (NO_GRAIN, &[]),
    (ONE_LOOK, &[]),
    ("with local contrast", &["--local-contrast", "31"]),
    ("with pieces of half the size, twice the batch", &["--drawn-share", "0.5", "--batch", "16"]),
    ("a Gaussian in place of the coreset", &["--bank", "gaussian"]),
    ("bank features not standardised", &["--bank-whiten", "none"]),
    ("bank features whitened", &["--bank-whiten", "whiten"]),
    ("bank features projected to 48", &["--bank-projection", "48"]),
    ("bank features whitened, projected to 48", &["--bank-whiten", "whiten", "--bank-projection", "48"]),
];

/// The same for printed papers, whose parts lie alike; on all papers with the first seed.
const PAPER_ABLATIONS: &[(&str, &[&str])] = &[
    ("the place counts in the bank", &["--place-weight", "30"]),
    ("a Gaussian for all cells", &["--bank", "gaussian"]),
    ("a Gaussian at each place", &["--bank", "gaussian", "--place-weight", "1"]),
    (
        "a Gaussian at each place, 48 dimensions",
        &["--bank", "gaussian", "--place-weight", "1", "--bank-projection", "48"],
    ),
    ("papers' bank features whitened", &["--bank-whiten", "whiten"]),
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with `magnetic_tile` and `printed_paper`
    #[arg(long)]
    data: PathBuf,
    /// Runs with different seeds; each draws its own split
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Leave the ablations out
    #[arg(long)]
    without_ablations: bool,
    /// Only gather what earlier runs left
    #[arg(long)]
    gather: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let data = std::path::absolute(&arguments.data)?;
    if !data.join("magnetic_tile").is_dir() {
        bail!("there is no folder magnetic_tile in {}: name the pictures by --data", data.display());
    }
    page::check(&workspace.root.join("docs").join("results.md"), "accuracy")?;
    if !arguments.gather {
        npm::build(workspace)?;
        command::run(&mut cargo::build_programs(workspace))?;
    }
    let runs = plan(&data, arguments.seeds, !arguments.without_ablations)?;
    let out = workspace.target.join("bench").join("accuracy");
    let mut finished = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        eprintln!("\n== {} of {}: {}", place + 1, runs.len(), run.name());
        match runs::report(workspace, &out, run, arguments.gather)? {
            Some(report) => finished.push(report),
            None => eprintln!("not there, left out"),
        }
    }
    if finished.is_empty() {
        bail!("no run has left a report in {}", out.display());
    }
    write(workspace, &finished)
}

/// Every run, the most telling first.
fn plan(data: &Path, seeds: u64, ablations: bool) -> Result<Vec<Run>> {
    let tile = data.join("magnetic_tile");
    let tiles = |name: &str, how: &[&str], split: &str| -> Vec<Run> {
        (1..=seeds).map(|seed| Run::new(name, &tile, how).with(&["--split", split]).seed(seed)).collect()
    };
    let mut runs = tiles(BY_GROUP, TILE, "group");
    let papers = papers(&data.join("printed_paper"))?;
    let named = |paper: &Path| paper.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for paper in &papers {
        let name = format!("paper {}", named(paper));
        runs.extend((1..=seeds).map(|seed| Run::new(&name, paper, PAPER).seed(seed)));
    }
    runs.extend(tiles("magnetic tile at 192 pixels, at random", TILE, "random"));
    if ablations {
        for (name, changed) in ABLATIONS {
            let how = match *name {
                NO_GRAIN => WITHOUT_GRAIN,
                ONE_LOOK => AS_IT_LIES,
                _ => TILE,
            };
            runs.push(Run::new(name, &tile, how).with(&["--split", "group"]).with(changed).seed(1));
        }
        for (name, changed) in PAPER_ABLATIONS {
            runs.extend(
                papers.iter().map(|paper| Run::new(name, paper, PAPER).with(changed).of(&named(paper)).seed(1)),
            );
        }
    }
    runs.extend(tiles("magnetic tile at 288 pixels, by group", LARGE_TILE, "group"));
    Ok(runs)
}

fn papers(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut papers = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    papers.retain(|path| path.join("good").is_dir());
    papers.sort();
    Ok(papers)
}

fn write(workspace: &Workspace, finished: &[Finished]) -> Result<()> {
    let names = |ablations: &[(&'static str, &[&str])]| ablations.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let ablations = tables::Ablations { of: BY_GROUP, tile: names(ABLATIONS), papers: names(PAPER_ABLATIONS) };
    let by_group: Vec<&Finished> = finished.iter().filter(|run| run.name == BY_GROUP).collect();
    let mut text = tables::all(finished, &ablations)?;
    if !by_group.is_empty() {
        let docs = workspace.root.join("docs");
        plot::found_against_false_rejects(&docs.join("magnetic-tile.svg"), &by_group)?;
        text.push_str("\n![Defects found against false rejects](magnetic-tile.svg)\n");
    }
    page::replace(&workspace.root.join("docs").join("results.md"), "accuracy", &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_has_every_seed_split_paper_and_ablation() {
        let data = tempfile::tempdir().unwrap();
        for folder in ["magnetic_tile/good", "printed_paper/PA_1/good", "printed_paper/notes"] {
            std::fs::create_dir_all(data.path().join(folder)).unwrap();
        }
        let names =
            |ablations| -> Vec<String> { plan(data.path(), 2, ablations).unwrap().iter().map(Run::name).collect() };
        assert_eq!(
            names(false),
            [
                "magnetic tile at 192 pixels, by group, seed 1",
                "magnetic tile at 192 pixels, by group, seed 2",
                "paper PA_1, seed 1",
                "paper PA_1, seed 2",
                "magnetic tile at 192 pixels, at random, seed 1",
                "magnetic tile at 192 pixels, at random, seed 2",
                "magnetic tile at 288 pixels, by group, seed 1",
                "magnetic tile at 288 pixels, by group, seed 2",
            ]
        );
        let all = names(true);
        assert_eq!(all.len(), 8 + ABLATIONS.len() + PAPER_ABLATIONS.len());
        assert_eq!(all[6 + ABLATIONS.len()], "the place counts in the bank, PA_1, seed 1");
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "two runs would leave their reports in one folder");
    }
}
