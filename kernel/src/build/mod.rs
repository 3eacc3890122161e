//! Runs the compiler on cells, and Cargo on the crates that a notebook depends on.

mod dependencies;
mod process;
mod rustc;
mod shared;
mod site;
mod steps;

pub use dependencies::{Dependencies, Externs, Failure};
pub use process::{Running, Stopped};
pub use rustc::{Compiled, Compiler, Crate};
pub use shared::SharedCrates;
pub use site::prepare as prepare_crates;
pub use steps::Step;
