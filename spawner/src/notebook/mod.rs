//! The `.ipynb` document, format 4.
//!
//! A notebook is kept as the JSON that it was read from, so that fields unknown to us and the
//! order of keys survive. [`Notebook`] and [`Cell`] are views with names for what we use.

mod cell;
mod document;
mod file;
mod text;
mod validate;

pub use cell::{Cell, CellKind};
pub use document::Notebook;
pub use file::{FileError, check_writable, write_atomic};
pub use text::{join_text, split_text};

use std::path::PathBuf;

/// Why a notebook cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NotebookError {
    /// There is no such file.
    #[error("no notebook at {}", .0.display())]
    Missing(PathBuf),
    /// The file is there and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not JSON.
    #[error("{} is not valid JSON: {source}", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// It is JSON and not a notebook.
    #[error("{} is not a notebook: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
}
