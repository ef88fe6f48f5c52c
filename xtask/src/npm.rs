//! The window's pages: npm's packages and the folder `ui/dist`, which the desktop program embeds and therefore has to
//! be there before cargo compiles it. Each is made again only when what it is made from has changed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::workspace::Workspace;

const OLDEST_NPM: u32 = 10;

/// Puts `ui/dist` in place.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    if is_stale(&workspace.ui())? { run(workspace, &["run", "build"]) } else { Ok(()) }
}

/// Puts `ui/node_modules` in place as the lock file has it.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let ui = workspace.ui();
    let lock_path = ui.join("package-lock.json");
    let lock = fs::read(&lock_path).with_context(|| format!("could not read {}", lock_path.display()))?;
    // A copy of the lock file tells more than a date: it is right after a branch was changed, too.
    let stamp = ui.join("node_modules").join(".installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    refuse_old_npm()?;
    run(workspace, &["ci", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, lock).with_context(|| format!("could not write {}", stamp.display()))
}

/// Runs npm in `ui/`.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    command::run(npm().args(arguments).current_dir(workspace.ui()))
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn refuse_old_npm() -> Result<()> {
    let version =
        command::read(npm().arg("--version")).context("npm 10 or newer is needed (it comes with Node.js 22)")?;
    match major(&version) {
        Some(major) if major >= OLDEST_NPM => Ok(()),
        _ => bail!("npm {OLDEST_NPM} or newer is needed (it comes with Node.js 22); found {}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().split('.').next()?.parse().ok()
}

/// Whether `dist` is missing or older than anything it is made from.
fn is_stale(ui: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(ui.join("dist").join("index.html")).and_then(|file| file.modified()) else {
        return Ok(true);
    };
    let newest = newest(ui, &["dist", "node_modules"])?;
    Ok(newest.is_some_and(|newest| newest > built))
}

/// The latest change below a folder. A folder's own date counts from the first level down, where it tells of a file
/// that was removed; the top folder's date changes with each build.
fn newest(folder: &Path, skipped: &[&str]) -> Result<Option<SystemTime>> {
    let mut newest = None;
    let context = || format!("could not read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if skipped.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let about = entry.metadata().with_context(context)?;
        newest = newest.max(about.modified().ok());
        if about.is_dir() {
            newest = newest.max(self::newest(&entry.path(), &[])?);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn reads_the_major_version() {
        for (text, expected) in [("10.9.2\n", Some(10)), ("9.2.0", Some(9)), ("", None), ("v10", None)] {
            assert_eq!(major(text), expected, "{text:?}");
        }
    }

    #[test]
    fn pages_are_built_again_when_a_source_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let ui = folder.path();
        let built = SystemTime::now() - Duration::from_secs(3600);
        let (before, after) = (built - Duration::from_secs(60), built + Duration::from_secs(60));
        let date = |path: &str, date| fs::File::open(ui.join(path)).unwrap().set_modified(date).unwrap();
        fs::create_dir_all(ui.join("src/views")).unwrap();
        fs::create_dir_all(ui.join("node_modules")).unwrap();
        fs::write(ui.join("src/views/Live.svelte"), "").unwrap();
        fs::write(ui.join("node_modules/other.js"), "").unwrap();
        for path in ["src/views/Live.svelte", "src/views", "src"] {
            date(path, before);
        }
        assert!(is_stale(ui).unwrap(), "nothing was built yet");

        fs::create_dir(ui.join("dist")).unwrap();
        fs::write(ui.join("dist/index.html"), "").unwrap();
        date("dist/index.html", built);
        assert!(!is_stale(ui).unwrap(), "only node_modules and dist are newer");

        date("src/views/Live.svelte", after);
        assert!(is_stale(ui).unwrap(), "a source is newer");
        date("src/views/Live.svelte", before);
        date("src/views", after);
        assert!(is_stale(ui).unwrap(), "a source was removed");
    }
}
