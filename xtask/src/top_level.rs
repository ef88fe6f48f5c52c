//! The repository's first page: what stands there is decided once, so that a reader finds every thing in its folder.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command;
use crate::workspace::Workspace;

const ALLOWED: &[&str] = &[
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "assets",
    "crates",
    "deny.toml",
    "docs",
    "rustfmt.toml",
    "src-tauri",
    "tests",
    "ui",
    "xtask",
];

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    // What git would take up next counts too: it is better found before it is committed.
    let files = command::read(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&workspace.root),
    )?;
    let strangers = strangers(&files);
    if !strangers.is_empty() {
        bail!("these stand at the top of the repository and belong into a folder: {}", strangers.join(", "));
    }
    Ok(())
}

/// Top-level names, of files separated by NUL, that are not allowed. Names with a dot in front are settings of tools.
fn strangers(files: &str) -> Vec<&str> {
    let names: BTreeSet<&str> = files.split('\0').filter_map(|path| path.split('/').next()).collect();
    names.into_iter().filter(|name| !name.is_empty() && !name.starts_with('.') && !ALLOWED.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_does_not_belong_there() {
        for (files, expected) in [
            ("", vec![]),
            ("Cargo.toml\0crates/core/src/lib.rs\0.ci/run\0.gitignore\0", vec![]),
            ("notes.txt\0crates/notes.txt\0scripts/a.sh\0scripts/b.sh\0", vec!["notes.txt", "scripts"]),
        ] {
            assert_eq!(strangers(files), expected);
        }
    }
}
