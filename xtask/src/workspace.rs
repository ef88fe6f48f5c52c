//! Where things are: the repository's root, the folder that cargo builds into, and the cache that outlives a clone.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's build folder, as `CARGO_TARGET_DIR` and cargo's settings have it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets it when it runs this program; the path seen at compile time serves a binary started by hand.
        let here =
            std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = here.parent().with_context(|| format!("{} has no parent folder", here.display()))?.to_path_buf();
        let target = metadata(&root)?
            .get("target_directory")
            .and_then(Value::as_str)
            .map(PathBuf::from)
            .context("`cargo metadata` named no target folder")?;
        Ok(Self { root, target })
    }

    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A program of ours as `cargo build` left it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// `cargo metadata` of our own packages, without what they depend on in turn.
    pub(crate) fn metadata(&self) -> Result<Value> {
        metadata(&self.root)
    }
}

/// Sightline's folder in the user's cache, where tools are kept between clones.
pub(crate) fn cache() -> Result<PathBuf> {
    let not_empty = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    not_empty("XDG_CACHE_HOME")
        .or_else(|| not_empty("HOME").map(|home| home.join(".cache")))
        .or_else(|| not_empty("LOCALAPPDATA"))
        .map(|cache| cache.join("sightline"))
        .context("no cache folder: set HOME or XDG_CACHE_HOME")
}

fn metadata(root: &Path) -> Result<Value> {
    let mut cargo = Command::new("cargo");
    let text = command::read(cargo.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root))?;
    serde_json::from_str(&text).context("`cargo metadata` did not print JSON")
}
