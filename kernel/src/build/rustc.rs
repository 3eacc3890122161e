//! One run of the compiler: a cell becomes a shared object.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::Context;
use serde_json::json;

use super::GENERATION_FILE;
use super::dependencies::Externs;
use super::manifest::Manifest;
use crate::layout::Layout;

/// The name that evcxr gives the crate of a cell.
const CRATE: &str = "ctx";

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emit {
    /// Something to run.
    SharedObject,
    /// Only the compiler's opinion.
    Metadata,
}

/// Compiles `src/lib.rs` in `cells`. The compiler's messages go to this process's standard error
/// as JSON lines; where the shared object is goes to standard output, in Cargo's words.
pub(super) fn compile(
    cells: &Path,
    target: &OsStr,
    manifest: &Manifest,
    externs: &Externs,
    emit: Emit,
) -> anyhow::Result<ExitStatus> {
    let layout = Layout::discover()?;
    let out = cells.join("target").join(target).join("debug");
    fs::create_dir_all(&out)?;
    let mut command = Command::new(layout.rustc());
    command
        .current_dir(cells)
        .args([
            "--crate-name",
            CRATE,
            "--edition=2024",
            "src/lib.rs",
            "--crate-type=cdylib",
        ])
        .args([
            "--error-format=json",
            "--cap-lints=warn",
            "-Cprefer-dynamic",
            "-Cpanic=unwind",
        ])
        // A wrong index or a wrapped sum must not pass for a result.
        .args([
            "-Coverflow-checks=on",
            "-Cdebug-assertions=off",
            "-Cstrip=debuginfo",
        ])
        .arg(format!("-Copt-level={}", manifest.opt_level))
        .arg("--target")
        .arg(target)
        .arg("--out-dir")
        .arg(&out)
        .arg(flag("-Ldependency=", layout.hpc_dependencies()))
        .arg("--extern")
        .arg(flag("hpc=", layout.libhpc()));
    for folder in runtime_folders(&layout, target) {
        command.arg(flag("-Clink-arg=-Wl,-rpath,", folder));
    }
    if let Some(search) = &externs.search {
        command.arg(flag("-Ldependency=", search));
    }
    for (name, file) in &externs.crates {
        command.arg("--extern").arg(flag(&format!("{name}="), file));
    }
    // Types of another generation are other types, whatever their names.
    let generation = fs::read_to_string(cells.join(GENERATION_FILE)).unwrap_or_default();
    command.arg(format!("-Cmetadata=generation{generation}"));
    command.arg(match emit {
        Emit::SharedObject => "--emit=link",
        Emit::Metadata => "--emit=metadata",
    });
    let status = command
        .stdin(Stdio::null())
        // Wrappers of a user's shell are not part of a cell's build.
        .env_remove("RUSTC_WRAPPER")
        .status()
        .with_context(|| format!("cannot run {}", layout.rustc().display()))?;
    if status.success() && emit == Emit::SharedObject {
        let file = out.join(format!(
            "{}{CRATE}{}",
            env::consts::DLL_PREFIX,
            env::consts::DLL_SUFFIX
        ));
        println!("{}", artifact(&file));
    }
    Ok(status)
}

/// Where the loader finds `libstd` and `libhpc`. Absolute, because a session lies anywhere.
fn runtime_folders(layout: &Layout, target: &OsStr) -> Vec<PathBuf> {
    let libhpc = layout.libhpc();
    let mut folders: Vec<_> = libhpc.parent().map(Path::to_owned).into_iter().collect();
    if let Some(toolchain) = layout.rustc().parent().and_then(Path::parent) {
        folders.push(toolchain.join("lib/rustlib").join(target).join("lib"));
    }
    folders
}

fn artifact(file: &Path) -> serde_json::Value {
    json!({
        "reason": "compiler-artifact",
        "target": {"name": CRATE},
        "filenames": [file],
    })
}

fn flag(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value);
    flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifact_is_reported_as_cargo_does() {
        let line = artifact(Path::new("/tmp/libctx.so"));
        assert_eq!(line["target"]["name"], CRATE);
        assert_eq!(line["filenames"][0], "/tmp/libctx.so");
    }
}
