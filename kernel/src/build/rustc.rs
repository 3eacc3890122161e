//! One run of the compiler: a cell becomes a shared object.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use ferrolab_cell::CELLS;

use super::dependencies::Externs;
use super::process::{Running, Stopped};
use super::steps::{MILESTONES, Progress, Step};
use crate::layout::Layout;

/// The crate of a cell that defines nothing.
const CELL: &str = "cell";

/// What is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Crate<'a> {
    /// Its source.
    pub source: &'a str,
    /// Whether it is an edition of the crate with the notebook's items.
    pub is_edition: bool,
    /// Whether there is something to run in it.
    pub runs: bool,
    /// The edition of the notebook's items that it needs.
    pub cells: Option<&'a Path>,
    /// The crates that the notebook depends on.
    pub externs: &'a Externs,
    /// `0` to `3`, `s` or `z`.
    pub opt_level: &'a str,
    /// Whether it is for a debugger, which then counts instead of the optimisation.
    pub debug: bool,
}

/// What came out of a run.
#[derive(Debug)]
pub struct Compiled {
    /// The source's file, by which panics name their places.
    pub file: PathBuf,
    /// The shared object, unless the crate does not compile or has nothing to run.
    pub shared_object: Option<PathBuf>,
    /// The library that later cells need, if it compiles and is an edition.
    pub library: Option<PathBuf>,
    /// Whether it compiles.
    pub success: bool,
    /// What the compiler said, one JSON object per line.
    pub messages: String,
    /// How long it took.
    pub time: Duration,
    /// The run, and its parts if they were asked for.
    pub steps: Vec<Step>,
}

/// Compiles cells.
#[derive(Debug)]
pub struct Compiler {
    layout: Layout,
    target: String,
    folder: PathBuf,
    running: Arc<Running>,
    /// Counts runs: each has a folder of its own.
    runs: u32,
    is_timed: bool,
}

impl Compiler {
    /// A compiler that leaves its results below `folder`.
    ///
    /// # Errors
    /// Fails when the toolchain is for no known target.
    pub fn new(layout: &Layout, folder: PathBuf, running: Arc<Running>) -> anyhow::Result<Self> {
        Ok(Self {
            target: layout.target()?,
            layout: layout.clone(),
            folder,
            running,
            runs: 0,
            is_timed: false,
        })
    }

    /// Has the compiler tell how far it is, which costs it some milliseconds, or not.
    pub fn time_parts(&mut self, is_timed: bool) {
        self.is_timed = is_timed;
    }

    /// Compiles a crate.
    ///
    /// # Errors
    /// Fails when the compiler cannot be run; gives `Err(Stopped)` inside when the user stopped it.
    pub fn compile(&mut self, program: Crate<'_>) -> anyhow::Result<Result<Compiled, Stopped>> {
        self.runs += 1;
        let folder = self.folder.join(self.runs.to_string());
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let file = folder.join("cell.rs");
        fs::write(&file, program.source)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let name = if program.is_edition { CELLS } else { CELL };
        let started = Instant::now();
        let mut command = self.command(&file, &folder, name, &program);
        let mut child = match self
            .running
            .start(&mut command)
            .with_context(|| format!("cannot run {}", self.layout.rustc().display()))?
        {
            Ok(child) => child,
            Err(stopped) => return Ok(Err(stopped)),
        };
        let mut messages = Vec::new();
        let mut progress = Progress::from(started);
        if let Some(stderr) = &mut child.stderr {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line)? > 0 {
                if !(self.is_timed && progress.note(&line)) {
                    messages.extend_from_slice(&line);
                }
                line.clear();
            }
        }
        let success = match self.running.wait(&mut child)? {
            Ok(status) => status.success(),
            Err(stopped) => return Ok(Err(stopped)),
        };
        let time = started.elapsed();
        let made = |wanted: bool, name: String| (success && wanted).then(|| folder.join(name));
        Ok(Ok(Compiled {
            shared_object: made(program.runs, format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")),
            library: made(program.is_edition, format!("lib{name}.rlib")),
            file,
            success,
            messages: String::from_utf8_lossy(&messages).into_owned(),
            time,
            steps: progress.finish(self.is_timed),
        }))
    }

    fn command(&self, file: &Path, out: &Path, name: &str, program: &Crate<'_>) -> Command {
        let mut command = Command::new(self.layout.rustc());
        command
            .current_dir(out)
            .arg(file)
            .args(["--crate-name", name, "--edition=2024"])
            .args(["--error-format=json", "--cap-lints=warn"])
            .args(["-Cprefer-dynamic", "-Cpanic=unwind"])
            // A cell is small: what it is divided into would have to be optimised as a whole again.
            .arg("-Ccodegen-units=1")
            // A wrong index or a wrapped sum must not pass for a result.
            .args(["-Coverflow-checks=on", "-Cdebug-assertions=off"])
            .arg("--out-dir")
            .arg(out)
            .arg(flag("-Ldependency=", self.layout.hpc_dependencies()))
            // For the crate of the notebook's items, which is linked to it too.
            .arg(flag("-Ldependency=", self.layout.root()))
            .arg("--extern")
            .arg(flag("hpc=", self.layout.libhpc()));
        if program.debug {
            command.args(["-Copt-level=0", "-Cdebuginfo=full"]);
        } else {
            command.arg(format!("-Copt-level={}", program.opt_level));
            // Backtraces name the functions of cells, also those that were inlined.
            command.arg("-Cdebuginfo=line-tables-only");
        }
        if program.is_edition {
            command.arg("--crate-type=rlib");
            // All editions are the same crate: a type is the same type in each.
            command.arg("-Cmetadata=ferrolab");
        }
        if self.is_timed {
            command.arg("--json=artifacts").arg(emitted(out));
        }
        if program.runs {
            command.arg("--crate-type=cdylib");
            for folder in self.runtime_folders() {
                command.arg(flag("-Clink-arg=-Wl,-rpath,", folder));
            }
        }
        if let Some(cells) = program.cells {
            command
                .arg("--extern")
                .arg(flag(&format!("{CELLS}="), cells));
        }
        program.externs.add_to(&mut command);
        if let Some(shared) = &program.externs.shared {
            shared.add_to(&mut command);
            if program.runs
                && let Some(folder) = shared.file.parent()
            {
                command.arg(flag("-Clink-arg=-Wl,-rpath,", folder));
            }
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Settings of a user's shell are not part of a cell's build.
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTFLAGS");
        command
    }

    /// Where the loader finds `libstd` and `libhpc`. Absolute, because a session lies anywhere.
    fn runtime_folders(&self) -> [PathBuf; 2] {
        [
            self.layout.root().to_owned(),
            self.layout.toolchain_libraries(&self.target),
        ]
    }
}

/// What the compiler writes when it has come so far, the last besides what it is asked for.
fn emitted(out: &Path) -> OsString {
    let mut flag = OsString::from("--emit=link");
    for (kind, _) in MILESTONES {
        flag.push(format!(",{kind}="));
        flag.push(out.join(kind));
    }
    flag
}

/// An argument that ends in a path.
pub(super) fn flag(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value);
    flag
}
