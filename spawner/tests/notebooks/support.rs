use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The folder of this crate, in the checkout that the tests run in, which need not be the one that
/// they were compiled in.
pub(crate) fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

/// A folder of its own for a test, with Jupyter data in it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Writes a notebook whose cells are these, for the kernel of that name.
    pub(crate) fn notebook(&self, name: &str, kernel: &str, language: &str, cells: &[Value]) {
        let notebook = json!({
            "nbformat": 4, "nbformat_minor": 5, "cells": cells,
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": language}},
        });
        self.write(name, &notebook.to_string());
    }

    /// Adds a kernel.
    pub(crate) fn kernel(&self, name: &str, argv: &[&str], language: &str) {
        let folder = self.path("jupyter/kernels").join(name);
        fs::create_dir_all(&folder).unwrap();
        let spec = json!({"argv": argv, "display_name": name, "language": language});
        fs::write(folder.join("kernel.json"), spec.to_string()).unwrap();
    }

    /// The program, to be run here.
    pub(crate) fn ferrolab<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrolab"));
        self.prepare(&mut command);
        command.args(args);
        command
    }

    /// Sets the folder and environment of a command that runs the program.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("JUPYTER_PATH", self.path("jupyter"))
            .env("JUPYTER_DATA_DIR", self.path("none"))
            .env_remove("FERROLAB_LIB");
    }

    /// Names of all files below the folder, except the Jupyter data.
    pub(crate) fn files(&self) -> Vec<String> {
        fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    collect(root, &path, files);
                } else {
                    files.push(
                        path.strip_prefix(root)
                            .unwrap()
                            .to_str()
                            .unwrap()
                            .to_owned(),
                    );
                }
            }
        }
        let mut files = Vec::new();
        collect(self.folder.path(), self.folder.path(), &mut files);
        files.retain(|file| !file.starts_with("jupyter/"));
        files.sort();
        files
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

pub(crate) fn code(source: &str) -> Value {
    json!({"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": null})
}

pub(crate) fn tagged(source: &str, tag: &str) -> Value {
    let mut cell = code(source);
    cell["metadata"]["tags"] = json!([tag]);
    cell
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A shell command that mounts a file system of `kib` KiB at `folder` and then runs the program
/// with the arguments after it, in a mount namespace of its own. `None`, with a line on standard
/// error, where that is not allowed.
pub(crate) fn on_small_disk(folder: &Path, kib: u32) -> Option<Command> {
    let mount = format!("mount -t tmpfs -o size={kib}k none \"$0\" && exec \"$@\"");
    let prepare = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--map-root-user", "sh", "-c", script])
            .arg(folder);
        command
    };
    let works = prepare(&mount)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("SKIPPED: no mount namespace can be made here, so no full disk either");
        return None;
    }
    Some(prepare(&mount))
}
