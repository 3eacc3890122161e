//! The crates that a notebook depends on.
//!
//! They are built as the dependencies of an empty package, by Cargo, when the list of them changes. What
//! is built is kept in the user's cache folder: the next session finds it there.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use anyhow::Context;
use serde_json::Value as Json;
use toml::{Table, Value};

use super::process::{Running, Stopped};
use super::rustc::flag;
use super::shared::{self, SharedCrates};
use super::site;
use crate::layout::Layout;
use crate::session;

/// Name of the empty package whose dependencies the crates are.
const PACKAGE: &str = "dependencies";

/// What the compiler has to be told of the built crates.
#[derive(Clone, Debug, Default)]
pub struct Externs {
    /// Name in the cells' source, and the file.
    pub crates: Vec<(String, PathBuf)>,
    /// Where the crates that these depend on are.
    pub search: Option<PathBuf>,
    /// All of them in a shared library, unless they cannot be in one.
    pub shared: Option<SharedCrates>,
    /// Counts how often crates were built anew: what was compiled with older ones is out of date.
    pub version: u64,
}

impl Externs {
    /// Whether the notebook's source can name that crate.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.crates.iter().any(|(known, _)| known == name)
    }

    /// Tells the compiler of the crates.
    pub(super) fn add_to(&self, command: &mut Command) {
        if let Some(search) = &self.search {
            command.arg(flag("-Ldependency=", search));
        }
        for (name, file) in &self.crates {
            command.arg("--extern").arg(flag(&format!("{name}="), file));
        }
    }

    /// Takes the place of other ones, with crates that are not what they were.
    fn follow(&mut self, before: &Self, rebuilt: &[String]) {
        // Crates in other folders, and libraries of them, are not found by what was compiled with them.
        let moved = before.search.is_some() && before.search != self.search;
        self.version = before.version + u64::from(moved || !rebuilt.is_empty());
    }

    /// Names of crates that are others in `new`: built with other features, or from other sources.
    fn replaced_by(&self, new: &Self) -> Vec<String> {
        let is_other = |(name, file): &&(String, PathBuf)| {
            let new = new.crates.iter().find(|(other, _)| other == name);
            new.is_some_and(|(_, new)| new.file_name() != file.file_name())
        };
        let others = self.crates.iter().filter(is_other);
        others.map(|(name, _)| name.clone()).collect()
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
    /// What was built, by names of files.
    built: HashMap<OsString, Built>,
}

/// A crate that was built. One that is built anew, because its sources have changed, has the same file;
/// one that is built with other features has a file of another name.
#[derive(Debug)]
struct Built {
    /// In source.
    name: String,
    file: PathBuf,
    time: SystemTime,
}

/// A crate that Cargo has built.
struct Artifact {
    /// Of its package.
    id: String,
    /// In source.
    name: String,
    file: PathBuf,
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
            built: HashMap::new(),
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
    /// Gives the names of crates that were there before and are others now.
    ///
    /// # Errors
    /// Fails when Cargo cannot be run; gives `Err` inside when it was stopped or failed.
    pub fn add(
        &mut self,
        crates: &Table,
        progress: &dyn Fn(&str),
    ) -> anyhow::Result<Result<Vec<String>, Failure>> {
        let mut wanted = self.wanted.clone();
        wanted.extend(crates.clone());
        // A local crate may have changed since; Cargo knows.
        if wanted == self.wanted && !crates.values().any(is_local) {
            return Ok(Ok(Vec::new()));
        }
        if let Some(externs) = site::find(&self.layout, &wanted) {
            let replaced = self.externs.replaced_by(&externs);
            let mut externs = externs;
            externs.follow(&self.externs, &replaced);
            self.externs = externs;
            self.wanted = wanted;
            return Ok(Ok(replaced));
        }
        // Other sessions may have other editions of local crates.
        let shared = if wanted.values().any(is_local) {
            None
        } else {
            cache(&self.layout)
        };
        let target = shared.unwrap_or_else(|| self.folder.join("target"));
        self.build_all(wanted, &target, progress)
    }

    /// Builds a list of crates, which takes the place of the one that was.
    pub(super) fn build_all(
        &mut self,
        wanted: Table,
        target: &Path,
        progress: &dyn Fn(&str),
    ) -> anyhow::Result<Result<Vec<String>, Failure>> {
        fs::create_dir_all(self.folder.join("src"))?;
        fs::write(self.folder.join("Cargo.toml"), package(&wanted))?;
        fs::write(self.folder.join("src/lib.rs"), "")?;
        // Nodes without a network would spend seconds on finding that out: it is asked last.
        let built = match self.build(target, false, progress)? {
            Err(Failure::Cargo(_)) => self.build(target, true, progress)?,
            other => other,
        };
        let messages = match built {
            Ok(messages) => messages,
            Err(failure) => return Ok(Err(failure)),
        };
        let artifacts = artifacts(&messages);
        let mut externs = self.read_externs(target, &artifacts)?;
        let built = times_of(&artifacts)?;
        let rebuilt = self.rebuilt(&built, &externs);
        externs.follow(&self.externs, &rebuilt);
        externs.shared = match self.share(&externs, &built, target, rebuilt.is_empty())? {
            Ok(shared) => shared,
            Err(Stopped) => return Ok(Err(Failure::Stopped)),
        };
        self.built = built;
        self.externs = externs;
        self.wanted = wanted;
        Ok(Ok(rebuilt))
    }

