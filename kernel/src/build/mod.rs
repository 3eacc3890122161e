//! Compiles cells in the place of Cargo.
//!
//! evcxr runs `cargo build` for each cell. Inside a kernel the name `cargo` leads to this program,
//! which calls the compiler itself: against the prebuilt `libhpc.so`, with absolute run-time
//! paths, and without Cargo's own work. The real Cargo still builds the crates that a notebook
//! depends on, once each time their list changes.

mod cargo;
mod dependencies;
mod manifest;
mod record;
mod rustc;
mod rustup;

use std::env;
use std::path::Path;

pub use record::BuildRecord;

/// Environment variable with the path of the real Cargo.
pub const CARGO_ENV: &str = "FERROLAB_CARGO";

/// File beside a cell's manifest with the number of the generation that its types belong to.
pub const GENERATION_FILE: &str = "generation";

/// Names under which this program acts as a build tool.
pub const TOOL_NAMES: [&str; 2] = ["cargo", "rustup"];

/// When this process was called by the name of a build tool, does that tool's work and returns its
/// exit status.
///
/// # Errors
/// Fails when the tool's work could not be done at all; a failed compilation is an exit status.
pub fn run_as_tool() -> Option<anyhow::Result<i32>> {
    let mut arguments = env::args_os();
    let name = arguments.next()?;
    let arguments: Vec<_> = arguments.collect();
    match Path::new(&name).file_name()?.to_str()? {
        "cargo" => Some(cargo::run(&arguments)),
        "rustup" => Some(Ok(rustup::run(&arguments))),
        _ => None,
    }
}
