//! The crates of a notebook in a shared library, so that they are there once and not in each cell: what
//! their statics hold is the same in all cells, as the threads of a pool or the logger of the process.
//!
//! Cargo builds crates as static libraries. Here they are linked once more, as what a crate without any
//! code of its own depends on. Crates that come later go into another library, which leaves out what
//! those before it have.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use super::dependencies::Externs;
use super::process::{Running, Stopped};
use super::rustc::flag;
use crate::layout::Layout;

/// A shared library with crates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedCrates {
    /// Name in source.
    pub name: String,
    /// The library. Those on which it builds lie beside it.
    pub file: PathBuf,
}

impl SharedCrates {
    /// The line by which a cell gets crates from here.
    #[must_use]
    pub fn line(&self) -> String {
        format!("extern crate {} as _;\n", self.name)
    }

    /// What tells the compiler of it.
    pub(super) fn add_to(&self, command: &mut Command) {
        command
            .arg("--extern")
            .arg(flag(&format!("{}=", self.name), &self.file));
        if let Some(folder) = self.file.parent() {
            command.arg(flag("-Ldependency=", folder));
        }
    }
}

/// Links crates into a library in `folder`, on top of `base`, unless it is there from an earlier session.
/// `name` must be another one for other crates: a process has one library of a name. There is none when
/// the crates cannot be linked as a whole, because two of them bring the same C library for instance.
///
/// # Errors
/// Fails when the compiler cannot be run; gives `Err(Stopped)` inside when the user stopped it.
pub(super) fn link(
    layout: &Layout,
    running: &Running,
    folder: &Path,
    name: &str,
    externs: &Externs,
    base: Option<&SharedCrates>,
) -> anyhow::Result<Result<Option<SharedCrates>, Stopped>> {
    let is_static = |file: &Path| file.extension() == Some(OsStr::new("rlib"));
    let crates = externs.crates.iter().filter(|(_, file)| is_static(file));
    let mut source = base.map(SharedCrates::line).unwrap_or_default();
    let mut linked = String::new();
    for (name, _) in crates {
        // Writing to a string cannot fail.
        let _ = writeln!(linked, "extern crate {name} as _;");
    }
    if linked.is_empty() {
        return Ok(Ok(base.cloned()));
    }
    source.push_str(&linked);
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let library = format!("lib{name}.so");
    let shared = SharedCrates {
        name: name.to_owned(),
        file: folder.join(&library),
    };
    if shared.file.exists() {
        return Ok(Ok(Some(shared)));
    }
    // Another session may make the same one.
    let work = tempfile::tempdir_in(folder)?;
    let file = work.path().join("crates.rs");
    fs::write(&file, source).with_context(|| file.display().to_string())?;
    let mut command = Command::new(layout.rustc());
    command
        .current_dir(work.path())
        .arg(&file)
        .args(["--crate-name", name, "--edition=2024"])
        .args(["--crate-type=dylib", "-Cprefer-dynamic", "-Cpanic=unwind"])
        // Who debugs a cell does not step into these.
        .arg("-Clink-arg=-Wl,--strip-debug")
        .arg("--out-dir")
        .arg(work.path());
    externs.add_to(&mut command);
    if let Some(base) = base {
        base.add_to(&mut command);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS");
    let mut child = match running
        .start(&mut command)
        .with_context(|| format!("cannot run {}", layout.rustc().display()))?
    {
        Ok(child) => child,
        Err(stopped) => return Ok(Err(stopped)),
    };
    let mut messages = String::new();
    if let Some(stderr) = &mut child.stderr {
        stderr.read_to_string(&mut messages)?;
    }
    match running.wait(&mut child)? {
        Err(stopped) => Ok(Err(stopped)),
        Ok(status) if status.success() => {
            fs::rename(work.path().join(&library), &shared.file)?;
            Ok(Ok(Some(shared)))
        }
        Ok(_) => {
            tracing::info!("the crates are linked into each cell: {messages}");
            Ok(Ok(None))
        }
    }
}