    /// Links crates into a shared library, on top of the one there is when its crates are the same still.
    fn share(
        &self,
        externs: &Externs,
        built: &HashMap<OsString, Built>,
        target: &Path,
        is_same: bool,
    ) -> anyhow::Result<Result<Option<SharedCrates>, Stopped>> {
        let before = self.externs.shared.as_ref().filter(|_| is_same);
        let is_known = |(name, _): &(String, PathBuf)| self.externs.has(name);
        if before.is_some() && externs.crates.iter().all(is_known) {
            return Ok(Ok(before.cloned()));
        }
        let folder = target.join("shared");
        for base in before.into_iter().map(Some).chain([None]) {
            let name = library_name(externs, built, base);
            match shared::link(&self.layout, &self.running, &folder, &name, externs, base)? {
                Ok(None) => {}
                linked => return Ok(linked),
            }
        }
        Ok(Ok(None))
    }

    /// Names of crates that were there before and are others now.
    fn rebuilt(&self, built: &HashMap<OsString, Built>, externs: &Externs) -> Vec<String> {
        let mut rebuilt = self.externs.replaced_by(externs);
        for (file_name, before) in &self.built {
            let now = built.get(file_name);
            if now.is_some_and(|now| now.file != before.file || now.time == before.time) {
                continue;
            }
            rebuilt.push(before.name.clone());
            // Cells may call it by another name.
            let called = externs
                .crates
                .iter()
                .filter(|(_, file)| *file == before.file);
            rebuilt.extend(called.map(|(name, _)| name.clone()));
        }
        rebuilt.sort();
        rebuilt.dedup();
        rebuilt
    }

    /// Cargo looks for settings in the working folder and those above it. Ours lie below `/tmp`, where
    /// anybody could put some: it works in the installation, where the site can.
    fn cargo(&self, verb: &str, target: &Path) -> Command {
        let mut cargo = Command::new(self.layout.cargo());
        session::restore_environment(&mut cargo);
        cargo
            .current_dir(self.layout.root())
            .arg(verb)
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"))
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
        let mut command = self.cargo("build", target);
        if !network {
            command.arg("--offline");
        }
        command.arg("--message-format=json-render-diagnostics");
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
                // The empty package is nothing that anybody asked for.
                if !line.contains(&format!(" {PACKAGE} v0.0.0")) {
                    progress(line.trim());
                }
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

    /// What Cargo knows of the crates.
    pub(super) fn metadata(&self, target: &Path) -> anyhow::Result<Json> {
        let output = self
            .cargo("metadata", target)
            .args(["--offline", "--format-version=1"])
            // What other platforms need was not downloaded.
            .args(["--filter-platform", &self.layout.target()?])
            .output()?;
        serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")
    }

    /// Joins the direct dependencies, whose names Cargo's metadata knows, with the files it built.
    fn read_externs(&self, target: &Path, artifacts: &[Artifact]) -> anyhow::Result<Externs> {
        let files: HashMap<&str, &PathBuf> = artifacts
            .iter()
            .map(|artifact| (artifact.id.as_str(), &artifact.file))
            .collect();
        let metadata = self.metadata(target)?;
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
                Some((name.to_owned(), PathBuf::clone(files.get(id)?)))
            })
            .collect();
        Ok(Externs {
            crates,
            search: Some(target.join("debug/deps")),
            shared: None,
            version: self.externs.version,
        })
    }
}

/// A name for a shared library of crates: the same in all sessions, another one for other crates.
fn library_name(
    externs: &Externs,
    built: &HashMap<OsString, Built>,
    base: Option<&SharedCrates>,
) -> String {
    let mut files: Vec<_> = built.values().map(|one| (&one.file, one.time)).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    externs.crates.hash(&mut hasher);
    base.map(|base| &base.name).hash(&mut hasher);
    format!("ferrolab_crates_{:016x}", hasher.finish())
}

/// What Cargo built, and when.
fn times_of(artifacts: &[Artifact]) -> anyhow::Result<HashMap<OsString, Built>> {
    let mut built = HashMap::new();
    for Artifact { name, file, .. } in artifacts {
        let entry = Built {
            name: name.clone(),
            file: file.clone(),
            time: fs::metadata(file)?.modified()?,
        };
        built.insert(file.file_name().unwrap_or_default().to_owned(), entry);
    }
    Ok(built)
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
        "[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
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

/// The crates in Cargo's messages, one JSON object per line, but the empty package itself.
fn artifacts(messages: &[u8]) -> Vec<Artifact> {
    let artifact = |message: &[u8]| {
        let message: Json = serde_json::from_slice(message).ok()?;
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        let name = message["target"]["name"].as_str()?.replace('-', "_");
        Some(Artifact {
            id: message["package_id"].as_str()?.to_owned(),
            file: library(&message)?,
            name,
        })
    };
    let mut artifacts: Vec<Artifact> = messages
        .split(|&byte| byte == b'\n')
        .filter_map(artifact)
        .collect();
    artifacts.retain(|artifact| artifact.name != PACKAGE);
    artifacts
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

#[cfg(test)]
mod tests {
    use super::artifacts;

    #[test]
    fn crates_are_read_from_what_cargo_says() {
        let message = |name: &str, kind: &str, file: &str| {
            format!(
                r#"{{"reason": "compiler-artifact", "package_id": "id-{name}", "target": {{"name":
                "{name}", "kind": ["{kind}"]}}, "filenames": ["{file}"]}}"#
            )
            .replace('\n', " ")
        };
        let messages = [
            message("a-b", "lib", "/t/liba_b-1.rlib"),
            message("build-script-build", "custom-build", "/t/build"),
            message("dependencies", "lib", "/t/libdependencies.rlib"),
            r#"{"reason": "build-finished"}"#.to_owned(),
        ]
        .join("\n");
        let found = artifacts(messages.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), found[0].id.as_str()),
            ("a_b", "id-a-b")
        );
    }
}
