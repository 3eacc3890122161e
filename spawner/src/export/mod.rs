//! A Rust notebook as a Cargo project that does the same without a kernel.
//!
//! Cells become one `main`, in order, so that variables stay in one scope; items (functions, types,
//! imports, macros) go in front of it, and of two with the same name the last one stays, as in the
//! notebook. The last expression of a cell is shown as the kernel shows it. The user's text is
//! copied, not printed anew: comments and layout survive.

mod cell;
mod command;
mod items;
mod manifest;
mod program;

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::notebook::{FileError, Notebook, write_atomic};

/// Why a notebook cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It is in another language.
    #[error("only Rust notebooks can be exported, and this one is in {0}")]
    Language(String),
    /// A cell is not Rust.
    #[error("cell {cell} is not valid Rust: {what}, in line {line}")]
    Syntax {
        /// Number of the code cell, from 1.
        cell: usize,
        /// Line of the cell, from 1.
        line: usize,
        /// What the parser said.
        what: String,
    },
    /// A function has the name of the program's own.
    #[error("cell {0} defines a function `main`, which the program needs for itself; rename it")]
    Main(usize),
    /// The folder is in use.
    #[error("{} is not empty; use --force to replace the project in it", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be made or read.
    #[error("{}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What a project depends on and is called.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Name of the notebook's file.
    pub notebook: &'a Path,
    /// Folder of the `hpc` crate.
    pub hpc: &'a Path,
    /// The `Cargo.lock` that the crate was tested with, to build the project with the same versions.
    pub lock: Option<String>,
}

/// A Cargo project in memory.
#[derive(Clone, Debug)]
pub struct Project {
    /// Name of the package and its program.
    pub name: String,
    /// What could not be carried over, for people.
    pub warnings: Vec<String>,
    manifest: String,
    program: String,
    readme: String,
    lock: Option<String>,
}

impl Project {
    /// Turns a notebook into a project.
    ///
    /// # Errors
    /// Fails when the notebook is not in Rust, or a cell does not parse.
    pub fn new(notebook: &Notebook, settings: &Settings<'_>) -> Result<Self, ExportError> {
        if let Some(language) = notebook.language().filter(|language| language != "rust") {
            return Err(ExportError::Language(language));
        }
        let file = settings
            .notebook
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let stem = settings
            .notebook
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let program = program::Program::new(notebook)?;
        let name = manifest::package_name(&stem);
        Ok(Self {
            manifest: manifest::manifest(&name, settings.hpc, &program.dependencies),
            program: program.text(&file),
            readme: readme(&name, &file, &program.warnings),
            warnings: program.warnings,
            lock: settings.lock.clone(),
            name,
        })
    }

    /// Writes `Cargo.toml`, `Cargo.lock`, `src/main.rs` and `README.md` into a folder, which is made if it is not
    /// there. With `replace` the folder may have content; other files in it are left alone.
    ///
    /// # Errors
    /// Fails when the folder has content that may not be replaced, or a file cannot be written.
    pub fn write(&self, folder: &Path, replace: bool) -> Result<(), ExportError> {
        let failed = |source| ExportError::Folder {
            folder: folder.into(),
            source,
        };
        let is_new = match fs::read_dir(folder) {
            Ok(mut entries) => {
                if !replace && entries.next().is_some() {
                    return Err(ExportError::InUse(folder.into()));
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(failed(error)),
        };
        fs::create_dir_all(folder.join("src")).map_err(failed)?;
        let written = [
            ("Cargo.toml", Some(&self.manifest)),
            ("Cargo.lock", self.lock.as_ref()),
            ("src/main.rs", Some(&self.program)),
            ("README.md", Some(&self.readme)),
        ]
        .into_iter()
        .filter_map(|(file, text)| Some((file, text?)))
        .try_for_each(|(file, text)| write_atomic(&folder.join(file), text.as_bytes()));
        if written.is_err() && is_new {
            // The first failure is the one to tell.
            let _ = fs::remove_dir_all(folder);
        }
        Ok(written?)
    }
}

fn readme(name: &str, notebook: &str, warnings: &[String]) -> String {
    let mut text = format!(
        "# {name}\n\nThe program of the notebook `{notebook}`, made by `ferrolab export`.\n\n\
         Run it with `cargo run --release`; it prints what the notebook printed.\n"
    );
    if !warnings.is_empty() {
        text.push_str("\nNot carried over:\n\n");
        for warning in warnings {
            let _ = writeln!(text, "- {warning}");
        }
    }
    text
}
