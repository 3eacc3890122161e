//! The crates that a notebook depends on.
//!
//! They are built as the dependencies of an empty package, by Cargo, when the list of them changes. What
//! is built is kept in the user's cache folder: the next session finds it there.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use anyhow::Context;
use serde_json::Value as Json;
use toml::{Table, Value};

use super::process::{Running, Stopped};
use crate::layout::Layout;

/// What the compiler has to be told of the built crates.
#[derive(Clone, Debug, Default)]
pub struct Externs {
    /// Name in the cells' source, and the file.
    pub crates: Vec<(String, PathBuf)>,
    /// Where the crates that these depend on are.
    pub search: Option<PathBuf>,
}

impl Externs {
    /// Whether the notebook's source can name that crate.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.crates.iter().any(|(known, _)| known == name)
    }
}

/// The list of crates, and where they lie.
#[derive(Debug)]
pub struct Dependencies {
    layout: Layout,
    folder: PathBuf,
    running: Arc<Running>,
    wanted: Table,
    externs: Externs,
}

/// Why the crates are not there.
#[derive(Debug)]
pub enum Failure {
    /// The user stopped Cargo.
    Stopped,
    /// What Cargo said.
    Cargo(String),
}

impl Dependencies {
    /// An empty list, whose crates will be built in `folder`.
    #[must_use]
    pub fn new(layout: &Layout, folder: PathBuf, running: Arc<Running>) -> Self {
        Self {
            layout: layout.clone(),
            folder,
            running,
            wanted: Table::new(),
            externs: Externs::default(),
        }
    }

    /// What the compiler has to be told.
    #[must_use]
    pub fn externs(&self) -> &Externs {
        &self.externs
    }

    /// The list as `name = specification` lines.
    #[must_use]
    pub fn list(&self) -> String {
        lines(&self.wanted)
    }

    /// Adds crates, as in the section `dependencies` of a `Cargo.toml`, and builds all of the list.
    /// Lines that tell of progress go to `progress`. The list is as before when the build fails.
    ///
    /// # Errors
    /// Fails when Cargo cannot be run; gives `Err` inside when it was stopped or failed.
    pub fn add(
        &mut self,
        crates: &Table,
        progress: &dyn Fn(&str),
    ) -> anyhow::Result<Result<(), Failure>> {
        let mut wanted = self.wanted.clone();
        wanted.extend(crates.clone());
        // A local crate may have changed since; Cargo knows.
        if wanted == self.wanted && !crates.values().any(is_local) {
            return Ok(Ok(()));
        }
        // Other sessions may have other editions of local crates.
        let shared = if wanted.values().any(is_local) {
            None
        } else {
            cache(&self.layout)
        };
        let target = shared.unwrap_or_else(|| self.folder.join("target"));
        fs::create_dir_all(self.folder.join("src"))?;
        fs::write(self.folder.join("Cargo.toml"), package(&wanted))?;
        fs::write(self.folder.join("src/lib.rs"), "")?;
        // Nodes without a network would spend seconds on finding that out: it is asked last.
        let built = match self.build(&target, false, progress)? {
            Err(Failure::Cargo(_)) => self.build(&target, true, progress)?,
            other => other,
        };
        let messages = match built {
            Ok(messages) => messages,
            Err(failure) => return Ok(Err(failure)),
        };
        self.externs = self.read_externs(&target, &messages)?;
        self.wanted = wanted;
        Ok(Ok(()))
    }

    fn cargo(&self, target: &Path) -> Command {
        let mut cargo = Command::new(self.layout.cargo());
        cargo
            .current_dir(&self.folder)
            .env("RUSTC", self.layout.rustc())
            .env("CARGO_TARGET_DIR", target)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        cargo
    }

