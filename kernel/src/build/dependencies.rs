//! Builds the crates that a notebook depends on.
//!
//! They are built as the dependencies of an empty package, so that Cargo's work is done once each
//! time the list changes and not once per cell.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Table;

use super::cargo::{exit_code, real_cargo};
use super::manifest::Manifest;

/// What the compiler has to be told of the built crates.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Externs {
    /// Name in the cells' source, and the file.
    pub(super) crates: Vec<(String, PathBuf)>,
    /// Where the crates that these depend on are.
    pub(super) search: Option<PathBuf>,
}

/// How the build went.
pub(super) enum Built {
    /// All are there.
    Externs(Externs),
    /// Cargo has said why not, and left this exit status.
    Failed(i32),
}

/// Builds what `manifest` names, or finds it built.
pub(super) fn build(cells: &Path, manifest: &Manifest) -> anyhow::Result<Built> {
    if manifest.dependencies.is_empty() {
        return Ok(Built::Externs(Externs::default()));
    }
    let folder = cells.join("dependencies");
    let wanted = package(&manifest.dependencies);
    let remembered = folder.join("externs.json");
    // The sources of a local crate may have changed; Cargo knows.
    let local = manifest
        .dependencies
        .values()
        .any(|dependency| dependency.get("path").is_some());
    if !local
        && fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|built| built == wanted)
        && let Ok(json) = fs::read(&remembered)
    {
        return Ok(Built::Externs(serde_json::from_slice(&json)?));
    }
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), &wanted)?;
    fs::write(folder.join("src/lib.rs"), "")?;
    // Forgotten first: a build that fails must not leave the list of an earlier one in force.
    if remembered.exists() {
        fs::remove_file(&remembered)?;
    }
    // Nodes without a network would spend seconds on finding that out: it is asked last.
    let mut output = command(&folder, false)?
        .output()
        .context("cannot run Cargo")?;
    if !output.status.success() {
        output = command(&folder, true)?
            .output()
            .context("cannot run Cargo")?;
    }
    if !output.status.success() {
        return Ok(Built::Failed(exit_code(output.status)));
    }
    let externs = externs(&folder, &output.stdout)?;
    fs::write(&remembered, serde_json::to_vec(&externs)?)?;
    Ok(Built::Externs(externs))
}

/// The build, whose complaints are shown when it may use the network: there is no further try.
fn command(folder: &Path, network: bool) -> anyhow::Result<Command> {
    let mut command = real_cargo()?;
    if !network {
        command.arg("--offline");
    }
    command
        .args(["build", "--message-format=json-render-diagnostics"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stdout(Stdio::piped())
        .stderr(if network {
            Stdio::inherit()
        } else {
            Stdio::null()
        });
    Ok(command)
}

fn package(dependencies: &Table) -> String {
    format!(
        "[package]\nname = \"dependencies\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[profile.dev.package.\"*\"]\nopt-level = 3\n\n[dependencies]\n{dependencies}"
    )
}

/// Joins the direct dependencies, whose names Cargo's metadata knows, with the files it built.
fn externs(folder: &Path, messages: &[u8]) -> anyhow::Result<Externs> {
    let mut files = HashMap::new();
    for message in messages.split(|&byte| byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(message) else {
            continue;
        };
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        if let (Some(id), Some(file)) = (message["package_id"].as_str(), library(&message)) {
            files.insert(id.to_owned(), file);
        }
    }
    let output = real_cargo()?
        .args(["metadata", "--offline", "--format-version=1"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")?;
    let root = &metadata["resolve"]["root"];
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("no packages were resolved")?;
    let direct = nodes
        .iter()
        .find(|node| node["id"] == *root)
        .and_then(|node| node["deps"].as_array())
        .context("the root package was not resolved")?;
    let mut crates = Vec::new();
    for dependency in direct {
        let (Some(name), Some(id)) = (dependency["name"].as_str(), dependency["pkg"].as_str())
        else {
            continue;
        };
        if let Some(file) = files.get(id) {
            crates.push((name.to_owned(), file.clone()));
        }
    }
    Ok(Externs {
        crates,
        search: Some(folder.join("target/debug/deps")),
    })
}

/// The file that a crate is linked by, if it is a library or a procedural macro.
fn library(artifact: &Value) -> Option<PathBuf> {
    let kinds = artifact["target"]["kind"].as_array()?;
    let linkable = ["lib", "rlib", "dylib", "proc-macro"];
    if !kinds
        .iter()
        .any(|kind| kind.as_str().is_some_and(|kind| linkable.contains(&kind)))
    {
        return None;
    }
    artifact["filenames"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .map(PathBuf::from)
        .find(|file| {
            file.extension()
                .is_some_and(|kind| kind == "rlib" || kind == "so")
        })
}
