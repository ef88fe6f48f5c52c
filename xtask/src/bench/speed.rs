//! How fast a CPU judges. Our side is a bench of `crates/model`; the script beside it times the others on the files that
//! ours has written, and prints a table of ratios.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{cargo, command};

/// What is measured against, by version.
const PACKAGES: [&str; 3] = ["numpy==2.4.6", "onnxruntime==1.32.0", "faiss-cpu==1.15.1"];

pub(super) fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("bench-speed");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = python(&folder)?;
    let measured = command::read(&mut ours(workspace, &folder))?;
    let file = folder.join("sightline.json");
    fs::write(&file, &measured).with_context(|| format!("could not write {}", file.display()))?;
    println!("{measured}");
    let mut script = Command::new(python);
    command::run(script.arg(workspace.root.join("crates/model/benches/forward.py")).arg(&folder))
}

/// The development build: its dependencies are optimised too, and it is there already.
fn ours(workspace: &Workspace, folder: &Path) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--profile", "dev", "--bench", "forward", "--", "time"]).arg(folder);
    bench
}

/// A Python of its own with the packages, made when it is not there.
fn python(folder: &Path) -> Result<std::path::PathBuf> {
    let python = folder.join(if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" });
    if !python.is_file() {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
    }
    command::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_side_is_one_bench_of_the_whole_workspace() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        assert_eq!(
            command::line(&ours(&workspace, Path::new("/built/bench-speed"))),
            "cargo bench --workspace --profile dev --bench forward -- time /built/bench-speed"
        );
    }
}
