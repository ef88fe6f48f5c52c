//! Which crate may know which: the edges point from the programs through the use-cases to the pure rules and never in
//! a circle, and each large library has its owners. Proved from `cargo metadata`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::Workspace;

/// For each crate, those of ours that it may depend on; `cargo test` of one may use the testkit besides.
const EDGES: &[(&str, &[&str])] = &[
    ("sightline-core", &[]),
    ("sightline-image", &["sightline-core"]),
    ("sightline-model", &["sightline-core", "sightline-image"]),
    ("sightline-train", &["sightline-core", "sightline-image", "sightline-model"]),
    ("sightline-store", &["sightline-core"]),
    ("sightline-watch", &["sightline-core"]),
    ("sightline-labels", &["sightline-core", "sightline-image"]),
    ("sightline-outputs", &["sightline-core"]),
    (
        "sightline-app",
        &[
            "sightline-core",
            "sightline-image",
            "sightline-labels",
            "sightline-model",
            "sightline-outputs",
            "sightline-store",
            "sightline-train",
            "sightline-watch",
        ],
    ),
    ("sightline-bridge", &["sightline-app", "sightline-core"]),
    ("sightline-cli", &["sightline-app", "sightline-core", "sightline-testkit"]),
    ("sightline-desktop", &["sightline-app", "sightline-bridge", "sightline-core"]),
    ("sightline-testkit", &["sightline-core"]),
];

/// They may depend on any crate, and none may depend on them.
const FREE: &[&str] = &["sightline-tests", "xtask"];

/// Libraries, by the first part of their name, and the crates that may know them.
const OWNERS: &[(&str, &[&str])] = &[
    ("burn", &["sightline-model", "sightline-train"]),
    ("rusqlite", &["sightline-store"]),
    ("tauri", &["sightline-desktop"]),
];

/// What the pure rules may depend on.
const CORE_LIBRARIES: &[&str] = &["statrs", "thiserror"];

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let faults = faults(&packages(&workspace.metadata()?)?);
    if !faults.is_empty() {
        bail!("dependencies point the wrong way:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// Only this crate's own tests see it.
    for_tests: bool,
}

fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let name = |value: &Value| Some(value.get("name")?.as_str()?.to_owned());
    let package = |value: &Value| {
        let dependencies = value.get("dependencies")?.as_array()?.iter().map(|dependency| {
            let kind = dependency.get("kind").and_then(Value::as_str);
            Some(Dependency { name: name(dependency)?, for_tests: kind == Some("dev") })
        });
        Some(Package { name: name(value)?, dependencies: dependencies.collect::<Option<_>>()? })
    };
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .and_then(|packages| packages.iter().map(package).collect())
        .context("`cargo metadata` printed packages of an unknown form")
}

/// What is wrong, a sentence each.
fn faults(packages: &[Package]) -> Vec<String> {
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| !FREE.contains(&package.name.as_str())) {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package.name) else {
            faults.push(format!("{} has no row in the table of allowed edges", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let fault = if ours(to) {
                let testkit = dependency.for_tests && to == "sightline-testkit";
                (!allowed.contains(&to) && !testkit).then(|| format!("{} may not depend on {to}", package.name))
            } else if dependency.for_tests {
                None
            } else {
                stranger(&package.name, to)
            };
            faults.extend(fault);
        }
    }
    faults.extend(circle(packages).map(|names| format!("a circle: {}", names.join(" → "))));
    faults
}

/// Why a crate may not know a library, if it may not.
fn stranger(package: &str, library: &str) -> Option<String> {
    if package == "sightline-core" && !CORE_LIBRARIES.contains(&library) {
        return Some(format!("{package} may depend on {} alone, not on {library}", CORE_LIBRARIES.join(" and ")));
    }
    let (_, owners) = OWNERS.iter().find(|(family, _)| library.split('-').next() == Some(family))?;
    (!owners.contains(&package)).then(|| format!("{package} may not know {library}; {} may", owners.join(" and ")))
}

/// One circle, named from a crate back to itself. What only tests see is left out: cargo allows a circle there.
fn circle(packages: &[Package]) -> Option<Vec<&str>> {
    let edges: BTreeMap<&str, Vec<&str>> = packages
        .iter()
        .map(|package| {
            let to = package.dependencies.iter().filter(|dependency| !dependency.for_tests);
            (package.name.as_str(), to.map(|dependency| dependency.name.as_str()).collect())
        })
        .collect();
    edges.keys().find_map(|start| way(&edges, start, start, &mut Vec::new()))
}

/// A way along the edges from `at` to `end`, both named, of one edge or more. `seen` are crates that lead nowhere new.
fn way<'a>(
    edges: &BTreeMap<&'a str, Vec<&'a str>>,
    at: &'a str,
    end: &str,
    seen: &mut Vec<&'a str>,
) -> Option<Vec<&'a str>> {
    for &next in edges.get(at)? {
        if next == end {
            return Some(vec![at, next]);
        }
        if !seen.contains(&next) {
            seen.push(next);
            if let Some(mut rest) = way(edges, next, end, seen) {
                rest.insert(0, at);
                return Some(rest);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
