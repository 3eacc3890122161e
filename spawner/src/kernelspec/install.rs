use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{DESCRIPTION, is_executable, read_if_there};
use crate::notebook::{FileError, write_atomic};

/// File name of the Rust kernel's program.
pub const OUR_KERNEL: &str = "ferrolab-kernel";

const LOGO: &str = include_str!("logo-svg.svg");
const LOGO_FILE: &str = "logo-svg.svg";

/// Why a kernelspec cannot be written or removed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The name would not be accepted by Jupyter.
    #[error("`{0}` is not a kernel name: use lower-case letters, digits, `.`, `-` and `_`")]
    Name(String),
    /// There is no program to run.
    #[error("there is no program {}; build the kernel, or name it with --kernel", .0.display())]
    NoKernel(PathBuf),
    /// The name belongs to another kernel.
    #[error(
        "{} holds a kernel that is not ours and is left alone; choose another --name",
        .0.display()
    )]
    Foreign(PathBuf),
    /// There is nothing to remove.
    #[error("there is no kernel in {}", .0.display())]
    NotInstalled(PathBuf),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder could not be made, read or removed.
    #[error("{}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A kernelspec of the Rust kernel, to be written.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Jupyter data folder, such as `PREFIX/share/jupyter`.
    pub data_folder: PathBuf,
    /// Name of the kernelspec.
    pub name: String,
    /// Name that people see.
    pub display_name: String,
    /// The kernel's program.
    pub kernel: PathBuf,
}

impl Installation {
    /// Writes the kernelspec and returns its folder. Jupyter sees it whole or not at all.
    ///
    /// # Errors
    /// Fails when the name or program is unusable, the name is taken by a kernel that is not ours,
    /// or a file cannot be written.
    pub fn write(&self) -> Result<PathBuf, InstallError> {
        let folder = kernelspec_folder(&self.data_folder, &self.name)?;
        if !is_executable(&self.kernel) {
            return Err(InstallError::NoKernel(self.kernel.clone()));
        }
        let is_new = match owner(&folder)? {
            Owner::Nobody => true,
            Owner::Us => false,
            Owner::Other => return Err(InstallError::Foreign(folder)),
        };
        fs::create_dir_all(&folder).map_err(|source| folder_error(&folder, source))?;
        let written = self.write_files(&folder);
        if written.is_err() && is_new {
            // What was there is nothing; a failure to restore that adds nothing to the message.
            let _ = fs::remove_dir_all(&folder);
        }
        written.map(|()| folder)
    }

    /// The content of `kernel.json`.
    pub fn description(&self) -> Value {
        json!({
            "argv": [self.kernel.to_string_lossy(), "--connection-file", "{connection_file}"],
            "display_name": self.display_name,
            "language": "rust",
            "interrupt_mode": "message",
            "kernel_protocol_version": "5.5",
            "metadata": {
                "debugger": has_debugger(&self.kernel),
                "supported_encryption": ["curve"],
            },
        })
    }

    /// The description comes last: a folder without it is no kernelspec.
    fn write_files(&self, folder: &Path) -> Result<(), InstallError> {
        write_atomic(&folder.join(LOGO_FILE), LOGO.as_bytes())?;
        let description = format!("{:#}\n", self.description());
        write_atomic(&folder.join(DESCRIPTION), description.as_bytes())?;
        Ok(())
    }
}

/// Whether the kernel finds a debugger on this machine, which decides what frontends offer.
fn has_debugger(kernel: &Path) -> bool {
    let answer = Command::new(kernel)
        .arg("--debugger")
        .stdin(Stdio::null())
        .output();
    answer.is_ok_and(|answer| answer.status.success())
}

/// Removes a kernelspec of ours and returns the folder that it was in.
///
/// # Errors
/// Fails when there is none, or it is not ours.
pub fn remove(data_folder: &Path, name: &str) -> Result<PathBuf, InstallError> {
    let folder = kernelspec_folder(data_folder, name)?;
    match owner(&folder)? {
        Owner::Nobody => Err(InstallError::NotInstalled(folder)),
        Owner::Other => Err(InstallError::Foreign(folder)),
        Owner::Us => {
            fs::remove_dir_all(&folder).map_err(|source| folder_error(&folder, source))?;
            Ok(folder)
        }
    }
}

