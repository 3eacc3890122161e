//! Plays the tools that evcxr calls.
//!
//! evcxr runs `cargo build` for each cell and the result in a process of its own. Here the kernel has
//! done both already. Under the names of the tools this program says that all went well; what Cargo
//! knows about crates it still tells itself.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::Context;
use serde_json::json;

use crate::session::{self, CARGO_ENV, CARGO_FOLDER_ENV};

/// Names under which this program plays a tool.
pub const TOOL_NAMES: [&str; 2] = ["cargo", "rustup"];

/// Set by evcxr in the process that it starts for running cells.
const RUNTIME_ENV: &str = "EVCXR_IS_RUNTIME";

/// When this process was called by evcxr, does what evcxr expects and returns the exit status.
///
/// # Errors
/// Fails when the tool's work could not be done.
pub fn run_as_tool() -> Option<anyhow::Result<i32>> {
    let mut arguments = env::args_os();
    let name = arguments.next()?;
    let arguments: Vec<_> = arguments.collect();
    match Path::new(&name).file_name()?.to_str()? {
        "cargo" => Some(cargo(&arguments)),
        "rustup" => Some(Ok(rustup(&arguments))),
        _ if env::var_os(RUNTIME_ENV).is_some() => Some(runtime().map(|()| 0)),
        _ => None,
    }
}

/// Answers each command as if a cell had run.
fn runtime() -> anyhow::Result<()> {
    let mut replies = io::stdout();
    for command in io::stdin().lock().lines() {
        command?;
        writeln!(replies, "EVCXR_EXECUTION_COMPLETE")?;
        replies.flush()?;
    }
    Ok(())
}

fn cargo(arguments: &[OsString]) -> anyhow::Result<i32> {
    let verb = arguments
        .iter()
        .find(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
    match verb {
        Some(verb) if verb == "build" => {
            let target =
                value_after(arguments, "--target").context("cargo build without --target")?;
            build(&env::current_dir()?, target)?;
            Ok(0)
        }
        Some(verb) if verb == "check" => Ok(0),
        verb => pass_on(verb.map(|verb| &**verb), arguments),
    }
}

/// Leaves an empty file where evcxr looks for a shared object.
fn build(folder: &Path, target: &OsStr) -> anyhow::Result<()> {
    let out = folder.join("target").join(target).join("debug");
    fs::create_dir_all(&out)?;
    let file = out.join("libctx.so");
    fs::write(&file, "")?;
    let artifact = json!({
        "reason": "compiler-artifact",
        "target": {"name": "ctx"},
        "filenames": [file],
    });
    println!("{artifact}");
    Ok(())
}

/// Runs the real Cargo. What it needs is on this machine in most cases; nodes without a network
/// would spend seconds on finding that out, so the network is only asked when that fails.
fn pass_on(verb: Option<&OsStr>, arguments: &[OsString]) -> anyhow::Result<i32> {
    let here = env::current_dir()?;
    let mut arguments = arguments.to_vec();
    if needs_manifest(verb, &arguments)
        && let Some(at) = arguments
            .iter()
            .position(|argument| Some(&**argument) == verb)
    {
        arguments.insert(at + 1, here.join("Cargo.toml").into());
        arguments.insert(at + 1, "--manifest-path".into());
    }
    let offline = real_cargo(&here)?
        .arg("--offline")
        .args(&arguments)
        .output()?;
    if offline.status.success() {
        io::stdout().write_all(&offline.stdout)?;
        io::stderr().write_all(&offline.stderr)?;
        return Ok(0);
    }
    Ok(exit_code(real_cargo(&here)?.args(&arguments).status()?))
}

/// Whether Cargo would look in its working folder for the package.
fn needs_manifest(verb: Option<&OsStr>, arguments: &[OsString]) -> bool {
    let looks = verb.is_some_and(|verb| verb == "metadata" || verb == "rustc");
    looks && value_after(arguments, "--manifest-path").is_none()
}

/// Cargo, which takes settings from its working folder and all folders above it; a setting may name a
/// program to run. It was called `here`, below the temporary folder, where anybody may put settings: it
/// works in the installation, as it does for the notebook's crates. The standard library's sources lie
/// in the installation and have settings of their own.
fn real_cargo(here: &Path) -> anyhow::Result<Command> {
    let value = |name| env::var_os(name).with_context(|| format!("{name} is not set"));
    let mut cargo = Command::new(value(CARGO_ENV)?);
    let sources = fs::canonicalize(value("RUST_SRC_PATH")?)?;
    if !here.starts_with(sources) {
        cargo.current_dir(value(CARGO_FOLDER_ENV)?);
    }
    session::restore_environment(&mut cargo);
    cargo.env("RUSTC", value("RUSTC")?);
    Ok(cargo)
}

/// `rustup which TOOL`: this kernel's tools, whatever rustup is configured for.
fn rustup(arguments: &[OsString]) -> i32 {
    let [verb, tool] = arguments else {
        return 1;
    };
    let variable = match (verb.to_str(), tool.to_str()) {
        (Some("which"), Some("cargo")) => "CARGO",
        (Some("which"), Some("rustc")) => "RUSTC",
        _ => return 1,
    };
    let Some(path) = env::var_os(variable) else {
        return 1;
    };
    println!("{}", path.display());
    0
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(101)
}

fn value_after<'a>(arguments: &'a [OsString], name: &str) -> Option<&'a OsStr> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(OsString::as_os_str)
}
