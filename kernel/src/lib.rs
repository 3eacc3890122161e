//! The Jupyter kernel of Ferrolab: turns cells of Rust into results.
//!
//! A request comes in through [`server`], which speaks the Jupyter protocol. [`eval`] turns the
//! cell into a shared object, for which [`ferrolab_cell`] writes the source and [`build`] runs the
//! compiler. [`host`] runs it in a child process and carries its output back. [`debug`] stops it
//! there for the user. [`analysis`] answers questions about code.

pub mod analysis;
pub mod build;
pub mod debug;
pub mod engine;
pub mod eval;
pub mod host;
pub mod janitor;
pub mod layout;
pub mod server;
pub mod session;
