//! Is everything there that notebooks need? One finding per thing, with what to do about it.

mod kernel;
mod machine;
mod site;

use std::path::PathBuf;

use serde::Serialize;

use crate::config::Config;
use crate::kernelspec::own_prefix;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    Ok,
    /// Something works less well, or a part that not everybody needs is missing.
    Warn,
    /// Notebooks cannot work.
    Missing,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The thing that was looked at.
    pub name: &'static str,
    /// How it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do, when something is to be done.
    pub advice: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Ok,
            found: found.into(),
            advice: None,
        }
    }

    fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Warn,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    fn missing(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Missing,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }
}

/// Looks at everything. Takes a few seconds, most of them in one run of the compiler.
#[must_use]
pub fn examine(config: &Config) -> Vec<Finding> {
    let library = library_folder();
    let mut findings = kernel::examine(library.as_deref());
    findings.extend(site::examine(config));
    findings.extend(machine::examine());
    findings
}

/// The folder `lib/ferrolab` of the install prefix.
fn library_folder() -> Option<PathBuf> {
    std::env::var_os("FERROLAB_LIB")
        .map(PathBuf::from)
        .or_else(|| own_prefix().map(|prefix| prefix.join("lib/ferrolab")))
        .filter(|folder| folder.is_dir())
}
