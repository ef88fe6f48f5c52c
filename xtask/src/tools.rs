//! cargo-deny and cargo-machete, by version, built once into the user's cache. They come as source, from
//! where the product's own dependencies come.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};
use crate::{cargo, command};

pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
pub(crate) const CARGO_MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9.2" };

impl Tool {
    /// The tool's program; it is built when this version is not in the cache yet.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let tools = workspace::cache()?.join("tools");
        let root = tools.join(format!("{}-{}", self.name, self.version));
        let program = root.join("bin").join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        if program.is_file() {
            return Ok(program);
        }
        let build = tools.join(format!("build-{}", self.name));
        command::run(&mut self.install(workspace, &root, &build))?;
        fs::remove_dir_all(&build).with_context(|| format!("could not remove {}", build.display()))?;
        Ok(program)
    }

    /// Unoptimised and without debug information: on two cores cargo-deny is built in 90 seconds instead of minutes
    /// and still answers in seven.
    fn install(&self, workspace: &Workspace, root: &PathBuf, build: &PathBuf) -> Command {
        let mut install = cargo::cargo(workspace, "install");
        install
            .args(["--locked", "--profile", "dev", "--root"])
            .arg(root)
            .arg("--target-dir")
            .arg(build)
            .arg(format!("{}@{}", self.name, self.version))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("RUSTFLAGS");
        install
    }
}
