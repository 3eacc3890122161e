//! The part of the generated `Cargo.toml` that matters to a build.

use std::fs;
use std::path::Path;

use anyhow::Context;
use toml::{Table, Value};

/// Name of the package that is never built here: it is linked as the prebuilt `libhpc.so`.
const HPC: &str = "hpc";

/// What evcxr asks for in the manifest of the crate of cells.
#[derive(Debug)]
pub(super) struct Manifest {
    /// `0` to `3`, `s` or `z`.
    pub(super) opt_level: String,
    /// The crates that the notebook depends on, without `hpc`.
    pub(super) dependencies: Table,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not understood", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut manifest: Table = text.parse()?;
        let opt_level = match manifest
            .get("profile")
            .and_then(|profile| profile.get("dev"))
        {
            Some(dev) => match dev.get("opt-level") {
                Some(Value::String(level)) => level.clone(),
                Some(level) => level.to_string(),
                None => "0".to_owned(),
            },
            None => "0".to_owned(),
        };
        let mut dependencies = match manifest.remove("dependencies") {
            Some(Value::Table(dependencies)) => dependencies,
            _ => Table::new(),
        };
        dependencies.remove(HPC);
        Ok(Self {
            opt_level,
            dependencies,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    #[test]
    fn hpc_is_not_among_the_dependencies_to_build() {
        let manifest = Manifest::parse(
            "[profile.dev]\nopt-level = 2\n[dependencies]\nhpc = { path = \"/x\" }\nlibm = \"0.2\"\n",
        )
        .unwrap();
        assert_eq!(manifest.opt_level, "2");
        assert_eq!(manifest.dependencies.keys().collect::<Vec<_>>(), ["libm"]);
    }
}
