//! A Python of its own for what is measured against.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command;

/// A Python in `folder` that has the packages, made when it is not there.
pub(super) fn with(packages: &[&str], folder: &Path) -> Result<PathBuf> {
    let python = folder.join(if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" });
    if !python.is_file() {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
    }
    command::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}
