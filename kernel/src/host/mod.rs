//! The process in which cells run, and the kernel's end of its output.
//!
//! The host is a child of the kernel: this same program. Cells get a fresh standard input, output and
//! error.
//!
//! ```text
//!  kernel                                        host process
//!  Host     ── Command (host.sock) ────────────▶ process: loads the cell, calls it
//!  pump     ◀─ bytes (pipes, by SCM_RIGHTS) ──── what the cell prints, Rust or C
//!           ◀─ Report (host.sock) ────────────── process
//!           ◀─ CellMessage (cell.sock) ───────── libhpc, in the cell
//! ```
//!
//! The kernel holds the reading ends of the pipes, so that nothing printed before a crash is lost.

mod child;
mod content;
mod process;
mod pump;
mod report;
mod stdin;
mod usage;

pub use child::{End, Host, cause};
pub use process::{is_host_process, run};
pub use pump::Output;
pub use report::Measure;
pub use usage::Usage;

/// Environment variable with the path of the socket that the host reports on.
pub const HOST_ENV: &str = "FERROLAB_HOST";

/// Environment variable with the path of `libhpc.so`.
pub const LIBHPC_ENV: &str = "FERROLAB_LIBHPC";
