//! End-to-end tests of Ferrolab on real parts.
//!
//! | where | what |
//! |---|---|
//! | `tests/` | the shape of the code, and the command line |
//! | `python/` | the kernel's protocol, Slurm and JupyterHub, driven by their own Python clients |
//! | `browser/` | a person's way through the hub to a plot, in Chromium |
//!
//! `make test` runs them all.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the checkout that the tests were started in, which need not be the one that they
/// were compiled in.
#[must_use]
pub fn repository() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map(Path::to_owned).unwrap_or(here)
}
