//! The command line on notebooks, from outside: files in, files, messages and exit codes out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod export;
mod install;
mod prof;
mod run;
mod support;
