//! Crates that a site has built for everyone: to use them costs nothing, and no network.
//!
//! `ferrolab-kernel --prepare-crates FILE` builds the crates in the section `[crates]` of the site's
//! settings into the installation. A notebook that asks for nothing but such crates, in versions and
//! with features that fit, gets them as they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::dependencies::{Dependencies, Externs, Failure};
use super::process::Running;
use super::shared::SharedCrates;
use crate::layout::Layout;

/// The list beside the crates.
const LIST: &str = "crates.json";

#[derive(Debug, Serialize, Deserialize)]
struct Site {
    /// The compiler that built them: no other one can use them.
    compiler: String,
    /// Where the crates that these depend on are.
    search: PathBuf,
    /// Name and file of the library with all of them, if there is one.
    shared: Option<(String, PathBuf)>,
    crates: Vec<SiteCrate>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SiteCrate {
    /// Name in source.
    name: String,
    version: Version,
    features: Vec<String>,
    file: PathBuf,
}

/// The crates that a notebook wants, if the site has all of them.
pub(super) fn find(layout: &Layout, wanted: &Table) -> Option<Externs> {
    let list = fs::read(layout.site_crates().join(LIST)).ok()?;
    let site: Site = serde_json::from_slice(&list)
        .inspect_err(|error| tracing::warn!("the site's list of crates is not understood: {error}"))
        .ok()?;
    let compiler = layout.rust_version().ok()?;
    if site.compiler != compiler {
        tracing::warn!(
            "the site's crates were built by Rust {}, and cells are by {compiler}: run `make crates` again",
            site.compiler
        );
        return None;
    }
    let crates = wanted
        .iter()
        .map(|(name, specification)| {
            let name = name.replace('-', "_");
            let known = site.crates.iter().find(|known| known.name == name)?;
            known
                .fits(specification)
                .then(|| (name, known.file.clone()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Externs {
        crates,
        search: Some(site.search),
        shared: site.shared.map(|(name, file)| SharedCrates { name, file }),
        version: 0,
    })
}

impl SiteCrate {
    /// Whether the crate is what is asked for.
    fn fits(&self, specification: &Value) -> bool {
        let version = match specification {
            Value::String(version) => version.as_str(),
            Value::Table(table) => {
                let known = ["version", "features", "default-features"];
                if !table.keys().all(|key| known.contains(&key.as_str())) {
                    return false;
                }
                let features = table.get("features").and_then(Value::as_array);
                let has = |feature: &Value| {
                    feature
                        .as_str()
                        .is_some_and(|feature| self.features.iter().any(|known| known == feature))
                };
                if !features.is_none_or(|features| features.iter().all(has)) {
                    return false;
                }
                table.get("version").and_then(Value::as_str).unwrap_or("*")
            }
            _ => return false,
        };
        VersionReq::parse(version).is_ok_and(|wanted| wanted.matches(&self.version))
    }
}

/// The section of the site's settings that lists them, as a `Cargo.toml` does in `[dependencies]`.
const SECTION: &str = "crates";

/// Builds the crates in the section `[crates]` of `file` for everyone. `progress` is told what is
/// done.
///
/// # Errors
/// Fails when the file cannot be read, a crate cannot be built, or the installation cannot be
/// written to.
pub fn prepare(layout: &Layout, file: &Path, progress: &dyn Fn(&str)) -> anyhow::Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let manifest: Table = text.parse().with_context(|| file.display().to_string())?;
    let wanted = manifest
        .get(SECTION)
        .and_then(Value::as_table)
        .with_context(|| format!("{} has no section [{SECTION}]", file.display()))?;
    let folder = layout.site_crates();
    let target = folder.join("target");
    let mut dependencies = Dependencies::new(layout, folder.clone(), Arc::new(Running::default()));
    match dependencies.build_all(wanted.clone(), &target, progress)? {
        Ok(_) => {}
        Err(Failure::Cargo(said)) => return Err(anyhow::anyhow!("{}", said.trim())),
        Err(Failure::Stopped) => return Err(anyhow::anyhow!("the build was stopped")),
    }
    let metadata = dependencies.metadata(&target)?;
    let nodes = metadata["resolve"]["nodes"].as_array();
    let root = &metadata["resolve"]["root"];
    let direct = nodes
        .into_iter()
        .flatten()
        .find(|node| node["id"] == *root)
        .and_then(|node| node["deps"].as_array())
        .context("the root package was not resolved")?;
    let mut crates = Vec::new();
    for (name, file) in &dependencies.externs().crates {
        let id = direct
            .iter()
            .find(|dependency| dependency["name"] == name.as_str())
            .map(|dependency| &dependency["pkg"]);
        let with_id = |list: &str| {
            let list = match list {
                "packages" => &metadata["packages"],
                _ => &metadata["resolve"]["nodes"],
            };
            list.as_array()?
                .iter()
                .find(|entry| Some(&entry["id"]) == id)
        };
        let (Some(package), Some(node)) = (with_id("packages"), with_id("nodes")) else {
            continue;
        };
        crates.push(SiteCrate {
            name: name.clone(),
            version: serde_json::from_value(package["version"].clone())?,
            features: serde_json::from_value(node["features"].clone())?,
            file: file.clone(),
        });
    }
    let site = Site {
        compiler: layout.rust_version()?,
        search: target.join("debug/deps"),
        shared: dependencies
            .externs()
            .shared
            .clone()
            .map(|shared| (shared.name, shared.file)),
        crates,
    };
    let list = folder.join(LIST);
    let new = folder.join("crates.json.new");
    fs::write(&new, serde_json::to_vec_pretty(&site)?)?;
    fs::rename(&new, &list).with_context(|| list.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_fits_by_version_and_features() {
        let known = SiteCrate {
            name: "a".into(),
            version: Version::new(1, 4, 2),
            features: vec!["default".into(), "std".into()],
            file: PathBuf::new(),
        };
        let fits = |specification: &str| {
            let table: Table = format!("a = {specification}").parse().unwrap();
            known.fits(&table["a"])
        };
        for specification in [
            "\"1\"",
            "\"1.4\"",
            "\"*\"",
            "{ version = \"^1.2\", features = [\"std\"] }",
            "{ version = \"1\", default-features = false }",
        ] {
            assert!(fits(specification), "{specification}");
        }
        for specification in [
            "\"2\"",
            "\"=1.4.1\"",
            "{ version = \"1\", features = [\"extra\"] }",
            "{ path = \"/a\" }",
            "{ git = \"https://example.org/a\" }",
        ] {
            assert!(!fits(specification), "{specification}");
        }
    }
}
