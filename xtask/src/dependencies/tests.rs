//! Made-up metadata with one fault each, and the sentence that has to name it.

use serde_json::json;

use super::*;

/// Each line is `crate: dependency dependency`, where `dev:` and `build:` in front of a dependency tell its kind.
fn check(manifests: &[&str], expected: &[&str]) {
    let packages: Vec<Value> = manifests
        .iter()
        .map(|manifest| {
            let (name, dependencies) = manifest.split_once(':').unwrap();
            let dependencies: Vec<Value> = dependencies
                .split_whitespace()
                .map(|dependency| match dependency.split_once(':') {
                    Some((kind, name)) => json!({ "name": name, "kind": kind }),
                    None => json!({ "name": dependency, "kind": null }),
                })
                .collect();
            json!({ "name": name, "dependencies": dependencies })
        })
        .collect();
    let packages = super::packages(&json!({ "packages": packages })).unwrap();
    assert_eq!(faults(&packages), expected, "{manifests:?}");
}

#[test]
fn the_drawn_layout_is_allowed() {
    check(
        &[
            "sightline-core: statrs thiserror dev:serde_json dev:rand",
            "sightline-image: sightline-core image dev:sightline-testkit",
            "sightline-model: sightline-core sightline-image burn",
            "sightline-train: sightline-core sightline-image sightline-model burn",
            "sightline-store: sightline-core rusqlite",
            "sightline-app: sightline-core sightline-model sightline-store sightline-train",
            "sightline-bridge: sightline-core sightline-app serde",
            "sightline-testkit: image",
            "sightline-cli: sightline-app sightline-testkit clap",
            "sightline-desktop: sightline-app sightline-bridge tauri build:tauri-build",
            "sightline-tests: sightline-store sightline-testkit rusqlite",
            "xtask: anyhow",
        ],
        &[],
    );
}

#[test]
fn a_forbidden_edge_is_named() {
    let core = "sightline-core: thiserror";
    let check = |manifest: &str, others: &[&str], expected: &str| {
        let manifests: Vec<&str> = [core, manifest].iter().chain(others).copied().collect();
        check(&manifests, &[expected]);
    };
    check(
        "sightline-store: sightline-core sightline-app",
        &["sightline-app: sightline-core"],
        "sightline-store may not depend on sightline-app",
    );
    check(
        "sightline-app: sightline-testkit",
        &["sightline-testkit:"],
        "sightline-app may not depend on sightline-testkit",
    );
    check("sightline-watch: dev:xtask", &["xtask:"], "sightline-watch may not depend on xtask");
    check(
        "sightline-image: build:burn-core",
        &[],
        "sightline-image may not know burn-core; sightline-model and sightline-train may",
    );
    check("sightline-app: rusqlite", &[], "sightline-app may not know rusqlite; sightline-store may");
    check(
        "sightline-cli: tauri-plugin-dialog",
        &[],
        "sightline-cli may not know tauri-plugin-dialog; sightline-desktop may",
    );
    check("sightline-new: sightline-core", &[], "sightline-new has no row in the table of allowed edges");
}

#[test]
fn the_core_knows_two_libraries() {
    check(
        &["sightline-core: thiserror serde"],
        &["sightline-core may depend on statrs and thiserror alone, not on serde"],
    );
}

#[test]
fn a_circle_is_named_from_end_to_end() {
    check(
        &[
            "sightline-core: build:sightline-train",
            "sightline-image: sightline-core",
            "sightline-train: sightline-image",
        ],
        &[
            "sightline-core may not depend on sightline-train",
            "a circle: sightline-core → sightline-train → sightline-image → sightline-core",
        ],
    );
}

#[test]
fn unknown_metadata_is_an_error() {
    for metadata in
        [json!({}), json!({ "packages": [{ "name": "a" }] }), json!({ "packages": [{ "dependencies": [] }] })]
    {
        assert!(super::packages(&metadata).is_err(), "{metadata}");
    }
}
