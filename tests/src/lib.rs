//! End-to-end tests of Ferrolab on real parts.
//!
//! | where | what |
//! |---|---|
//! | `tests/` | the shape of the code, and the command line |
//! | `python/` | the kernel's protocol, Slurm and JupyterHub, driven by their own Python clients |
//! | `browser/` | a person's way through the hub to a plot, in Chromium |
//!
//! `make test` runs them all.

use std::path::{Path, PathBuf};

/// The folder of the checkout.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
