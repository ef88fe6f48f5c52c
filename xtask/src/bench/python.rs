//! What others' side of a comparison runs in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command;

/// A Python of its own below `folder` with these packages, made when it is not there.
pub(super) fn with(folder: &Path, packages: &[&str]) -> Result<PathBuf> {
    let python = folder.join(if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" });
    if !python.is_file() {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
    }
    command::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}