fn kernelspec_folder(data_folder: &Path, name: &str) -> Result<PathBuf, InstallError> {
    let is_legal = !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
        });
    if is_legal {
        Ok(data_folder.join("kernels").join(name))
    } else {
        Err(InstallError::Name(name.into()))
    }
}

enum Owner {
    Nobody,
    Us,
    Other,
}

fn owner(folder: &Path) -> Result<Owner, InstallError> {
    let description =
        read_if_there(&folder.join(DESCRIPTION)).map_err(|source| folder_error(folder, source))?;
    let Some(text) = description else {
        return Ok(Owner::Nobody);
    };
    let runs_our_kernel = serde_json::from_slice::<Value>(&text)
        .ok()
        .and_then(|description| {
            let program = description.pointer("/argv/0")?.as_str()?;
            Some(Path::new(program).file_name()? == OUR_KERNEL)
        })
        .unwrap_or(false);
    Ok(if runs_our_kernel {
        Owner::Us
    } else {
        Owner::Other
    })
}

fn folder_error(folder: &Path, source: io::Error) -> InstallError {
    InstallError::Folder {
        folder: folder.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernelspec::{InterruptMode, SearchPath};
    use std::os::unix::fs::PermissionsExt;

    fn installation(root: &Path) -> Installation {
        let kernel = root.join(OUR_KERNEL);
        fs::write(&kernel, "").unwrap();
        fs::set_permissions(&kernel, fs::Permissions::from_mode(0o755)).unwrap();
        Installation {
            data_folder: root.join("share"),
            name: "rust-hpc".into(),
            display_name: "Rust (HPC)".into(),
            kernel,
        }
    }

    #[test]
    fn what_is_installed_is_found_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let installation = installation(root.path());
        installation.write().unwrap();
        let folder = installation.write().unwrap();
        let found = SearchPath::new([installation.data_folder.clone()])
            .find("rust-hpc")
            .unwrap();
        assert_eq!(found.folder, folder);
        assert_eq!(found.description.interrupt_mode, InterruptMode::Message);
        assert_eq!(
            found.command(Path::new("c.json"))[1..],
            ["--connection-file", "c.json"]
        );
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        remove(&installation.data_folder, "rust-hpc").unwrap();
        assert!(!folder.exists());
        let again = remove(&installation.data_folder, "rust-hpc").unwrap_err();
        assert!(matches!(again, InstallError::NotInstalled(_)));
    }

    #[test]
    fn a_debugger_is_declared_where_the_kernel_finds_one() {
        let root = tempfile::tempdir().unwrap();
        let installation = installation(root.path());
        for (script, expected) in [
            ("#!/bin/sh\n[ \"$1\" = --debugger ]\n", true),
            ("#!/bin/sh\nexit 1\n", false),
        ] {
            fs::write(&installation.kernel, script).unwrap();
            assert_eq!(installation.description()["metadata"]["debugger"], expected);
        }
    }

    #[test]
    fn other_kernels_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let installation = installation(root.path());
        let folder = installation.data_folder.join("kernels/rust-hpc");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(DESCRIPTION), r#"{"argv": ["python"]}"#).unwrap();
        assert!(matches!(
            installation.write(),
            Err(InstallError::Foreign(_))
        ));
        let removal = remove(&installation.data_folder, "rust-hpc");
        assert!(matches!(removal, Err(InstallError::Foreign(_))));
    }

    #[test]
    fn bad_names_and_missing_programs_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let good = installation(root.path());
        for name in ["", "..", "a/b", "-x", "Rust", "a b"] {
            let bad = Installation {
                name: name.into(),
                ..good.clone()
            };
            assert!(
                matches!(bad.write(), Err(InstallError::Name(_))),
                "{name:?}"
            );
        }
        let bad = Installation {
            kernel: root.path().join("none"),
            ..good
        };
        assert!(matches!(bad.write(), Err(InstallError::NoKernel(_))));
        assert!(!root.path().join("share").exists());
    }
}
