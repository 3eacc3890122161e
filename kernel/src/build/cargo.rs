//! The commands that evcxr gives Cargo.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

use anyhow::Context;
use rustix::process::{getpid, setpgid};

use super::manifest::Manifest;
use super::record::BuildRecord;
use super::{CARGO_ENV, dependencies, rustc};

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
    // A group of its own lets the kernel stop the build with everything that it started.
    setpgid(None, None).context("cannot lead a process group")?;
    let mut record = BuildRecord {
        group: Some(getpid().as_raw_nonzero().get()),
        ..BuildRecord::default()
    };
    record.write(cells)?;
    let manifest = Manifest::read(cells)?;
    let started = Instant::now();
    let externs = match dependencies::build(cells, &manifest)? {
        dependencies::Built::Externs(externs) => externs,
        dependencies::Built::Failed(status) => return Ok(status),
    };
    record.dependencies = started.elapsed();
    let started = Instant::now();
    let status = rustc::compile(cells, target, &manifest, &externs, emit)?;
    record.rustc = started.elapsed();
    record.group = None;
    record.write(cells)?;
    Ok(exit_code(status))
}

/// Runs the real Cargo. What it needs is on this machine in most cases; nodes without a network
/// would spend seconds on finding that out, so the network is only asked when that fails.
fn pass_on(arguments: &[OsString]) -> anyhow::Result<i32> {
    let offline = real_cargo()?.arg("--offline").args(arguments).output()?;
    if offline.status.success() {
        use std::io::Write;
        std::io::stdout().write_all(&offline.stdout)?;
        std::io::stderr().write_all(&offline.stderr)?;
        return Ok(0);
    }
    Ok(exit_code(real_cargo()?.args(arguments).status()?))
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
