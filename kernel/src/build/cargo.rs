//! The commands that evcxr gives Cargo.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

use anyhow::Context;
use rustix::process::{getpid, setpgid};

use super::manifest::Manifest;
use super::record::BuildRecord;
use super::{CARGO_ENV, dependencies, rustc};

/// Tells evcxr, and here, where cells are compiled.
const SESSION_ENV: &str = "EVCXR_TMPDIR";

/// Runs `cargo ARGUMENTS`: cells are compiled here, everything else is passed on.
pub(super) fn run(arguments: &[OsString]) -> anyhow::Result<i32> {
    let emit = match arguments
        .iter()
        .find(|argument| !argument.as_encoded_bytes().starts_with(b"-"))
    {
        Some(verb) if verb == "build" => rustc::Emit::SharedObject,
        Some(verb) if verb == "check" => rustc::Emit::Metadata,
        _ => return pass_on(arguments),
    };
    let target = value_after(arguments, "--target").context("cargo build without --target")?;
    compile(&env::current_dir()?, target, emit)
}

fn compile(cells: &Path, target: &OsStr, emit: rustc::Emit) -> anyhow::Result<i32> {
    let mut running = Running::start(cells)?;
    let manifest = Manifest::read(cells)?;
    let started = Instant::now();
    let built = dependencies::build(cells, &manifest);
    running.record.dependencies += started.elapsed();
    let externs = match built? {
        dependencies::Built::Externs(externs) => externs,
        dependencies::Built::Failed(status) => return Ok(status),
    };
    let started = Instant::now();
    let status = rustc::compile(cells, target, &manifest, &externs, emit);
    running.record.rustc += started.elapsed();
    Ok(exit_code(status?))
}

/// Runs the real Cargo. What it needs is on this machine in most cases; nodes without a network
/// would spend seconds on finding that out, so the network is only asked when that fails.
fn pass_on(arguments: &[OsString]) -> anyhow::Result<i32> {
    let cells = env::var_os(SESSION_ENV).context("cells are not compiled here")?;
    let _running = Running::start(Path::new(&cells))?;
    let offline = real_cargo()?.arg("--offline").args(arguments).output()?;
    if offline.status.success() {
        io::stdout().write_all(&offline.stdout)?;
        io::stderr().write_all(&offline.stderr)?;
        return Ok(0);
    }
    Ok(exit_code(real_cargo()?.args(arguments).status()?))
}

/// A build on record while it runs. A group of its own lets the kernel stop it with everything that
/// it started.
struct Running<'a> {
    cells: &'a Path,
    record: BuildRecord,
}

impl<'a> Running<'a> {
    fn start(cells: &'a Path) -> anyhow::Result<Self> {
        setpgid(None, None).context("cannot lead a process group")?;
        // A cell may take several builds; their times add up.
        let mut record = BuildRecord::read(cells);
        record.group = Some(getpid().as_raw_nonzero().get());
        record.write(cells)?;
        Ok(Self { cells, record })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.record.group = None;
        if let Err(error) = self.record.write(self.cells) {
            eprintln!("the time of this build is not recorded: {error}");
        }
    }
}

/// The real Cargo as a command.
pub(super) fn real_cargo() -> anyhow::Result<Command> {
    let path = env::var_os(CARGO_ENV).with_context(|| format!("{CARGO_ENV} is not set"))?;
    Ok(Command::new(path))
}

pub(super) fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(101)
}

fn value_after<'a>(arguments: &'a [OsString], name: &str) -> Option<&'a OsStr> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(OsString::as_os_str)
}