    fn build(
        &self,
        target: &Path,
        network: bool,
        progress: &dyn Fn(&str),
    ) -> anyhow::Result<Result<Vec<u8>, Failure>> {
        let mut command = self.cargo(target);
        if !network {
            command.arg("--offline");
        }
        command.args(["build", "--message-format=json-render-diagnostics"]);
        let mut cargo = match self
            .running
            .start(&mut command)
            .with_context(|| format!("cannot run {}", self.layout.cargo().display()))?
        {
            Ok(cargo) => cargo,
            Err(Stopped) => return Ok(Err(Failure::Stopped)),
        };
        let (stdout, stderr) = (cargo.stdout.take(), cargo.stderr.take());
        let messages = thread::spawn(move || {
            let mut messages = Vec::new();
            if let Some(mut stdout) = stdout {
                stdout.read_to_end(&mut messages)?;
            }
            Ok::<_, std::io::Error>(messages)
        });
        let mut said = String::new();
        for line in stderr
            .into_iter()
            .flat_map(|text| BufReader::new(text).lines())
        {
            let line = line?;
            if is_progress(&line) {
                progress(line.trim());
            } else {
                said.push_str(&line);
                said.push('\n');
            }
        }
        let status = self.running.wait(&mut cargo)?;
        let messages = messages
            .join()
            .map_err(|_| anyhow::anyhow!("reading Cargo's messages failed"))??;
        Ok(match status {
            Err(Stopped) => Err(Failure::Stopped),
            Ok(status) if status.success() => Ok(messages),
            Ok(_) => Err(Failure::Cargo(said)),
        })
    }

    /// Joins the direct dependencies, whose names Cargo's metadata knows, with the files it built.
    fn read_externs(&self, target: &Path, messages: &[u8]) -> anyhow::Result<Externs> {
        let mut files = HashMap::new();
        for message in messages.split(|&byte| byte == b'\n') {
            let Ok(message) = serde_json::from_slice::<Json>(message) else {
                continue;
            };
            if message["reason"] != "compiler-artifact" {
                continue;
            }
            if let (Some(id), Some(file)) = (message["package_id"].as_str(), library(&message)) {
                files.insert(id.to_owned(), file);
            }
        }
        let output = self
            .cargo(target)
            .args(["metadata", "--offline", "--format-version=1"])
            .output()?;
        let metadata: Json =
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
        let crates = direct
            .iter()
            .filter_map(|dependency| {
                let (name, id) = (dependency["name"].as_str()?, dependency["pkg"].as_str()?);
                Some((name.to_owned(), files.get(id)?.clone()))
            })
            .collect();
        Ok(Externs {
            crates,
            search: Some(target.join("debug/deps")),
        })
    }
}

/// Whether a crate's sources are on this machine, where the user may change them.
fn is_local(specification: &Value) -> bool {
    specification.get("path").is_some()
}

/// The folder in the user's cache for crates built by this compiler, if it can be written to.
fn cache(layout: &Layout) -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    let compiler = layout.rust_version().ok()?;
    let folder = base.join("ferrolab/crates").join(compiler);
    fs::create_dir_all(&folder).ok()?;
    tempfile::tempfile_in(&folder).ok()?;
    Some(folder)
}

fn package(dependencies: &Table) -> String {
    format!(
        "[package]\nname = \"dependencies\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[profile.dev.package.\"*\"]\nopt-level = 3\n\n[dependencies]\n{}",
        lines(dependencies)
    )
}

/// One line per crate, as `name = { … }`.
fn lines(dependencies: &Table) -> String {
    dependencies
        .iter()
        .fold(String::new(), |lines, (name, specification)| {
            lines + name + " = " + &specification.to_string() + "\n"
        })
}

/// Whether Cargo tells what it does, as opposed to what is wrong.
fn is_progress(line: &str) -> bool {
    let verbs = [
        "Compiling",
        "Checking",
        "Downloading",
        "Downloaded",
        "Updating",
        "Locking",
        "Adding",
        "Blocking",
        "Finished",
        "Building",
    ];
    let first = line.split_whitespace().next().unwrap_or_default();
    line.starts_with(' ') && verbs.contains(&first)
}

/// The file that a crate is linked by, if it is a library or a procedural macro.
fn library(artifact: &Json) -> Option<PathBuf> {
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
        .filter_map(Json::as_str)
        .map(PathBuf::from)
        .find(|file| has_extension(file, "rlib") || has_extension(file, "so"))
}

fn has_extension(file: &Path, wanted: &str) -> bool {
    file.extension().is_some_and(|kind| kind == wanted)
}
